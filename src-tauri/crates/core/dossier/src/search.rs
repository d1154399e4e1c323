//! How a dossier is found by what an officer types: one set of rules, whatever keeps the index.
//!
//! Each typed word stands in the dossier as a whole word; the last one may go on. What holds a digit
//! (a number, a code) may also be the beginning or the end of one: "last four digits". Marks, case
//! and the place of a tone mark do not matter for finding; what was typed with marks stands before
//! what fits only without them. Nothing that is typed is a sign of a query language.

use crate::{Dossier, DossierId, OfficeDossier, Party, Timestamp, fold};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Room for this many dossiers of one millisecond in [`Dossier::place`].
const PLACE_BITS: u32 = 20;

/// What a dossier is found by, folded. Words are apart by one space and hold letters and digits only.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SearchText {
    /// Names, numbers, codes and the procedure.
    pub words: String,
    /// The words of the names once more, with their marks: a letter for the tone, then the word without it.
    pub marked: String,
    /// Numbers and codes without their punctuation, read from their last sign to the first.
    pub ends: String,
}

/// What was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SearchQuery {
    /// Nothing but white space asks for everything.
    blank: bool,
    words: Vec<SearchWord>,
}

/// One typed word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SearchWord {
    /// Folded. More than one when punctuation stands between ("H08-261121"): they follow each other.
    pub tokens: Vec<String>,
    /// The last token is the beginning of a word.
    pub open: bool,
    /// It may be the end of a number or a code: its signs read backwards.
    pub backwards: Option<String>,
    /// The tokens with their marks, whole; empty when it was typed without any. A word that is still being typed
    /// has its marks only when it is finished.
    pub marked: Vec<String>,
}

/// Signs for no tone mark, grave, acute, tilde, hook above and dot below: of another script, so that no word
/// with its sign is like one that is typed.
const TONES: [(char, char); 6] =
    [('α', '\0'), ('β', '\u{300}'), ('γ', '\u{301}'), ('δ', '\u{303}'), ('ε', '\u{309}'), ('ζ', '\u{323}')];
const NO_TONE: char = 'α';

impl Dossier {
    /// What a search for this dossier looks at.
    #[must_use]
    pub fn search_text(&self) -> SearchText {
        text_of(self.searched())
    }

    /// Order of dossiers by age: the newer one has the higher number. Two of the same millisecond
    /// are apart by their random bits, and hardly ever alike.
    #[must_use]
    pub fn place(&self) -> i64 {
        place(self.opened_at, self.id)
    }

    fn searched(&self) -> impl Iterator<Item = Searched<'_>> {
        let parties = [Some(&self.applicant.owner), self.applicant.submitter.as_ref()];
        parties
            .into_iter()
            .flatten()
            .flat_map(|party: &Party| {
                let numbers = std::iter::once(&party.number).chain(&party.aliases);
                std::iter::once(Searched::Name(&party.name))
                    .chain(numbers.map(|number| Searched::Number(number.value())))
            })
            .chain(self.code.iter().map(|code| Searched::Number(code.as_str())))
            .chain([Searched::Number(self.procedure.as_str()), Searched::Name(&self.procedure_name)])
    }
}

impl OfficeDossier {
    /// What a search for it looks at: as for a dossier of this counter.
    #[must_use]
    pub fn search_text(&self) -> SearchText {
        text_of([
            Searched::Name(&self.owner_name),
            Searched::Number(self.owner_number.value()),
            Searched::Number(self.code.as_str()),
            Searched::Number(self.procedure.as_str()),
            Searched::Name(&self.procedure_name),
        ])
    }
}

