//! What can be asked of a text.
//!
//! - *equal*: the same characters.
//! - *like*: the whole text, where `%` stands for any run of characters and everything else for
//!   itself (the vendor documents no other wildcard, and addresses are full of `_`); *ilike*: the same
//!   after every character of both was put in lower case.
//! - *match*: the words of the pattern follow each other among the words of the text. A word is a run
//!   of letters and digits of any script; case does not count.
//! - *regex*: somewhere in the text; linear time.
//!
//! Texts come as the bytes that are stored: checking each of them for UTF-8, which it is, would cost more
//! than most of these questions.

use std::collections::HashSet;

use memchr::memmem;
use store::TextBatch;

use super::pattern::Pattern;
use super::state_table::StateTable;

/// A question about a text.
#[derive(Debug, Clone)]
pub(crate) enum TextTest {
    Equal(String),
    In(HashSet<Vec<u8>>),
    Like(Like),
    Match(Vec<String>),
    Regex(Box<Pattern>),
}

/// A pattern with `%`.
#[derive(Debug, Clone)]
pub(crate) struct Like {
    /// The pieces between the `%`; at least one. The first is at the start, the last at the end.
    pieces: Vec<memmem::Finder<'static>>,
    ignores_case: bool,
    /// Whether the lower case of ASCII letters tells all: no letter of the pattern is another one's lower case.
    is_ascii: bool,
}

/// What a search through all texts found.
#[derive(Debug)]
struct Found {
    holds: Vec<bool>,
    all_are_decided: bool,
}

impl Found {
    fn is_decided(&self, texts: &TextBatch, at: usize) -> bool {
        self.all_are_decided || texts.text(at).is_ascii()
    }
}

impl TextTest {
    /// Whether many texts are better decided together than as they are read.
    pub(crate) fn wants_batches(&self) -> bool {
        matches!(self, Self::Like(_))
    }

    /// A table that says of each of so many texts whether it passes, if the test can be one.
    pub(super) fn states(&self, texts: usize) -> Option<&StateTable> {
        if let Self::Regex(pattern) = self { pattern.states(texts) } else { None }
    }

    /// Whether each of many texts passes; `None` for null.
    pub(crate) fn each_holds(&self, texts: &TextBatch, mut each: impl FnMut(Option<bool>)) {
        let found = match self {
            Self::Like(like) => like.found(texts),
            _ => None,
        };
        let mut scratch = Vec::new();
        for at in 0..texts.len() {
            let holds = match &found {
                Some(found) if found.is_decided(texts, at) => found.holds[at],
                _ => self.holds(texts.text(at), &mut scratch),
            };
            each((!texts.is_null(at)).then_some(holds));
        }
    }

    /// Whether a text passes. `scratch` is kept between calls to save allocations.
    pub(crate) fn holds(&self, text: &[u8], scratch: &mut Vec<u8>) -> bool {
        match self {
            Self::Equal(value) => text == value.as_bytes(),
            Self::In(values) => values.contains(text),
            Self::Like(like) => like.holds(text, scratch),
            Self::Match(words) => str::from_utf8(text).is_ok_and(|text| has_words(text, words)),
            Self::Regex(pattern) => pattern.is_match(text),
        }
    }

    /// A test for words; `None` for a pattern without any.
    pub(crate) fn of_words(pattern: &str) -> Option<Self> {
        let words: Vec<String> =
            words(pattern).map(|word| word.chars().flat_map(char::to_lowercase).collect()).collect();
        (!words.is_empty()).then_some(Self::Match(words))
    }
}

impl Like {
    /// Compiles a pattern.
    pub(crate) fn new(pattern: &str, ignores_case: bool) -> Self {
        let lower: String;
        let pattern = if ignores_case {
            lower = pattern.chars().flat_map(char::to_lowercase).collect();
            &lower
        } else {
            pattern
        };
        let pieces = pattern.split('%').map(|piece| memmem::Finder::new(piece).into_owned()).collect();
        // The Kelvin sign becomes `k`, and `İ` becomes `i` and a sign; nothing else becomes ASCII.
        Self { pieces, ignores_case, is_ascii: pattern.is_ascii() && !pattern.contains(['i', 'k']) }
    }

    /// Which texts hold the one piece of a pattern like `%piece%`, by one search through all of them. `None`
    /// for other patterns.
    fn found(&self, texts: &TextBatch) -> Option<Found> {
        let [first, piece, last] = self.pieces.as_slice() else { return None };
        if !(first.needle().is_empty() && last.needle().is_empty()) {
            return None;
        }
        let lower: Vec<u8>;
        let bytes = if self.ignores_case {
            lower = texts.bytes().to_ascii_lowercase();
            &lower
        } else {
            texts.bytes()
        };
        let mut holds = vec![piece.needle().is_empty(); texts.len()];
        let (mut at, mut from) = (0, 0);
        while at < texts.len()
            && let Some(found) = piece.find(bytes.get(from..).unwrap_or_default())
        {
            let start = from + found;
            while at < texts.len() && texts.end(at) <= start {
                at += 1;
            }
            let is_inside = at < texts.len() && start + piece.needle().len() <= texts.end(at);
            if is_inside {
                holds[at] = true;
            }
            // What begins in one text and ends in the next is in neither.
            from = if is_inside { texts.end(at) } else { start + 1 };
        }
        let all_are_decided = !self.ignores_case || self.is_ascii || texts.bytes().is_ascii();
        Some(Found { holds, all_are_decided })
    }

