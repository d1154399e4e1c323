//! Folding of Vietnamese text for search, the same on both sides of the wire.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// NFC, lower case, đ→d, marks dropped, white space collapsed. `fold("Hoà") == fold("Hòa") == "hoa"`.
#[must_use]
pub fn fold(text: &str) -> String {
    let stripped: String = text
        .nfc()
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .nfc()
        .collect();
    stripped.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_their_placement_do_not_matter() {
        assert_eq!(fold("Đăng  ký kết hôn"), "dang ky ket hon");
        assert_eq!(fold("An Hòa"), fold("An Hoà"));
        assert_eq!(fold("ĐẶNG THỊ DIỆP"), fold("Đặng thị diệp"));
    }

    #[test]
    fn decomposed_input_folds_like_composed() {
        let decomposed: String = "Nguyễn Thị Bưởi".nfd().collect();
        assert_eq!(fold(&decomposed), "nguyen thi buoi");
    }
}
