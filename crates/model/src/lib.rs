#![doc = include_str!("../README.md")]

mod bucket;
mod crawl;
mod evidence;
#[doc(hidden)]
pub mod harness;
mod host;
mod host_set;
mod key;
mod life;
mod link;
mod page;
mod score;
mod site;
mod target;
mod time;
mod url;
mod visit;

pub use bucket::{Bucket, BucketCount};
pub use crawl::{CrawlId, IdError, SnapshotId};
pub use evidence::{Digest, Evidence};
pub use host::{Domain, Host, SUFFIX_LIST_VERSION};
pub use host_set::HostSet;
pub use key::{HostKey, KEY_VERSION, KeyError, KeyRange, UrlKey};
pub use life::{LifeCycle, LostReason, NewReason, Outcome, PageState, Sighting, Turn, is_broken};
pub use link::{Link, LinkKind, RelTokens, SemanticLocation, UnknownName};
pub use page::{Page, Redirect, RedirectKind, Robots};
pub use score::{PageRank, RankScore};
pub use site::{LanguageCode, PageSignals, PlatformType, PlatformTypes};
pub use target::{Target, TargetError};
pub use time::Timestamp;
pub use url::{QueryEncoder, Url, parse_url, parse_url_encoded, published};
pub use visit::{StoredLink, Visit};
