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
//! All patterns of a spot are found in one pass (ASCII letters in any case), whatever their number, so that a rule
//! costs nothing while a page is read: a table tells the places where the first four bytes of a pattern may stand, and
//! most texts have none. See `rules/` for the spots and what a pattern means in each.

use std::str::FromStr;
use std::sync::LazyLock;

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
    /// A bit for each place that the first bytes of a pattern have.
    table: [u64; First::PLACES / 64],
    /// Patterns of four bytes or more by their first bytes, sorted.
    long: Vec<(First, Sought)>,
    short: Vec<Sought>,
}

/// What is looked for.
#[derive(Debug)]
struct Sought {
    text: String,
    /// The number among the patterns of all spots.
    number: usize,
}

impl Sought {
    fn begins(&self, text: &[u8]) -> bool {
        text.get(..self.text.len()).is_some_and(|start| start.eq_ignore_ascii_case(self.text.as_bytes()))
    }
}

impl Search {
    fn new(patterns: impl Iterator<Item = Sought>) -> Self {
        let mut search = Self { table: [0; First::PLACES / 64], long: Vec::new(), short: Vec::new() };
        for pattern in patterns {
            match pattern.text.as_bytes().first_chunk() {
                Some(bytes) => {
                    let first = First::of(*bytes);
                    if let Some(bits) = search.table.get_mut(first.place() / 64) {
                        *bits |= 1 << (first.place() % 64);
                    }
                    search.long.push((first, pattern));
                }
                None => search.short.push(pattern),
            }
        }
        search.long.sort_by_key(|(first, _)| *first);
        search
    }

    fn run(&self, text: &[u8], from: usize, mut found: impl FnMut(usize)) -> usize {
        let mut clear = text.len();
        for (at, bytes) in text.array_windows().enumerate().skip(from) {
            let first = First::of(*bytes);
            let bits = self.table.get(first.place() / 64).copied().unwrap_or_default();
            if bits >> (first.place() % 64) & 1 == 1 {
                clear = clear.min(at);
                let from = self.long.partition_point(|(own, _)| *own < first);
                let same = self.long.iter().skip(from).take_while(|(own, _)| *own == first);
                let rest = text.get(at..).unwrap_or_default();
                same.filter(|(_, sought)| sought.begins(rest)).for_each(|(_, sought)| found(sought.number));
            }
        }
        for sought in &self.short {
            if (0..text.len()).any(|at| text.get(at..).is_some_and(|rest| sought.begins(rest))) {
                found(sought.number);
            }
        }
        clear
    }
}

/// The first four bytes of a pattern, upper and lower case alike; of what is no letter, some signs are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct First(u32);

impl First {
    /// Few, so that the tables of all spots stay in the fastest memory.
    const BITS: u32 = 12;
    const PLACES: usize = 1 << Self::BITS;

    fn of(bytes: [u8; 4]) -> Self {
        // This bit is all that tells the cases apart.
        Self(u32::from_le_bytes(bytes) | 0x2020_2020)
    }

    fn place(self) -> usize {
        (self.0.wrapping_mul(0x9e37_79b1) >> (32 - Self::BITS)) as usize
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
            let of_spot = fingerprints.patterns.iter().enumerate().filter(|(_, pattern)| pattern.spot == *spot);
            let sought = of_spot.map(|(number, pattern)| Sought { text: pattern.searched(), number });
            let search = Search::new(sought);
            fingerprints.searches.push(search);
        }
        Ok(fingerprints)
    }

    /// Calls `found` with the number of every pattern of `spot` in `text`, where no pattern of four bytes or more
    /// begins before `from`. Returns up to where that is so for sure: no first four bytes of a pattern stand before.
    pub(crate) fn search(&self, spot: Spot, text: &str, from: usize, found: impl FnMut(usize)) -> usize {
        self.searches.get(spot as usize).map_or(0, |search| search.run(text.as_bytes(), from, found))
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
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_search_finds_what_a_plain_one_does(
            parts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, any::<bool>(), "[@/ a$]?"), 0..6),
        ) {
            let mut text = String::new();
            for (pattern, length, is_upper, end) in parts {
                let pattern = pattern.get(&FINGERPRINTS.patterns).searched();
                let part = pattern.get(..length).unwrap_or(&pattern);
                text += &if is_upper { part.to_uppercase() } else { part.to_owned() };
                text += &end;
            }
            let lower = text.to_ascii_lowercase();
            for spot in Spot::ALL {
                let is_there = |pattern: &Pattern| {
                    pattern.spot == *spot && lower.contains(&pattern.searched().to_ascii_lowercase())
                };
                let all = FINGERPRINTS.patterns.iter().enumerate();
                let expected: Vec<usize> = all.filter(|(_, pattern)| is_there(pattern)).map(|(at, _)| at).collect();
                let mut found = hits(&FINGERPRINTS, *spot, &text);
                found.dedup();
                prop_assert_eq!(found, expected, "{:?} in {}", spot, text);
            }
        }
    }

    fn hits(fingerprints: &Fingerprints, spot: Spot, text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        fingerprints.search(spot, text, 0, |number| found.push(number));
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
    fn a_search_says_where_patterns_may_begin() {
        let fingerprints = Fingerprints::parse(&["ecommerce target /cart$"]).unwrap();
        let search = |text, from| {
            let mut found = Vec::new();
            let clear = fingerprints.search(Spot::Target, text, from, |number| found.push(number));
            (clear, found)
        };
        assert_eq!(search("/shop/x/y", 0), (9, vec![]));
        assert_eq!(search("/shop/x/cart$", 5), (7, vec![0]));
        assert_eq!(search("/shop/x/crate$", 0), (14, vec![]));
        assert_eq!(search("/shop/x/cart-1$", 0), (7, vec![]), "the first bytes are there");
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
