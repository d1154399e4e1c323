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

/// What was meant by words typed on Telex keys while no input method was running ("ddawngj" is "đặng"), folded; none where
/// nothing in them is Telex.
///
/// A word's tone and the marks of its vowels are keys (`s f r x j z`, `w`, a doubled `a e o d`) that no Vietnamese word
/// has after its first vowel, or at all; so a word that has one was typed that way.
#[must_use]
pub fn untelex(text: &str) -> Option<String> {
    let folded = fold(text);
    let words: Vec<String> = folded.split(' ').map(plain_of_keys).collect();
    Some(words.join(" ")).filter(|plain| *plain != folded)
}

/// One folded word without the keys of tone and marks. What has a digit is no word.
fn plain_of_keys(word: &str) -> String {
    if !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let mut plain = String::new();
    let mut voiced = false;
    for key in word.chars() {
        match key {
            's' | 'f' | 'r' | 'x' | 'j' | 'z' | 'w' if voiced => {}
            // Alone it is ư.
            'w' => {
                plain.push('u');
                voiced = true;
            }
            'a' | 'e' | 'o' | 'd' if plain.ends_with(key) => {}
            key => {
                voiced |= matches!(key, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
                plain.push(key);
            }
        }
    }
    plain
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
    fn words_typed_without_an_input_method_are_understood() {
        for (typed, meant) in [
            ("ddawngj", "Đặng"),
            ("dawngj", "dặng"),
            ("nguyeenx vawn maaux", "Nguyễn Văn Mẫu"),
            ("trwowngf hoaf", "Trường Hòa"),
            ("dduowcj", "được"),
            ("twf quyeets", "từ quyết"),
            ("xuaan sown", "Xuân Sơn"),
            ("thij diepj 0912", "Thị Diệp 0912"),
        ] {
            assert_eq!(untelex(typed).as_deref(), Some(fold(meant).as_str()), "{typed}");
        }
        for plain in
            ["dang thi diep", "Trần Xuân Sơn", "052090001234", "000.01.20.H08-261120-0001", "truong", ""]
        {
            assert_eq!(untelex(plain), None, "{plain}");
        }
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
