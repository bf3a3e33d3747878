//! What can be asked.

use model::Target;

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

/// The links to a target, one for each referring page.
///
/// The order is: rank, highest first; last seen, newest first; then `url_from` and `url_to` in byte
/// order. The order is total, so that pages of an answer never overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacklinksQuestion {
    /// Whose backlinks.
    pub target: Target,
    /// Live, lost, or all.
    pub status: LinkStatus,
    /// Leave out links from hosts of the target's own registrable domain.
    pub exclude_internal: bool,
    /// Count links that reach the target through redirects or canonicals.
    pub include_indirect: bool,
    /// Rows to pass over.
    pub offset: u32,
    /// Rows to return at most.
    pub limit: u32,
}

impl BacklinksQuestion {
    /// The vendor's defaults: live links, no internal ones, indirect ones included, the first 100.
    pub fn new(target: Target) -> Self {
        Self { target, status: LinkStatus::Live, exclude_internal: true, include_indirect: true, offset: 0, limit: 100 }
    }
}
