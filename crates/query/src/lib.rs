#![doc = include_str!("../README.md")]

mod admission;
mod answer;
mod arrange;
mod as_of;
mod best_of_hosts;
mod bounds;
mod candidate;
mod column;
mod earlier;
mod events;
mod explain;
mod field;
mod filter;
mod first_rows;
mod group;
pub mod harness;
mod index;
mod link_counts;
mod order;
mod page_set;
mod parts;
mod question;
mod row;
mod selection;
mod sort;
mod target_rows;
mod winners;

pub use answer::{Backlink, BacklinksAnswer, Hop, HopKind};
pub use as_of::AsOf;
pub use bounds::Bounds;
pub use events::{EventsQuestion, events};
pub use explain::{Explanation, SetRank};
pub use field::{Field, FieldType};
pub use filter::{
    Filter, FilterError, MAX_CONDITIONS, MAX_DEPTH, MAX_FOLDED_CLASSES, MAX_LIST, MAX_REGEXES, MAX_TEXT_CHARS, Operator,
};
pub use index::{Index, QueryError};
pub use order::{LARGE, fill_order};
pub use question::{BacklinksQuestion, GroupField, LinkStatus, Mode, Position, RankScale, Rows};
pub use row::backlink;
pub use sort::{MAX_SORT_KEYS, SortError, SortKey};
pub use store::{NodeRank, NodeSpam, RowId};
