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
use regex::bytes::Regex;

/// A question about a text.
#[derive(Debug, Clone)]
pub(crate) enum TextTest {
    Equal(String),
    In(HashSet<Vec<u8>>),
    Like(Like),
    Match(Vec<String>),
    Regex(Box<Regex>),
}

/// A pattern with `%`.
#[derive(Debug, Clone)]
pub(crate) struct Like {
    /// The pieces between the `%`; at least one. The first is at the start, the last at the end.
    pieces: Vec<memmem::Finder<'static>>,
    ignores_case: bool,
}

impl TextTest {
    /// Whether a text passes. `scratch` is kept between calls to save allocations.
    pub(crate) fn holds(&self, text: &[u8], scratch: &mut Vec<u8>) -> bool {
        match self {
            Self::Equal(value) => text == value.as_bytes(),
            Self::In(values) => values.contains(text),
            Self::Like(like) => like.holds(text, scratch),
            Self::Match(words) => str::from_utf8(text).is_ok_and(|text| has_words(text, words)),
            Self::Regex(regex) => regex.is_match(text),
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
        Self { pieces, ignores_case }
    }

    fn holds(&self, text: &[u8], scratch: &mut Vec<u8>) -> bool {
        let text = if self.ignores_case {
            lowercase(text, scratch);
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

/// Puts every character in lower case by itself, whatever stands beside it.
fn lowercase(text: &[u8], into: &mut Vec<u8>) {
    into.clear();
    let other = if text.is_ascii() { None } else { str::from_utf8(text).ok() };
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

    proptest! {
        #[test]
        fn like_equals_trying_every_split(pattern in "[ab%é]{0,8}", text in "[abé]{0,10}") {
            let (pattern_chars, text_chars): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(like(&pattern, &text, false), like_by_trying(&pattern_chars, &text_chars));
        }
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
