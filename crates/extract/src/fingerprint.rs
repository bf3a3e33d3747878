//! Rules that say what parts of a page are evidence of what, read from text files that a person can
//! extend, and the search for all their patterns at once.
//!
//! A rule is a line: what it is evidence of, then conditions joined by `&`. A condition is a spot and a
//! pattern; with `!` before the spot it must not be there:
//!
//! ```text
//! blogs  id commentform & address /wp-content/ & ! class woocommerce-page
//! ```
//!
//! All patterns of a spot are found in one pass (Aho-Corasick, ASCII letters in any case), whatever their
//! number, so that a rule costs nothing while a page is read. Most texts have none: they are told by a table of
//! all places of four bytes where a pattern could begin, which is several times as fast. See `rules/` for the
//! spots and what a pattern means in each.

use std::str::FromStr;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, Input, MatchKind};
use model::PlatformType;

/// Rules for kinds of site.
const PLATFORMS: &str = include_str!("../rules/platforms.txt");
/// Rules for who is behind a page.
const SIGNS: &str = include_str!("../rules/signs.txt");

/// The rules of this build.
pub(crate) static FINGERPRINTS: LazyLock<Fingerprints> =
    LazyLock::new(|| Fingerprints::parse(&[PLATFORMS, SIGNS]).expect("the tests read these files"));

/// Declares the spots of a page, by their names in the files.
macro_rules! spots {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// Where on a page a pattern is looked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Spot { $($(#[$doc])* $variant,)+ }

        impl Spot {
            const ALL: &[Self] = &[$(Self::$variant,)+];

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

spots! {
    /// Content of meta tags called `generator`.
    Generator = "generator",
    /// Addresses of scripts, of what `link` elements lead to, and of forms.
    Address = "address",
    /// The same and the start of inline scripts, in the head alone.
    Head = "head",
    /// Addresses of links.
    Target = "target",
    /// Classes of `html` and `body`.
    Class = "class",
    /// Ids of `html`, `body` and forms.
    Id = "id",
    /// Names of meta tags, and `name=content`.
    Meta = "meta",
    /// Types of schema.org, in microdata or JSON-LD.
    Schema = "schema",
    /// Properties of microdata.
    Property = "property",
    /// HTTP headers, `name: value`.
    Header = "header",
    /// The labels of the public suffix of the page's host.
    Suffix = "suffix",
    /// The page's host.
    Host = "host",
    /// The path of the page.
    Path = "path",
    /// Media types of alternate links.
    Feed = "feed",
}

impl Spot {
    /// Whether a pattern is a whole word of the text: the text has spaces around its words.
    fn has_words(self) -> bool {
        matches!(self, Self::Class | Self::Id | Self::Meta | Self::Schema | Self::Property | Self::Suffix | Self::Feed)
    }
}

/// What a rule is evidence of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The site is of this kind.
    Platform(PlatformType),
    /// A service in the head, by its number.
    Service(u8),
    /// Meta tags for social networks.
    Social,
    /// A way to reach somebody.
    Contact,
}

/// A rule: all conditions must hold.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) meanings: Vec<Meaning>,
    pub(crate) conditions: Vec<Condition>,
}

/// One condition of a rule.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// The number of the pattern.
    pub(crate) pattern: usize,
    pub(crate) is_wanted: bool,
}

/// A pattern of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) spot: Spot,
    pub(crate) text: String,
}

/// All rules.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints {
    pub(crate) rules: Vec<Rule>,
    pub(crate) patterns: Vec<Pattern>,
    /// One for each spot.
    searches: Vec<Search>,
}

/// The patterns of one spot.
#[derive(Debug)]
struct Search {
    automaton: AhoCorasick,
    /// The number of each pattern among all.
    numbers: Vec<usize>,
    /// `None` where a pattern is too short for it.
    starts: Option<Starts>,
}

/// The first four bytes of patterns, upper and lower case alike, as bits of a table: a text that has none of them
/// has no pattern.
#[derive(Debug)]
struct Starts(Vec<u64>);

impl Starts {
    const BITS: u32 = 16;

    fn of<'p>(patterns: impl Iterator<Item = &'p String>) -> Option<Self> {
        let mut table = vec![0; 1 << (Self::BITS - 6)];
        for pattern in patterns {
            let place = Self::place(*pattern.as_bytes().first_chunk()?);
            *table.get_mut(place / 64)? |= 1 << (place % 64);
        }
        Some(Self(table))
    }

    /// Where in `text` the first pattern may begin.
    fn first_in(&self, text: &[u8]) -> Option<usize> {
        text.windows(4).position(|window| {
            let place = window.first_chunk().map_or(0, |bytes| Self::place(*bytes));
            self.0.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 == 1)
        })
    }

    fn place(bytes: [u8; 4]) -> usize {
        // This bit is all that tells the cases apart; of what is no letter, it makes some signs one.
        let folded = u32::from_le_bytes(bytes) | 0x2020_2020;
        (folded.wrapping_mul(0x9e37_79b1) >> (32 - Self::BITS)) as usize
    }
}

/// Why a line is no rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadRule(pub(crate) String);

