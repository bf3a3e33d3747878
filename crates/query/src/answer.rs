//! What is answered.

use std::net::IpAddr;

use model::{
    Evidence, LanguageCode, LinkKind, LostReason, NewReason, PlatformTypes, RankScore, SemanticLocation, SnapshotId,
    Timestamp,
};

pub use store::{Hop, HopKind};

use crate::explain::{Explanation, SetRank};
use crate::question::Position;

/// Rows and their number.
#[derive(Debug, Clone, PartialEq)]
pub struct BacklinksAnswer {
    /// The snapshot that answered.
    pub snapshot: SnapshotId,
    /// How many rows the question has, whatever its limit and offset; after grouping.
    pub total_count: u64,
    /// The rows asked for.
    pub rows: Vec<Backlink>,
    /// Where the next rows are; `None` behind the last one.
    pub next: Option<Position>,
    /// The rank of all selected links, before one is chosen for each page; if the question asks.
    pub set_rank: Option<SetRank>,
}

/// One referring page and its best link to the target.
#[derive(Debug, Clone, PartialEq)]
pub struct Backlink {
    /// Host of the page, as written (`www.` kept).
    pub domain_from: String,
    /// The page.
    pub url_from: String,
    /// Host of the link's target, as written.
    pub domain_to: String,
    /// Where the link leads; the first URL of the chain that matches the question's target.
    pub url_to: String,
    /// Last label of `domain_from`; `None` for addresses.
    pub tld_from: Option<String>,
    /// First found at the last visit of the page, which is recent.
    pub is_new: bool,
    /// The link or its page is gone.
    pub is_lost: bool,
    /// Spam score of the page, 0 to 100.
    pub backlink_spam_score: Option<u8>,
    /// What the link passes to the target.
    pub rank: RankScore,
    /// Rank of the page.
    pub page_from_rank: RankScore,
    /// Rank of the page's registrable domain.
    pub domain_from_rank: RankScore,
    /// Kinds of site of the page's domain.
    pub domain_from_platform_type: Option<PlatformTypes>,
    /// Whether the page's host is an address.
    pub domain_from_is_ip: bool,
    /// Address of the page's server.
    pub domain_from_ip: Option<IpAddr>,
    /// Country of the page's host, two letters; `WW` for none in particular.
    pub domain_from_country: Option<String>,
    /// Links to other hosts on the page.
    pub page_from_external_links: Option<u32>,
    /// Links inside its host on the page.
    pub page_from_internal_links: Option<u32>,
    /// Bytes of the decoded body.
    pub page_from_size: Option<u64>,
    /// Encoding by which it was read.
    pub page_from_encoding: Option<String>,
    /// Language, ISO 639-1.
    pub page_from_language: Option<LanguageCode>,
    /// Title.
    pub page_from_title: Option<String>,
    /// HTTP status of the newest visit.
    pub page_from_status_code: Option<u16>,
    /// First sighting of the link.
    pub first_seen: Timestamp,
    /// The sighting before the last.
    pub prev_seen: Option<Timestamp>,
    /// Last sighting.
    pub last_seen: Timestamp,
    /// When the link was found to be gone (our own field).
    pub lost_at: Option<Timestamp>,
    /// Why the link came to be there (our own field).
    pub new_reason: NewReason,
    /// Why it is gone, if it is (our own field).
    pub lost_reason: Option<LostReason>,
    /// What makes the link.
    pub item_type: LinkKind,
    /// Tokens of `rel`; `None` if there are none.
    pub attributes: Option<Vec<String>>,
    /// Not nofollow.
    pub dofollow: bool,
    /// There at the first visit of the page.
    pub original: bool,
    /// `alt` of an image link.
    pub alt: Option<String>,
    /// Image of an image link.
    pub image_url: Option<String>,
    /// Text of the link.
    pub anchor: Option<String>,
    /// Text before.
    pub text_pre: Option<String>,
    /// Text after.
    pub text_post: Option<String>,
    /// Nearest semantic element.
    pub semantic_location: Option<SemanticLocation>,
    /// Links that the row stands for: of its page to the target, or identical ones if a row is a link.
    pub links_count: u32,
    /// Sum of `links_count` over the rows of its group; 0 without groups.
    pub group_count: u32,
    /// `url_to` answered 4xx or 5xx.
    pub is_broken: bool,
    /// Status of `url_to`; `None` if it was never visited.
    pub url_to_status_code: Option<u16>,
    /// Spam score of the target, 0 to 100; `None` if it was never visited.
    pub url_to_spam_score: Option<u8>,
    /// Where `url_to` redirects.
    pub url_to_redirect_target: Option<String>,
    /// Reached through a chain.
    pub is_indirect_link: bool,
    /// The hops before `url_to`, in order; `None` if direct.
    pub indirect_link_path: Option<Vec<Hop>>,
    /// The archived record that last had the link (our own field).
    pub evidence: Evidence,
    /// Why the row has its numbers; if the question asks (our own field).
    pub explanation: Option<Explanation>,
}

impl Backlink {
    /// Whether `url_from` is `https`.
    pub fn url_from_https(&self) -> bool {
        self.url_from.starts_with("https:")
    }

    /// Whether `url_to` is `https`.
    pub fn url_to_https(&self) -> bool {
        self.url_to.starts_with("https:")
    }
}
