//! Folding of Vietnamese text for search, the same on both sides of the wire.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// NFC, lower case, đ→d, marks dropped, white space collapsed. `fold("Hoà") == fold("Hòa") == "hoa"`.
///
/// Texts converted from older encodings write Đ as one of two letters that look the same (Ð U+00D0,
/// Ɖ U+0189); all three are the same letter here.
#[must_use]
pub fn fold(text: &str) -> String {
    let stripped: String = text
        .nfc()
        .flat_map(char::to_lowercase)
        .map(|c| if matches!(c, 'đ' | 'ð' | 'ɖ') { 'd' } else { c })
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .nfc()
        .collect();
    stripped.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn letters_that_look_like_d_with_a_stroke_are_one() {
        assert_eq!(fold("\u{110}ặng \u{d0}ặng \u{189}ặng đặng"), "dang dang dang dang");
    }

    proptest! {
        #[test]
        fn the_form_of_the_input_does_not_matter(text in ".*") {
            let (composed, decomposed): (String, String) = (text.nfc().collect(), text.nfd().collect());
            prop_assert_eq!(fold(&composed), fold(&text));
            prop_assert_eq!(fold(&decomposed), fold(&text));
        }

        #[test]
        fn folding_again_changes_nothing(text in ".*") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }

        #[test]
        fn vietnamese_becomes_plain_letters(
            text in "[a-zA-ZàáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđĐÂÊÔƠƯ ]*",
        ) {
            let plain = fold(&text);
            prop_assert!(plain.bytes().all(|b| b == b' ' || b.is_ascii_lowercase()), "{}", plain);
            let letters = |t: &str| t.nfc().filter(|c| !c.is_whitespace()).count();
            prop_assert_eq!(letters(&plain), letters(&text), "one letter for each");
        }
    }
}