impl Fingerprints {
    /// Reads the files.
    pub(crate) fn parse(files: &[&str]) -> Result<Self, BadRule> {
        let mut fingerprints = Self::default();
        let mut services: Vec<&str> = Vec::new();
        for line in files.iter().flat_map(|file| file.lines()) {
            let line = line.split("  #").next().unwrap_or_default().trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let rule = fingerprints.rule(line, &mut services).ok_or_else(|| BadRule(line.to_owned()))?;
            fingerprints.rules.push(rule);
        }
        for spot in Spot::ALL {
            let of_spot = || fingerprints.patterns.iter().enumerate().filter(|(_, pattern)| pattern.spot == *spot);
            let texts: Vec<String> = of_spot().map(|(_, pattern)| pattern.searched()).collect();
            let starts = Starts::of(texts.iter());
            let automaton = AhoCorasickBuilder::new()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind(Some(AhoCorasickKind::DFA))
                .build(texts)
                .map_err(|error| BadRule(error.to_string()))?;
            let numbers = of_spot().map(|(number, _)| number).collect();
            fingerprints.searches.push(Search { automaton, numbers, starts });
        }
        Ok(fingerprints)
    }

    /// Calls `found` with the number of every pattern of `spot` in `text`.
    pub(crate) fn search(&self, spot: Spot, text: &str, mut found: impl FnMut(usize)) {
        let Some(search) = self.searches.get(spot as usize) else { return };
        let first = search.starts.as_ref().map_or(Some(0), |starts| starts.first_in(text.as_bytes()));
        let Some(first) = first else { return };
        for hit in search.automaton.find_overlapping_iter(Input::new(text).range(first..)) {
            if let Some(number) = search.numbers.get(hit.pattern().as_usize()) {
                found(*number);
            }
        }
    }

    fn rule<'t>(&mut self, line: &'t str, services: &mut Vec<&'t str>) -> Option<Rule> {
        let (names, conditions) = line.split_once(char::is_whitespace)?;
        let meaning = |name: &'t str| -> Option<Meaning> {
            match name.strip_prefix("service:") {
                Some(service) => {
                    let number = services.iter().position(|known| *known == service).unwrap_or(services.len());
                    if number == services.len() {
                        services.push(service);
                    }
                    Some(Meaning::Service(u8::try_from(number).ok()?))
                }
                None if name == "social" => Some(Meaning::Social),
                None if name == "contact" => Some(Meaning::Contact),
                None => PlatformType::from_str(name).ok().map(Meaning::Platform),
            }
        };
        let meanings = names.split(',').map(meaning).collect::<Option<Vec<_>>>()?;
        let conditions = conditions.split('&').map(|text| self.condition(text)).collect::<Option<Vec<_>>>()?;
        Some(Rule { meanings, conditions })
    }

    fn condition(&mut self, text: &str) -> Option<Condition> {
        let text = text.trim();
        let (is_wanted, text) = text.strip_prefix('!').map_or((true, text), |rest| (false, rest.trim_start()));
        let (name, pattern) = text.split_once(char::is_whitespace)?;
        let spot = Spot::ALL.iter().copied().find(|spot| spot.name() == name)?;
        let pattern = Pattern { spot, text: pattern.trim().to_owned() };
        if pattern.text.is_empty() || spot.has_words() && pattern.text.contains(' ') {
            return None;
        }
        let number = self.patterns.iter().position(|known| *known == pattern);
        let number = number.unwrap_or_else(|| {
            self.patterns.push(pattern);
            self.patterns.len() - 1
        });
        Some(Condition { pattern: number, is_wanted })
    }
}

impl Pattern {
    /// What is searched for: a word with its spaces; `*` leaves its end open.
    fn searched(&self) -> String {
        if !self.spot.has_words() {
            return self.text.clone();
        }
        match self.text.strip_suffix('*') {
            Some(start) => format!(" {start}"),
            None if self.spot == Spot::Meta && !self.text.contains('=') => format!(" {}=", self.text),
            None => format!(" {} ", self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(fingerprints: &Fingerprints, spot: Spot, text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        fingerprints.search(spot, text, |number| found.push(number));
        found.sort_unstable();
        found
    }

    #[test]
    fn the_files_are_read() {
        let fingerprints = Fingerprints::parse(&[PLATFORMS, SIGNS]).unwrap();
        assert!(fingerprints.rules.len() > 150, "{}", fingerprints.rules.len());
        assert_eq!(FINGERPRINTS.rules.len(), fingerprints.rules.len());
    }

    #[test]
    fn patterns_that_overlap_are_all_found() {
        let file = "cms address /wp-content/\necommerce address /wp-content/plugins/shop/\ncms address content";
        let fingerprints = Fingerprints::parse(&[file]).unwrap();
        assert_eq!(hits(&fingerprints, Spot::Address, "https://x/WP-Content/plugins/shop/a.js"), [0, 1, 2]);
        assert!(hits(&fingerprints, Spot::Target, "/wp-content/").is_empty());
    }

    #[test]
    fn words_are_whole_unless_left_open() {
        let fingerprints =
            Fingerprints::parse(&["cms class single\ncms class post-*\ncms meta og:type\ncms meta a=b"]).unwrap();
        assert_eq!(hits(&fingerprints, Spot::Class, " single-post post-12 "), [1]);
        assert_eq!(hits(&fingerprints, Spot::Class, " single "), [0]);
        assert_eq!(hits(&fingerprints, Spot::Meta, " og:type=article "), [2]);
        assert_eq!(hits(&fingerprints, Spot::Meta, " a=b "), [3]);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for line in ["cms", "cms address", "shops address x", "cms place x", "cms class two words", "cms address a & "]
        {
            assert_eq!(Fingerprints::parse(&[line]).err(), Some(BadRule(line.trim().to_owned())), "{line}");
        }
    }
}
