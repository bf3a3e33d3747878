//! The commonest words of a few languages: the share that they have of a text confirms its language at a
//! hundredth of the cost of a detector.
//!
//! A list leaves out what its neighbours have too (Spanish and Portuguese `que`, `de`), so that it does not confirm
//! them. Languages whose text has too few such words, or that cannot be told from a neighbour by them (Danish and
//! Norwegian), have no list. `examples/language_accuracy.rs` counts what is confirmed wrongly.

use crate::visible::is_alphanumeric;

/// A text of fewer words has no share.
const MIN_WORDS: u32 = 20;

/// The commonest words of a language.
#[derive(Debug)]
pub(crate) struct CommonWords {
    pub(crate) code: &'static str,
    words: [u64; 16],
}

pub(crate) static ENGLISH: CommonWords = CommonWords::new(
    "en",
    &["the", "and", "of", "to", "a", "in", "is", "for", "with", "you", "that", "it", "on", "this"],
);

/// Words of English that are those of no other language.
pub(crate) static ENGLISH_ALONE: CommonWords = CommonWords::new(
    "en",
    &[
        "the", "and", "of", "for", "with", "you", "that", "this", "are", "your", "from", "or", "have", "will", "which",
        "be",
    ],
);

static OTHERS: [CommonWords; 6] = [
    CommonWords::new(
        "de",
        &[
            "der", "und", "das", "den", "von", "zu", "mit", "sich", "auf", "für", "ist", "im", "dem", "nicht", "ein",
            "eine",
        ],
    ),
    CommonWords::new(
        "fr",
        &[
            "les", "des", "et", "du", "est", "pour", "dans", "une", "sur", "qui", "au", "pas", "avec", "le", "vous",
            "nous",
        ],
    ),
    CommonWords::new(
        "es",
        &["el", "los", "las", "una", "por", "para", "del", "y", "su", "más", "con", "en", "es", "al", "muy", "pero"],
    ),
    CommonWords::new(
        "it",
        &[
            "il", "di", "che", "è", "della", "per", "non", "con", "sono", "gli", "nel", "alla", "del", "una", "più",
            "dei",
        ],
    ),
    CommonWords::new(
        "pt",
        &["não", "uma", "com", "em", "os", "do", "da", "ao", "são", "dos", "das", "um", "na", "no", "mais", "você"],
    ),
    CommonWords::new(
        "nl",
        &[
            "de", "het", "een", "voor", "zijn", "niet", "naar", "van", "ook", "wordt", "bij", "je", "ik", "dat",
            "deze", "maar",
        ],
    ),
];

/// The words of the language with `code`, if it has a list.
pub(crate) fn of(code: &str) -> Option<&'static CommonWords> {
    if code == ENGLISH.code { Some(&ENGLISH) } else { OTHERS.iter().find(|words| words.code == code) }
}

impl CommonWords {
    const fn new(code: &'static str, list: &[&str]) -> Self {
        let mut words = [0; 16];
        let (mut places, mut rest) = (words.as_mut_slice(), list);
        while let ([place, others @ ..], [word, words @ ..]) = (places, rest) {
            *place = packed(word.as_bytes());
            (places, rest) = (others, words);
        }
        Self { code, words }
    }

    /// The share of these words in `text`; 0 of a text of few words.
    pub(crate) fn share(&self, text: &str) -> f64 {
        if text.is_ascii() {
            return self.share_of(text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric()));
        }
        self.share_of(text.split(|character| !is_alphanumeric(character)).map(str::as_bytes))
    }

    fn share_of<'t>(&self, parts: impl Iterator<Item = &'t [u8]>) -> f64 {
        let (mut words, mut common) = (0_u32, 0_u32);
        for word in parts.filter(|word| !word.is_empty()) {
            words += 1;
            let packed = packed(word);
            common += u32::from(packed != 0 && self.words.contains(&packed));
        }
        if words < MIN_WORDS { 0.0 } else { f64::from(common) / f64::from(words) }
    }
}

/// The bytes of a word in one number, ASCII letters in lower case; 0 of a word that is too long.
const fn packed(word: &[u8]) -> u64 {
    if word.len() > 8 {
        return 0;
    }
    let (mut number, mut rest) = (0, word);
    while let [byte, others @ ..] = rest {
        number = number << 8 | byte.to_ascii_lowercase() as u64;
        rest = others;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_in_any_case() {
        let text = "The theory AND, of: to. A in is. ".repeat(4);
        assert!((ENGLISH.share(&text) - 7.0 / 8.0).abs() < 1e-9);
        assert!((of("pt").unwrap().share(&"Não você, naos ".repeat(9)) - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_text_of_few_words_has_no_share() {
        assert!(ENGLISH.share(&"the ".repeat(19)) < 0.1 && ENGLISH.share(&"the ".repeat(20)) > 0.9);
        assert!(of("da").is_none());
    }
}
