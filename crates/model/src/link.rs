//! One link as its page says it.

use std::fmt;
use std::str::FromStr;

use crate::url::Url;

/// A name from the wire or from disk that is none of the known ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind} `{name}`")]
pub struct UnknownName {
    /// What was asked for.
    pub kind: &'static str,
    /// What was said.
    pub name: String,
}

/// Declares an enum whose members have a published name and a stable number.
macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident, $what:literal: $($(#[$vmeta:meta])* $variant:ident = $number:literal, $text:literal;)+) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vmeta])* $variant = $number,)+ }

        impl $name {
            /// Every member, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The published name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The stable number, for storage.
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The member with a stored number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;
            fn from_str(name: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|member| member.as_str() == name)
                    .ok_or_else(|| UnknownName { kind: $what, name: name.to_owned() })
            }
        }
    };
}
pub(crate) use named_enum;

named_enum! {
    /// What kind of element or header makes the link.
    LinkKind, "link kind":
    /// `a` or `area` with `href`.
    Anchor = 0, "anchor";
    /// An `a` whose content is an image.
    Image = 1, "image";
    /// A URL in a meta tag, for instance `og:url`.
    Meta = 2, "meta";
    /// `link rel=canonical` or its header.
    Canonical = 3, "canonical";
    /// `link rel=alternate`.
    Alternate = 4, "alternate";
    /// `Location` of a redirect, or a meta refresh.
    Redirect = 5, "redirect";
}

named_enum! {
    /// The nearest enclosing element that has a meaning of its own.
    SemanticLocation, "semantic location":
    /// `article`
    Article = 1, "article";
    /// `aside`
    Aside = 2, "aside";
    /// `details`
    Details = 3, "details";
    /// `figcaption`
    Figcaption = 4, "figcaption";
    /// `figure`
    Figure = 5, "figure";
    /// `footer`
    Footer = 6, "footer";
    /// `header`
    Header = 7, "header";
    /// `main`
    Main = 8, "main";
    /// `mark`
    Mark = 9, "mark";
    /// `nav`
    Nav = 10, "nav";
    /// `section`
    Section = 11, "section";
    /// `summary`
    Summary = 12, "summary";
    /// `time`
    Time = 13, "time";
}

/// The tokens of a `rel` attribute: lower case (ASCII), each once, in the order of the page.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct RelTokens(String);

impl RelTokens {
    /// At most this many bytes of tokens are kept.
    pub const MAX_BYTES: usize = 512;

    /// Reads the value of a `rel` attribute (tokens between HTML white space). Tokens past
    /// [`Self::MAX_BYTES`] are dropped whole.
    pub fn parse(attribute: &str) -> Self {
        let mut kept = String::with_capacity(attribute.len().min(Self::MAX_BYTES));
        for token in attribute.split_ascii_whitespace() {
            let is_new = kept.is_empty() || !kept.split(' ').any(|seen| seen.eq_ignore_ascii_case(token));
            if is_new && kept.len() + token.len() < Self::MAX_BYTES {
                if !kept.is_empty() {
                    kept.push(' ');
                }
                kept.extend(token.chars().map(|sign| sign.to_ascii_lowercase()));
            }
        }
        Self(kept)
    }

    /// The tokens, each followed by one space except the last.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Token by token.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|token| !token.is_empty())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `token` (lower case) is among them.
    pub fn has(&self, token: &str) -> bool {
        // Most have one token or none.
        self.0 == token || self.0.len() > token.len() && self.iter().any(|own| own == token)
    }

    /// Whether a link with these tokens says that it is paid for or not the site's own:
    /// `nofollow`, `ugc` or `sponsored`. Such a link passes no rank.
    pub fn withholds_rank(&self) -> bool {
        self.iter().any(|token| matches!(token, "nofollow" | "ugc" | "sponsored"))
    }
}

/// One link, at one place of one page.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Where it leads: resolved against the base, without fragment and credentials.
    pub url_to: Url,
    /// What makes the link.
    pub kind: LinkKind,
    /// Its `rel`.
    pub rel: RelTokens,
    /// No `nofollow` in rel, meta robots or `X-Robots-Tag`.
    pub dofollow: bool,
    /// The text of the link as a reader sees it, white space folded. `None` if there is none.
    pub anchor: Option<String>,
    /// `alt` of the image, for [`LinkKind::Image`].
    pub alt: Option<String>,
    /// Source of the image, resolved, for [`LinkKind::Image`].
    pub image_url: Option<String>,
    /// The readable text before the link, in the same block.
    pub text_pre: Option<String>,
    /// The readable text after the link, in the same block.
    pub text_post: Option<String>,
    /// The nearest semantic element around the link.
    pub location: Option<SemanticLocation>,
    /// Whether it stands inside `noscript`.
    pub in_noscript: bool,
    /// `hreflang`, as declared.
    pub hreflang: Option<String>,
    /// `type`, as declared.
    pub media_type: Option<String>,
}

impl Link {
    /// A link with nothing but a target and a kind, followed.
    pub fn new(url_to: Url, kind: LinkKind) -> Self {
        Self {
            url_to,
            kind,
            rel: RelTokens::default(),
            dofollow: true,
            anchor: None,
            alt: None,
            image_url: None,
            text_pre: None,
            text_post: None,
            location: None,
            in_noscript: false,
            hreflang: None,
            media_type: None,
        }
    }

    /// Whether the link passes rank: followed, and neither `ugc` nor `sponsored`.
    pub fn passes_rank(&self) -> bool {
        self.dofollow && !self.rel.withholds_rank()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_tokens_are_folded_and_kept_in_order() {
        let rel = RelTokens::parse("  NoOpener nofollow\tnoopener\nUGC me ");
        assert_eq!(rel.as_str(), "noopener nofollow ugc me");
        assert!(rel.has("nofollow") && !rel.has("follow") && rel.withholds_rank());
        assert!(RelTokens::parse(" \n").is_empty());
        assert!(RelTokens::parse(&"abcdefgh ".repeat(100)).as_str().len() <= RelTokens::MAX_BYTES);
    }

    #[test]
    fn names_and_numbers_are_inverse() {
        for kind in LinkKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(LinkKind::from_number(kind.number()), Some(*kind));
        }
        for location in SemanticLocation::ALL {
            assert_eq!(location.as_str().parse(), Ok(*location));
            assert_eq!(SemanticLocation::from_number(location.number()), Some(*location));
        }
        assert!("Anchor".parse::<LinkKind>().is_err());
    }
}
