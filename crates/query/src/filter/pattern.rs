//! Regular expressions within bounds: what they need when compiled, and how long compiling takes.
//!
//! The size of what is compiled bounds the time for all but one thing. To ignore case, a class is
//! unfolded character by character before anything is measured: `(?i)[^\w\W]` takes 3 to 7 ms and comes
//! to nothing. So such classes are counted.

use std::sync::OnceLock;

use regex::RegexBuilder;
use regex::bytes::{Regex, RegexBuilder as BytesRegexBuilder};

use super::state_table::StateTable;

/// Bytes of one compiled regular expression, and of the states it makes while it runs.
const BYTES: usize = 256 << 10;
/// For so many texts a table of states is made.
const MANY: usize = 512;
/// Nested groups and repetitions of one regular expression.
const DEPTH: u32 = 50;
/// Classes in all regular expressions of a filter that ignore case: brackets count four, `\w` and
/// the like one, brackets around ASCII characters nothing.
pub const MAX_FOLDED_CLASSES: usize = 40;
/// What brackets cost beside `\pL`, which costs most of those without.
const BRACKET: usize = 4;

/// A regular expression, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    regex: Regex,
    /// Its states as a table, if that is small. Made when many texts are asked about.
    table: OnceLock<Option<StateTable>>,
}

impl Pattern {
    /// Its table of states, if that is small and worth making for so many texts.
    pub(super) fn states(&self, texts: usize) -> Option<&StateTable> {
        if texts >= MANY {
            self.table.get_or_init(|| StateTable::new(self.regex.as_str()));
        }
        self.table.get()?.as_ref()
    }

    /// Whether it matches somewhere in a text.
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }
}

/// Compiles a pattern. `folded_classes` counts on over the patterns of a filter.
pub(super) fn compile(pattern: &str, folded_classes: &mut usize) -> Result<Pattern, String> {
    if ignores_case(pattern) {
        *folded_classes += classes(pattern);
        if *folded_classes > MAX_FOLDED_CLASSES {
            return Err("too many classes in regular expressions that ignore case".to_owned());
        }
    }
    let refused = |error| match error {
        regex::Error::CompiledTooBig(_) => format!("a regular expression that needs more than {BYTES} bytes"),
        _ => "not a regular expression".to_owned(),
    };
    // What may match parts of characters is none for texts, and only without the flag `u` it may.
    if flags(pattern).any(|flags| flags.contains('u')) {
        let for_texts = RegexBuilder::new(pattern).size_limit(BYTES).dfa_size_limit(BYTES).nest_limit(DEPTH).build();
        for_texts.map_err(refused)?;
    }
    let built = BytesRegexBuilder::new(pattern).size_limit(BYTES).dfa_size_limit(BYTES).nest_limit(DEPTH).build();
    Ok(Pattern { regex: built.map_err(refused)?, table: OnceLock::new() })
}

/// The flags of groups; now and then also a group's name.
fn flags(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split("(?").skip(1).filter_map(|rest| rest.split([':', ')']).next())
}

/// Whether some group sets the flag `i`; now and then also true of a group's name.
fn ignores_case(pattern: &str) -> bool {
    flags(pattern).any(|flags| flags.contains('i'))
}

/// How many classes there are, or more: brackets, `\w` and the like, ranges, and what joins classes.
fn classes(pattern: &str) -> usize {
    let mut count = 0;
    let mut rest = pattern.chars();
    while let Some(letter) = rest.next() {
        let following = rest.as_str();
        let is_costly = match letter {
            '\\' => {
                count += usize::from(rest.next().is_some_and(|escaped| "dDsSwWpPxuU".contains(escaped)));
                false
            }
            '[' => !is_plain(following),
            '&' | '~' => following.starts_with(letter),
            '-' => following.starts_with(|next: char| next == '-' || !next.is_ascii()),
            _ => false,
        };
        count += if is_costly { BRACKET } else { 0 };
    }
    count
}

/// Whether the class that begins here is of ASCII characters as they stand. One that begins with `]`
/// does not end there, and is not.
fn is_plain(class: &str) -> bool {
    let inside = class.split(']').next().unwrap_or_default();
    let is_open = inside.is_empty() || inside == "^";
    !is_open && inside.is_ascii() && !inside.contains(['\\', '[', '&', '~'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_are_unfolded_are_counted() {
        for (pattern, expected) in [
            ("a[b-z0-9_]+[^/]", 0),
            (r"\w+\.\d", 2),
            (r"[^\w\W]", 6),
            (r"[\p{L}&&a]", 9),
            ("[!-\u{10ffff}]", 8),
            ("[]!-\u{10ffff}]", 8),
            (r"\[\\", 0),
            ("кот-пёс", 4),
        ] {
            assert_eq!(classes(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn no_pattern_matches_parts_of_characters() {
        for (pattern, is_one) in [
            (r"(?-u:\w)+", true),
            (r"(?-u)\b[a-z]", true),
            (r"(?-u:\W)", false),
            (r"(?-u:\xff)", false),
            ("(?s-u).", false),
        ] {
            assert_eq!(compile(pattern, &mut 0).is_ok(), is_one, "{pattern}");
        }
        assert!(!compile("^.$", &mut 0).unwrap().is_match("é!".as_bytes()));
        assert!(compile("^.$", &mut 0).unwrap().is_match("é".as_bytes()));
    }

    #[test]
    fn patterns_that_ignore_case_have_few_classes_over_the_whole_filter() {
        let mut count = 0;
        assert!(compile(&r"\w".repeat(5), &mut count).is_ok());
        assert_eq!(count, 0, "case counts here");
        assert!(compile(r"(?i)^(https?)://[^/]+\.(ORG|net)/\w", &mut count).is_ok());
        assert!(compile(r"(?s-i:\w)", &mut count).is_ok());
        assert_eq!(count, 2);
        for class in [r"[^\w\W]", r"[\p{L}&&a]", "[]!-\u{10ffff}]"] {
            let reason = compile(&format!("(?i){}", class.repeat(50)), &mut 0).unwrap_err();
            assert_eq!(reason, "too many classes in regular expressions that ignore case");
        }
        assert!(compile(&r"(?i)\s".repeat(39), &mut count).is_err(), "counted on");
    }
}