fn text_of<'a>(fields: impl IntoIterator<Item = Searched<'a>>) -> SearchText {
    let (mut words, mut marks, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for field in fields {
        let (text, number) = match field {
            Searched::Name(text) => (text, false),
            Searched::Number(text) => (text, true),
        };
        let folded = fold(text);
        if number {
            ends.push(backwards(&folded));
        } else {
            marks.extend(marked(text));
        }
        words.extend(tokens(&folded).map(str::to_owned));
    }
    ends.retain(|end| !end.is_empty());
    SearchText { words: words.join(" "), marked: marks.join(" "), ends: ends.join(" ") }
}

enum Searched<'a> {
    Name(&'a str),
    Number(&'a str),
}

pub(crate) fn place(opened_at: Timestamp, id: DossierId) -> i64 {
    // A UUIDv7 has 12 random bits after its time and version, further ones after two fixed bits.
    let bits = id.0.as_u128();
    let low = ((bits >> 64 & 0xfff) << 8) | (bits >> 54 & 0xff);
    let millis = opened_at.0.clamp(0, (1 << (63 - PLACE_BITS)) - 1);
    (millis << PLACE_BITS) | i64::try_from(low).unwrap_or_default()
}

impl SearchQuery {
    /// Reads what was typed. Every text is a query.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let typed: Vec<&str> = text.split_whitespace().filter(|word| word_tokens(word) > 0).collect();
        let last = typed.len().saturating_sub(1);
        let words = typed.iter().enumerate().map(|(at, word)| SearchWord::parse(word, at == last));
        Self { blank: text.trim().is_empty(), words: words.collect() }
    }

    /// Asks for every dossier.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.blank
    }

    /// What has to be there, all of it. None for a text of signs only, which finds nothing.
    #[must_use]
    pub fn words(&self) -> &[SearchWord] {
        &self.words
    }

    /// Every word is there, marks aside.
    #[must_use]
    pub fn finds(&self, text: &SearchText) -> bool {
        self.blank || (!self.words.is_empty() && self.words.iter().all(|word| word.is_in(text)))
    }

    /// Something was typed with marks: what fits with them stands before the rest, each newest first.
    #[must_use]
    pub fn has_marks(&self) -> bool {
        self.words.iter().any(|word| !word.marked.is_empty())
    }

    /// Every word is there, with its marks where it was typed with marks.
    #[must_use]
    pub fn finds_exactly(&self, text: &SearchText) -> bool {
        let there: Vec<&str> = text.marked.split(' ').collect();
        let fits = |word: &SearchWord| word.marked.is_empty() || follows(&there, &word.marked, false);
        self.finds(text) && self.words.iter().all(fits)
    }
}

impl SearchWord {
    fn parse(typed: &str, last: bool) -> Self {
        let folded = fold(typed);
        let tokens: Vec<String> = tokens(&folded).map(str::to_owned).collect();
        let of_number = folded.contains(|c: char| c.is_ascii_digit());
        let open = last || of_number;
        let mut marked = marked(typed);
        if tokens.iter().map(|token| format!("{NO_TONE}{token}")).eq(marked.iter().cloned()) {
            marked.clear();
        }
        Self { open, backwards: of_number.then(|| backwards(&folded)), marked, tokens }
    }

    fn is_in(&self, text: &SearchText) -> bool {
        let there: Vec<&str> = text.words.split(' ').collect();
        follows(&there, &self.tokens, self.open)
            || self.backwards.as_ref().is_some_and(|end| text.ends.split(' ').any(|e| e.starts_with(end)))
    }
}

fn word_tokens(word: &str) -> usize {
    tokens(&fold(word)).count()
}

/// The typed tokens follow each other somewhere in `there`; when `open`, the last one may go on.
fn follows(there: &[&str], typed: &[String], open: bool) -> bool {
    let Some((last, before)) = typed.split_last() else { return true };
    there.windows(typed.len()).any(|here| {
        let (begin, end) = here.split_at(before.len());
        begin.iter().zip(before).all(|(w, t)| w == t)
            && end.iter().all(|w| if open { w.starts_with(last.as_str()) } else { w == last })
    })
}

fn tokens(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|token| !token.is_empty())
}

fn backwards(folded: &str) -> String {
    folded.chars().rev().filter(|c| c.is_alphanumeric()).collect()
}

