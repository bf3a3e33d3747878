//! Under which paths the API is, and in which shapes it answers there.
//!
//! The vendor's own paths begin with `/v3`. A gateway, aisa.one, sells the same functions under paths
//! of its own; it passes answers through as they are, and says what it refuses itself in a form of
//! its own with the true HTTP status. The suffix `.ai` asks for the reduced form under any of them.

use crate::auth::Schemes;

/// Whose paths and manners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skin {
    /// DataForSEO.
    Vendor,
    /// aisa.one.
    Gateway,
}

/// How much of an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The envelope with everything in it.
    Whole,
    /// Under `.ai`: a code and the items, without what is empty.
    Reduced,
}

/// The shape of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) skin: Skin,
    pub(super) form: Form,
}

/// Where the functions are: the same ones below each.
pub(super) const ROOTS: [(&str, Skin); 3] =
    [("/v3", Skin::Vendor), ("/apis/v1/dataforseo", Skin::Gateway), ("/dataforseo", Skin::Gateway)];

/// The suffixes of a function's path.
pub(super) const FORMS: [(&str, Form); 2] = [("", Form::Whole), (".ai", Form::Reduced)];

impl Skin {
    /// The skin that a path belongs to.
    pub(super) fn of(path: &str) -> Option<Self> {
        let is_below =
            |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        ROOTS.iter().find(|(root, _)| is_below(root)).map(|(_, skin)| *skin)
    }

    /// How a key may be shown.
    pub(super) fn schemes(self) -> Schemes {
        match self {
            Self::Vendor => Schemes::BasicOrBearer,
            Self::Gateway => Schemes::Bearer,
        }
    }

    /// What an answer with status 401 says about that.
    pub(super) fn challenge(self) -> &'static str {
        match self {
            Self::Vendor => r#"Basic realm="OpenBacklinks", charset="UTF-8""#,
            Self::Gateway => r#"Bearer realm="OpenBacklinks""#,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_a_skin_by_whole_segments() {
        for (path, expected) in [
            ("/v3", Some(Skin::Vendor)),
            ("/v3/x", Some(Skin::Vendor)),
            ("/v30/x", None),
            ("/dataforseo/x", Some(Skin::Gateway)),
            ("/apis/v1/dataforseo", Some(Skin::Gateway)),
            ("/apis/v1", None),
            ("/", None),
        ] {
            assert_eq!(Skin::of(path), expected, "{path}");
        }
    }
}
