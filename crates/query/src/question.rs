//! What can be asked.

use model::{RankScore, SnapshotId, Target};
use store::RowId;

use crate::as_of::AsOf;
use crate::field::Field;
use crate::filter::Filter;
use crate::sort::SortKey;

/// Which links count by their life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LinkStatus {
    /// Found at the last check.
    #[default]
    Live,
    /// Gone: the link or its page.
    Lost,
    /// Both.
    All,
}

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rows {
    /// A referring page, with its best link.
    #[default]
    PerPage,
    /// A stored link.
    PerLink,
}

/// A field by which rows can be grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupField {
    /// The text of the link.
    Anchor,
    /// The host of the page.
    DomainFrom,
    /// The country of the page's domain.
    DomainFromCountry,
    /// The last label of the page's host.
    TldFrom,
    /// The encoding of the page.
    PageFromEncoding,
    /// The language of the page.
    PageFromLanguage,
    /// What makes the link.
    ItemType,
    /// The status of the page.
    PageFromStatusCode,
    /// The nearest semantic element.
    SemanticLocation,
    /// Why the link came to be there.
    NewReason,
    /// Why it is gone.
    LostReason,
}

impl GroupField {
    /// Every such field.
    pub const ALL: [Self; 11] = [
        Self::Anchor,
        Self::DomainFrom,
        Self::DomainFromCountry,
        Self::TldFrom,
        Self::PageFromEncoding,
        Self::PageFromLanguage,
        Self::ItemType,
        Self::PageFromStatusCode,
        Self::SemanticLocation,
        Self::NewReason,
        Self::LostReason,
    ];

    /// The field.
    pub const fn field(self) -> Field {
        match self {
            Self::Anchor => Field::Anchor,
            Self::DomainFrom => Field::DomainFrom,
            Self::DomainFromCountry => Field::DomainFromCountry,
            Self::TldFrom => Field::TldFrom,
            Self::PageFromEncoding => Field::PageFromEncoding,
            Self::PageFromLanguage => Field::PageFromLanguage,
            Self::ItemType => Field::ItemType,
            Self::PageFromStatusCode => Field::PageFromStatusCode,
            Self::SemanticLocation => Field::SemanticLocation,
            Self::NewReason => Field::NewReason,
            Self::LostReason => Field::LostReason,
        }
    }

    /// The field of a name. The vendor's own example writes `domain` for `domain_from`.
    pub fn parse(name: &str) -> Option<Self> {
        let name = if name == "domain" { "domain_from" } else { name };
        Self::ALL.into_iter().find(|group| group.field().name() == name)
    }
}

/// Whether, and how, rows are grouped. Of each group the best rows are kept: highest rank, then last
/// seen, then `url_from` and `url_to`. Null is a group of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Not at all.
    #[default]
    AsIs,
    /// One row for each host of referring pages.
    OnePerDomain,
    /// One row for each text of a link.
    OnePerAnchor,
    /// So many rows for each value of a field.
    Custom {
        /// The field.
        field: GroupField,
        /// Rows of each group, 1 to 1000.
        value: u32,
    },
}

impl Mode {
    /// The field and the number of rows kept of each of its values; `None` without groups.
    pub const fn grouping(self) -> Option<(GroupField, u32)> {
        match self {
            Self::AsIs => None,
            Self::OnePerDomain => Some((GroupField::DomainFrom, 1)),
            Self::OnePerAnchor => Some((GroupField::Anchor, 1)),
            Self::Custom { field, value } => Some((field, value)),
        }
    }
}

/// The scale on which ranks are filtered, sorted and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RankScale {
    /// As they are kept.
    #[default]
    OneThousand,
    /// [`RankScore::one_hundred`].
    OneHundred,
}

impl RankScale {
    /// A rank on this scale.
    pub fn of(self, rank: RankScore) -> u16 {
        match self {
            Self::OneThousand => rank.get(),
            Self::OneHundred => rank.one_hundred(),
        }
    }
}

/// The last row of an answer: where the next one goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// The snapshot that the rows are of.
    pub snapshot: SnapshotId,
    /// The row.
    pub row: RowId,
    /// How many rows come before the next one.
    pub rows_before: u64,
}

/// The links to a target.
///
/// Stored links are selected by target, status, internal, indirect and filter; then one is kept for
/// each page (see [`Rows`]); then the mode groups; then rows are ordered and cut. The order is total:
/// after the keys of `order` come rank on the `scale`, highest first; last seen, newest first; then
/// `url_from` and `url_to` in byte order. So pages of an answer never overlap.
#[derive(Debug, Clone, PartialEq)]
pub struct BacklinksQuestion {
    /// Whose backlinks.
    pub target: Target,
    /// In which earlier snapshot; `None` for the one that is served.
    pub as_of: Option<AsOf>,
    /// Live, lost, or all.
    pub status: LinkStatus,
    /// Leave out links from hosts of the target's own registrable domain.
    pub exclude_internal: bool,
    /// Count links that reach the target through redirects or canonicals.
    pub include_indirect: bool,
    /// What a row is.
    pub rows: Rows,
    /// Which links count, further.
    pub filter: Option<Filter>,
    /// Grouping.
    pub mode: Mode,
    /// Sort keys, at most [`crate::MAX_SORT_KEYS`].
    pub order: Vec<SortKey>,
    /// The scale on which ranks are filtered and sorted.
    pub scale: RankScale,
    /// Rows to pass over.
    pub offset: u32,
    /// Go on behind this row, in its snapshot; `offset` has no effect then.
    pub after: Option<Position>,
    /// Rows to return at most.
    pub limit: u32,
    /// Say of every row why it has its numbers, and the rank of all selected links.
    pub explain: bool,
}

impl BacklinksQuestion {
    /// The vendor's defaults: live links, no internal ones, indirect ones included, one for each page,
    /// as they are, the first 100.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            as_of: None,
            status: LinkStatus::Live,
            exclude_internal: true,
            include_indirect: true,
            rows: Rows::PerPage,
            filter: None,
            mode: Mode::AsIs,
            order: Vec::new(),
            scale: RankScale::OneThousand,
            offset: 0,
            after: None,
            limit: 100,
            explain: false,
        }
    }
}