    fn holds(&self, text: &[u8], scratch: &mut Vec<u8>) -> bool {
        let text = if self.ignores_case {
            lowercase(text, self.is_ascii, scratch);
            scratch
        } else {
            text
        };
        let [first, rest @ ..] = self.pieces.as_slice() else { return false };
        let Some(mut text) = text.strip_prefix(first.needle()) else { return false };
        let Some((last, middle)) = rest.split_last() else { return text.is_empty() };
        for piece in middle {
            let Some(at) = piece.find(text) else { return false };
            text = text.get(at + piece.needle().len()..).unwrap_or_default();
        }
        text.ends_with(last.needle())
    }
}

/// Puts every character, or those of ASCII, in lower case by itself, whatever stands beside it.
fn lowercase(text: &[u8], only_ascii: bool, into: &mut Vec<u8>) {
    into.clear();
    let other = if only_ascii || text.is_ascii() { None } else { str::from_utf8(text).ok() };
    match other {
        None => {
            into.extend_from_slice(text);
            into.make_ascii_lowercase();
        }
        Some(text) => {
            for letter in text.chars().flat_map(char::to_lowercase) {
                into.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
}

/// Runs of letters and digits.
fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn has_words(text: &str, wanted: &[String]) -> bool {
    let mut rest = words(text);
    loop {
        let mut from_here = rest.clone();
        if wanted.iter().all(|lower| from_here.next().is_some_and(|word| is_in_lower_case(word, lower))) {
            return true;
        }
        if rest.next().is_none() {
            return false;
        }
    }
}

/// Whether `lower` is the word in lower case. The words come first: the lower case of a letter may have
/// a sign that is no letter (`İ`).
fn is_in_lower_case(word: &str, lower: &str) -> bool {
    if word.is_ascii() {
        return word.eq_ignore_ascii_case(lower);
    }
    word.chars().flat_map(char::to_lowercase).eq(lower.chars())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn like(pattern: &str, text: &str, ignores_case: bool) -> bool {
        TextTest::Like(Like::new(pattern, ignores_case)).holds(text.as_bytes(), &mut Vec::new())
    }

    /// By all ways of splitting.
    fn like_by_trying(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|at| like_by_trying(rest, &text[at..])),
            Some((letter, rest)) => text.first() == Some(letter) && like_by_trying(rest, &text[1..]),
        }
    }

    fn any_test() -> impl Strategy<Value = TextTest> {
        prop_oneof![
            ("%?[abAkKié]{0,2}%?[ab]?%?", any::<bool>())
                .prop_map(|(pattern, ignores_case)| { TextTest::Like(Like::new(&pattern, ignores_case)) }),
            "[ab]{0,2}".prop_map(TextTest::Equal),
            prop::sample::select(vec![
                "a+b", "^a", "b$", "^[^b]*$", "b+k$", "(a|é)$", "$", "a\\b|k$", r"\bk", "(?i)K", "", "a{3}"
            ])
            .prop_map(|pattern| {
                TextTest::Regex(Box::new(crate::filter::pattern::compile(pattern, &mut 0).unwrap()))
            }),
        ]
    }

    proptest! {
        #[test]
        fn many_texts_are_decided_as_each_by_itself(
            test in any_test(),
            texts in prop::collection::vec(prop::option::of("[abABkKéİ\u{212a}]{0,5}"), 0..60),
            copies in prop::sample::select(vec![1, 100]),
        ) {
            let texts: Vec<Option<String>> = texts.iter().cycle().take(texts.len() * copies).cloned().collect();
            let mut batch = TextBatch::default();
            for text in &texts {
                batch.push(text.as_deref().map(str::as_bytes));
            }
            let mut decided = Vec::new();
            test.each_holds(&batch, |holds| decided.push(holds));
            let one_by_one = |holds: &mut dyn FnMut(&[u8]) -> bool| -> Vec<Option<bool>> {
                texts.iter().map(|text| text.as_ref().map(|text| holds(text.as_bytes()))).collect()
            };
            let expected = one_by_one(&mut |text| test.holds(text, &mut Vec::new()));
            prop_assert_eq!(decided, &expected[..]);
            if let Some(states) = test.states(texts.len()) {
                prop_assert_eq!(one_by_one(&mut |text| states.is_match(text)), expected);
            }
        }

        #[test]
        fn like_equals_trying_every_split(pattern in "[ab%é]{0,8}", text in "[abé]{0,10}") {
            let (pattern_chars, text_chars): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(like(&pattern, &text, false), like_by_trying(&pattern_chars, &text_chars));
        }
    }

    #[test]
    fn only_two_letters_beyond_ascii_have_lower_case_in_it() {
        let into_ascii = ('\u{80}'..=char::MAX).filter(|letter| letter.to_lowercase().any(|lower| lower.is_ascii()));
        assert_eq!(into_ascii.collect::<String>(), "İ\u{212a}");
    }

    #[test]
    fn only_the_percent_sign_stands_for_others() {
        assert!(like("a_c", "a_c", false) && !like("a_c", "abc", false));
        assert!(like("%\\%", "x\\y", false));
        assert!(like("a%", "a\nb", false));
        assert!(like("%ÉTÉ%", "un été chaud", true) && !like("%ÉTÉ%", "un été chaud", false));
        assert!(like("", "", false) && !like("", "a", false) && like("%", "", false));
    }

    #[test]
    fn words_match_whole_and_in_order() {
        let matches =
            |pattern: &str, text: &str| TextTest::of_words(pattern).unwrap().holds(text.as_bytes(), &mut Vec::new());
        assert!(matches("phone", "The Phone, again"));
        assert!(!matches("phone", "phones and smartphone"));
        assert!(matches("a b", "a a b") && !matches("a b", "b a") && !matches("a b", "a x b"));
        assert!(matches("ВОДА", "чистая вода."));
        assert!(matches("İZMIR", "İzmir") && !matches("zmir", "İzmir"), "the lower case of İ is i and a sign");
        assert!(TextTest::of_words("?!").is_none());
    }
}
