//! Spam score: which signals of spam a page shows, what each weighs, and their sum, 0 to 100.
//!
//! ```text
//! score = clamp(Σ weights of the signals, 0, 100)         group or domain = mean of the scores of its pages, rounded
//! ```
//!
//! Bands: 0 to 30 low, 31 to 60 medium, 61 to 100 high. The signals up to number 13 and their weights are those that the
//! vendor of the API publishes (14 lines of its list of 18; two lines are two signals of ours, one for each sign); the
//! others are ours: four of a page's content in the place of the four that are not published, and three of the
//! graph of domains, which a page shares with its domain. Negative weights count for a page.
//!
//! What is stored is the set, [`Signals`]: the score is computed from it, and so is the explanation. A change of a weight, of
//! a threshold or of a list is a new [`SPAM_VERSION`].
//!
//! - [`page`]: from what a page says of itself.
//! - [`mass`]: how much of a domain's rank does not come from a trusted core.
//! - [`farm`]: blocks of domains with similar names and nearly equal ranks.
//! - [`referrers`]: domains whose sets of referring domains are identical.

pub mod farm;
pub mod mass;
pub mod page;
pub mod referrers;

#[doc(inline)]
pub use self::farm::farm_blocks;
#[doc(inline)]
pub use self::mass::{core_options, is_core_domain, is_spam_mass, spam_mass};
#[doc(inline)]
pub use self::page::{PageEvidence, page_signals};
#[doc(inline)]
pub use self::referrers::identical_sets;

/// Changes with every change of a signal, a weight, a threshold or a list; stored with the signals.
pub const SPAM_VERSION: u32 = 1;

/// Where the number of trusted sources stands in the bits of [`Signals`].
const TRUSTED_SHIFT: u32 = 56;

macro_rules! signals {
    ($($(#[$meta:meta])* $variant:ident = $number:literal, $name:literal, $weight:literal, $why:literal;)+) => {
        /// One signal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Signal { $($(#[$meta])* $variant = $number,)+ }

        impl Signal {
            /// Every signal, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable number: its bit.
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The name in answers.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Points; of [`Signal::TrustedSources`] for each source.
            pub const fn weight(self) -> i32 {
                match self { $(Self::$variant => $weight,)+ }
            }

            /// One line on what it means.
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $why,)+ }
            }
        }
    };
}

signals! {
    /// A registrable domain of up to 3 or over 20 characters.
    DomainLength = 0, "domain_length", 10, "the domain name, with its ending, has at most 3 or more than 20 characters";
    /// Digits in the registrable domain.
    DomainDigits = 1, "domain_digits", 15, "the domain name has two or more digits";
    /// Digits before it.
    SubdomainDigits = 2, "subdomain_digits", 20, "the labels before the domain name have two or more digits";
    /// An ending of [`page::SPAM_TLDS`].
    SpamTld = 3, "spam_tld", 20, "the ending of the domain name is one that spam is often seen under";
    /// No well-known service in the head.
    NoTrustedSource = 4, "no_trusted_source", 20, "nothing in the head of the page comes from a well-known service";
    /// Well-known services in the head, each counted.
    TrustedSources = 5, "trusted_sources", -5, "the head of the page has scripts or links of well-known services";
    /// `og:…`, `twitter:…`.
    SocialMeta = 6, "social_meta", -15, "the page has meta tags for social networks";
    /// `mailto:`, `tel:`, an address, a contact page.
    Contact = 7, "contact", -20, "the page shows a way to reach somebody";
    /// A canonical on another site.
    ForeignCanonical = 8, "foreign_canonical", 20, "the page names a page of another site as its canonical one";
    /// No TLS.
    PlainHttp = 9, "plain_http", 30, "the page came over plain HTTP";
    /// Title missing, under 30 or over 65 characters.
    BadTitle = 10, "bad_title", 5, "the page has no title, or one of less than 30 or more than 65 characters";
    /// A title of 30 to 65 characters.
    GoodTitle = 11, "good_title", -5, "the page has a title of 30 to 65 characters";
    /// Description missing, under 40 or over 200 characters.
    BadDescription = 12, "bad_description", 5, "the page has no description, or one of less than 40 or more than 200 characters";
    /// A description of 40 to 200 characters.
    GoodDescription = 13, "good_description", -5, "the page has a description of 40 to 200 characters";
    /// Ours: mostly leads away.
    MostlyExternal = 14, "mostly_external", 10, "the page has at least 10 external links, and more of them than internal ones";
    /// Ours: a list of links.
    ManyExternal = 15, "many_external", 10, "the page has at least 100 external links";
    /// Ours: next to no text.
    ThinText = 16, "thin_text", 10, "the page has less than 100 words";
    /// Ours: links where text should be.
    LinkDense = 17, "link_dense", 10, "the page has at least 10 external links, and one for each 20 words or less";
    /// Ours: see [`mass`].
    SpamMass = 18, "spam_mass", 25, "nearly nothing of the domain's rank comes from trusted domains";
    /// Ours: see [`farm`].
    FarmBlock = 19, "farm_block", 25, "the domain is one of a block with similar names and nearly equal ranks";
    /// Ours: see [`referrers`].
    IdenticalReferrers = 20, "identical_referrers", 20, "exactly the same domains link to several domains, this one among them";
}

impl Signal {
    /// The signal of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|signal| signal.number() == number)
    }
}

/// The signals that a page shows, and how many trusted sources it has: all that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Signals(u64);

impl Signals {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// One bit a signal, by its number; the top 8 bits are the number of trusted sources.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// What [`Self::bits`] gave. Bits of unknown signals stay, and weigh nothing.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Adds a signal.
    pub const fn insert(&mut self, signal: Signal) {
        self.0 |= 1 << signal.number();
    }

