//! What kind of site a page belongs to, what its text is written in, and what it shows of whoever
//! made it: evidence that is only there while the page is read.

use std::fmt;
use std::str::FromStr;

use crate::link::{UnknownName, named_enum};

named_enum! {
    /// A kind of site.
    PlatformType, "platform type":
    /// Made with a content management system.
    Cms = 0, "cms";
    /// A blog.
    Blogs = 1, "blogs";
    /// A shop.
    Ecommerce = 2, "ecommerce";
    /// A forum.
    MessageBoards = 3, "message-boards";
    /// A wiki.
    Wikis = 4, "wikis";
    /// A newspaper or magazine.
    News = 5, "news";
    /// A company, school, authority or association.
    Organization = 6, "organization";
    /// Visited, and nothing said what it is.
    Unknown = 7, "unknown";
}

/// A set of kinds of site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PlatformTypes(u8);

impl PlatformTypes {
    /// No kind.
    pub const EMPTY: Self = Self(0);

    /// The set of some bits, as [`Self::bits`] gave them.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// One bit for each kind, by its number.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds a kind.
    pub const fn insert(&mut self, kind: PlatformType) {
        self.0 |= 1 << kind.number();
    }

    /// Whether a kind is there.
    pub const fn contains(self, kind: PlatformType) -> bool {
        self.0 & 1 << kind.number() != 0
    }

    /// All of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The kinds, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = PlatformType> {
        PlatformType::ALL.iter().copied().filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<PlatformType> for PlatformTypes {
    fn from_iter<I: IntoIterator<Item = PlatformType>>(kinds: I) -> Self {
        let mut set = Self::EMPTY;
        kinds.into_iter().for_each(|kind| set.insert(kind));
        set
    }
}

/// A language by its two letters (ISO 639-1), lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanguageCode([u8; 2]);

impl LanguageCode {
    /// The code of two letters, in any case; `None` for anything else. Whether it is a language is not
    /// checked.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 2] = text.as_bytes().try_into().ok()?;
        let is_code = bytes.iter().all(u8::is_ascii_alphabetic);
        is_code.then(|| Self(bytes.map(|byte| byte.to_ascii_lowercase())))
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for LanguageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a page shows of whoever made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PageSignals {
    /// Different well-known services (analytics, search consoles, social networks, font and tag
    /// servers) whose scripts or links stand in the head; 15 stands for more.
    pub trusted_sources: u8,
    /// Meta tags for social networks (`og:…`, `twitter:…`).
    pub has_social_meta: bool,
    /// A way to reach somebody: `mailto:`, `tel:`, an address, or a link to a contact page.
    pub has_contact: bool,
    /// Words of the visible text.
    pub words: u32,
}

impl PageSignals {
    /// Everything in one number, for storage.
    pub fn bits(self) -> u64 {
        u64::from(self.trusted_sources.min(15))
            | u64::from(self.has_social_meta) << 4
            | u64::from(self.has_contact) << 5
            | u64::from(self.words) << 8
    }

    /// What [`Self::bits`] made the number of.
    pub fn from_bits(bits: u64) -> Self {
        Self {
            trusted_sources: (bits & 15) as u8,
            has_social_meta: bits & 1 << 4 != 0,
            has_contact: bits & 1 << 5 != 0,
            words: u32::try_from(bits >> 8).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_and_signals_survive_their_bits() {
        let set: PlatformTypes = [PlatformType::News, PlatformType::Cms].into_iter().collect();
        assert_eq!(PlatformTypes::from_bits(set.bits()), set);
        assert_eq!(set.iter().map(PlatformType::as_str).collect::<Vec<_>>(), ["cms", "news"]);
        let signals = PageSignals { trusted_sources: 7, has_social_meta: true, has_contact: false, words: u32::MAX };
        assert_eq!(PageSignals::from_bits(signals.bits()), signals);
    }

    #[test]
    fn a_language_is_two_letters() {
        assert_eq!(LanguageCode::parse("DE").map(|code| code.to_string()).as_deref(), Some("de"));
        for text in ["", "d", "deu", "d1", "é"] {
            assert_eq!(LanguageCode::parse(text), None, "{text}");
        }
    }
}