/// The words of a text with their marks: a sign for the tone mark, wherever it was put, then the letters with the
/// marks that make another letter (ă, â, ê, ô, ơ, ư). "hòa" and "hoà" are the same.
fn marked(text: &str) -> Vec<String> {
    let mut found = vec![(NO_TONE, String::new())];
    for c in text.nfc().flat_map(char::to_lowercase).nfd() {
        let Some((tone, letters)) = found.last_mut() else { break };
        if let Some((sign, _)) = TONES.iter().find(|(_, mark)| *mark == c) {
            *tone = *sign;
        } else if c.is_alphanumeric() || (is_combining_mark(c) && !letters.is_empty()) {
            letters.push(c);
        } else if !letters.is_empty() {
            found.push((NO_TONE, String::new()));
        }
    }
    found.retain(|(_, letters)| !letters.is_empty());
    // Composed, so that "o" is not the beginning of "ô".
    found.iter().map(|(tone, letters)| format!("{tone}{}", letters.nfc())).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(words: &str, numbers: &[&str]) -> SearchText {
        let folded = fold(words);
        let mut all: Vec<String> = tokens(&folded).map(str::to_owned).collect();
        let mut ends = Vec::new();
        for number in numbers {
            let folded = fold(number);
            all.extend(tokens(&folded).map(str::to_owned));
            ends.push(backwards(&folded));
        }
        SearchText { words: all.join(" "), marked: marked(words).join(" "), ends: ends.join(" ") }
    }

    fn finds(query: &str, there: &SearchText) -> bool {
        SearchQuery::parse(query).finds(there)
    }

    #[test]
    fn whole_words_and_the_last_one_begun() {
        let there = text("Nguyễn Văn Hòa", &[]);
        for query in ["nguyen", "NGUYỄN van hoa", "hoà nguyễn", "nguyen van h", "văn ho", " hoa  "] {
            assert!(finds(query, &there), "{query}");
        }
        for query in ["ngu van", "guyen", "nguyen van hoan", "oa", "an"] {
            assert!(!finds(query, &there), "{query}");
        }
    }

    #[test]
    fn numbers_and_codes_by_their_beginning_and_their_end() {
        let there = text("Trần Thị B", &["052090123456", "000.00.15.H08-261121-0042"]);
        for query in [
            "052090",
            "3456",
            "56",
            "0520 tran",
            "3456 tran",
            "000.00.15.H08-26",
            "H08-2611",
            "261121-0042",
            "0042",
            "1121-0042",
            "000.00.15.H08-261121-0042",
        ] {
            assert!(finds(query, &there), "{query}");
        }
        for query in ["2345", "H08-0042", "15-H08-2612", "0420"] {
            assert!(!finds(query, &there), "{query}");
        }
    }

    #[test]
    fn signs_alone_find_nothing_and_nothing_typed_finds_everything() {
        let there = text("Nguyễn Văn A", &["052090123456"]);
        for query in ["%", "*", "\"", "()", "--", "^", ":"] {
            assert!(!finds(query, &there), "{query}");
        }
        assert!(finds("", &there) && finds(" \t", &there));
        assert!(finds("(nguyen*", &there), "signs beside a word are nothing");
        assert!(!finds("nguyen OR tran", &there) && !finds("NOT tran", &there));
    }

    #[test]
    fn the_place_of_the_tone_mark_is_no_other_word() {
        assert_eq!(marked("Hòa Thúy"), marked("hoà thuý"));
        assert_ne!(marked("hoa"), marked("hòa"));
        assert_ne!(marked("Dũng"), marked("Đũng"));
        let exactly = |typed: &str, name: &str| SearchQuery::parse(typed).finds_exactly(&text(name, &[]));
        assert!(exactly("hòa", "hoà") && exactly("Hoà", "an hòa") && exactly("hòa-an", "Hoà An"));
        assert!(!exactly("hồ", "hòa") && !exactly("hò", "hòa") && !exactly("hóa", "hòa"));
        assert!(exactly("nguyen văn", "Nguyễn Văn"), "a word without marks fits any");
    }

    /// A syllable as it is written with a tone mark after each of its vowels in turn.
    fn with_tone(syllable: &str, tone: char) -> Vec<String> {
        let vowels: Vec<usize> = syllable
            .char_indices()
            .filter(|(_, c)| "aăâeêioôơuưy".contains(*c))
            .map(|(at, c)| at + c.len_utf8())
            .collect();
        vowels
            .iter()
            .map(|at| format!("{}{tone}{}", &syllable[..*at], &syllable[*at..]).nfc().collect())
            .collect()
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(text in ".*", there in ".*") {
            let query = SearchQuery::parse(&text);
            let text = SearchText { words: there.clone(), marked: there.clone(), ends: there };
            prop_assert!(query.finds(&text) || !query.finds_exactly(&text));
        }

        #[test]
        fn what_is_there_is_found_by_its_words_in_any_order(
            mut names in proptest::collection::vec("[A-ZĐÂ][a-zàảãáạêôơưđ]{0,6}", 1..6),
        ) {
            let there = text(&names.join(" "), &[]);
            names.reverse();
            prop_assert!(finds(&names.join(" "), &there));
            let decomposed: String = names.join(" ").nfd().collect();
            prop_assert!(finds(&decomposed, &there));
        }

        #[test]
        fn a_number_is_found_by_each_beginning_and_each_end(number in "[0-9]{9,12}", cut in 1usize..9) {
            let there = text("Nguyễn Văn A", &[&number]);
            prop_assert!(finds(&number[..cut], &there) && finds(&number[cut..], &there));
        }

        #[test]
        fn a_tone_mark_is_the_same_wherever_it_is_put(
            syllable in "(b|đ|h|th|ng)(oa|oe|uy|ươ|iê|uyê)(n|t|)",
            tone in proptest::sample::select(vec!['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}']),
        ) {
            let forms = with_tone(&syllable, tone);
            prop_assert!(forms.len() >= 2);
            for form in &forms {
                prop_assert_eq!(marked(form), marked(&forms[0]));
                prop_assert_eq!(fold(form), fold(&syllable));
            }
        }
    }
}