    /// Whether a signal is there.
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 >> signal.number() & 1 == 1
    }

    /// Sets the number of trusted sources and the signal that goes with it.
    pub fn set_trusted_sources(&mut self, count: u8) {
        let (yes, no) = (1 << Signal::TrustedSources.number(), 1 << Signal::NoTrustedSource.number());
        self.0 &= ((1 << TRUSTED_SHIFT) - 1) & !(yes | no);
        self.0 |= (u64::from(count) << TRUSTED_SHIFT) | if count == 0 { no } else { yes };
    }

    /// How many trusted sources the page has.
    pub const fn trusted_sources(self) -> u8 {
        (self.0 >> TRUSTED_SHIFT) as u8
    }

    /// All of both; the trusted sources of the one that has more.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let low = (1 << TRUSTED_SHIFT) - 1;
        let trusted = self.trusted_sources().max(other.trusted_sources());
        Self((self.0 | other.0) & low | (u64::from(trusted) << TRUSTED_SHIFT))
    }
}

impl FromIterator<Signal> for Signals {
    fn from_iter<I: IntoIterator<Item = Signal>>(signals: I) -> Self {
        let mut set = Self::EMPTY;
        for signal in signals {
            set.insert(signal);
        }
        set
    }
}

/// The score, 0 to 100.
pub fn score(signals: Signals) -> u8 {
    explain(signals).map(|(_, points)| points).sum::<i32>().clamp(0, 100) as u8
}

/// Each signal with the points that it gave, in the order of their numbers: their sum, clamped, is the score.
pub fn explain(signals: Signals) -> impl Iterator<Item = (Signal, i32)> {
    let points = move |signal: Signal| match signal {
        Signal::TrustedSources => signal.weight() * i32::from(signals.trusted_sources()),
        _ => signal.weight(),
    };
    Signal::ALL
        .iter()
        .copied()
        .filter(move |signal| signals.contains(*signal))
        .map(move |signal| (signal, points(signal)))
}

/// The score of a group of pages: the arithmetic mean, halves rounded up. None of no pages.
pub fn group_score(scores: impl IntoIterator<Item = u8>) -> Option<u8> {
    let (mut sum, mut count) = (0_u64, 0_u64);
    for score in scores {
        sum += u64::from(score);
        count += 1;
    }
    (count > 0).then(|| ((2 * sum + count) / (2 * count)) as u8)
}

/// What the graph of domains says of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DomainEvidence {
    /// See [`is_spam_mass`].
    pub is_spam_mass: bool,
    /// See [`farm_blocks`].
    pub is_in_farm_block: bool,
    /// See [`identical_sets`].
    pub has_identical_referrers: bool,
}

/// The signals that all pages of a domain share.
pub fn domain_signals(evidence: DomainEvidence) -> Signals {
    let signals = [
        (evidence.is_spam_mass, Signal::SpamMass),
        (evidence.is_in_farm_block, Signal::FarmBlock),
        (evidence.has_identical_referrers, Signal::IdenticalReferrers),
    ];
    signals.into_iter().filter(|(is_there, _)| *is_there).map(|(_, signal)| signal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn weights_and_numbers_of_this_version_do_not_move() {
        assert!(Signal::ALL.iter().enumerate().all(|(at, signal)| at == usize::from(signal.number())));
        let weights: Vec<i32> = Signal::ALL.iter().map(|signal| signal.weight()).collect();
        let vendor = [10, 15, 20, 20, 20, -5, -15, -20, 20, 30, 5, -5, 5, -5];
        assert_eq!(weights, [vendor.as_slice(), &[10, 10, 10, 10, 25, 25, 20]].concat());
        assert_eq!(SPAM_VERSION, 1, "a new version has new weights");
    }

    #[test]
    fn the_published_group_has_its_published_mean() {
        assert_eq!(group_score([30, 45, 20, 10, 70]), Some(35));
        assert_eq!(group_score([1, 2]), Some(2));
        assert_eq!(group_score([]), None);
    }

    #[test]
    fn graph_signals_are_those_of_the_domain() {
        assert_eq!(domain_signals(DomainEvidence::default()), Signals::EMPTY);
        let all = DomainEvidence { is_spam_mass: true, is_in_farm_block: true, has_identical_referrers: true };
        assert_eq!(score(domain_signals(all)), 70);
    }

    #[test]
    fn trusted_sources_count_down_and_none_counts_up() {
        let mut signals = Signals::from_iter([Signal::PlainHttp, Signal::SpamTld]);
        for (count, expected) in [(0, 70), (1, 45), (3, 35), (15, 0), (0, 70)] {
            signals.set_trusted_sources(count);
            assert_eq!((signals.trusted_sources(), score(signals)), (count, expected));
        }
    }

    proptest! {
        #[test]
        fn any_bits_explain_their_score(bits in any::<u64>()) {
            let signals = Signals::from_bits(bits);
            prop_assert_eq!(signals.bits(), bits);
            let sum: i32 = explain(signals).map(|(_, points)| points).sum();
            prop_assert_eq!(i32::from(score(signals)), sum.clamp(0, 100));
            for (signal, _) in explain(signals) {
                prop_assert_eq!(Signal::from_number(signal.number()), Some(signal));
                prop_assert!(signals.contains(signal));
            }
        }

        #[test]
        fn a_union_has_the_signals_of_both(left in any::<u64>(), right in any::<u64>()) {
            let (left, right) = (Signals::from_bits(left), Signals::from_bits(right));
            let both = left.union(right);
            for &signal in Signal::ALL {
                prop_assert_eq!(both.contains(signal), left.contains(signal) || right.contains(signal));
            }
            prop_assert_eq!(both.trusted_sources(), left.trusted_sources().max(right.trusted_sources()));
        }
    }
}
