//! The groups of the link tables and their columns.

use model::Bucket;

use crate::block::Compression;
use crate::group::{ColumnKind, GroupShape};
use crate::layout::file_name;

use ColumnKind::{Bytes, Number};

/// Who links to whom: target key, source key, path.
pub(crate) static KEYS: GroupShape =
    GroupShape { name: "keys", rows_per_block: 64, columns: &[Bytes, Bytes, Bytes], compression: Compression::Lz4 };

/// Anchor texts, apart from the other texts because filters read them most.
pub(crate) static ANCHORS: GroupShape =
    GroupShape { name: "anchors", rows_per_block: 256, columns: &[Bytes], compression: Compression::Lz4 };

/// Everything else a person reads, and where the bytes are.
pub(crate) static TEXTS: GroupShape = GroupShape {
    name: "texts",
    rows_per_block: 32,
    columns: &[Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes],
    compression: Compression::Lz4,
};

/// Numbers that do not change with a rank.
pub(crate) static FACTS: GroupShape = GroupShape {
    name: "facts",
    rows_per_block: 128,
    columns: &[
        Number, Number, Number, Number, Number, Number, Number, Number, Number, Number, Number, Number, Number, Number,
        Number, Bytes,
    ],
    compression: Compression::Lz4,
};

/// What happened to a link after its first sighting; see [`crate::events`]. Only direct links have it.
pub(crate) static EVENTS: GroupShape =
    GroupShape { name: "events", rows_per_block: 1024, columns: &[Bytes], compression: Compression::Zstd(1) };

/// Numbers of one row that every build computes anew.
pub(crate) static SCORES: GroupShape = GroupShape {
    name: "scores",
    rows_per_block: 128,
    columns: &[
        Number, Number, Number, Number, Number, Number, Number, Number, Number, Number, Number, Number, Number, Number,
    ],
    compression: Compression::Zstd(3),
};

/// What a question reads of every row of its target to decide which rows win.
pub(crate) static SCAN: GroupShape = GroupShape {
    name: "scan",
    rows_per_block: 4096,
    columns: &[Number, Number, Number, Number, Number, Number, Number, Number],
    compression: Compression::Zstd(1),
};

/// The name of a group's file in a section.
pub(crate) fn group_name(section: &str, shape: &GroupShape, bucket: Bucket) -> String {
    file_name(&format!("links/{section}/{}", shape.name), bucket)
}

/// Columns of [`KEYS`].
pub(crate) mod keys {
    pub(crate) const TARGET: usize = 0;
    pub(crate) const SOURCE: usize = 1;
    pub(crate) const PATH: usize = 2;
}

/// Columns of [`TEXTS`].
pub(crate) mod texts {
    pub(crate) const PRE: usize = 0;
    pub(crate) const POST: usize = 1;
    pub(crate) const TITLE: usize = 2;
    pub(crate) const ALT: usize = 3;
    pub(crate) const IMAGE_URL: usize = 4;
    pub(crate) const REL: usize = 5;
    pub(crate) const LANGUAGE: usize = 6;
    pub(crate) const ENCODING: usize = 7;
    pub(crate) const ARCHIVE: usize = 8;
    pub(crate) const DIGEST: usize = 9;
    pub(crate) const HREFLANG: usize = 10;
    pub(crate) const MEDIA_TYPE: usize = 11;
}

/// Columns of [`FACTS`].
pub(crate) mod facts {
    pub(crate) const FIRST_SEEN: usize = 0;
    pub(crate) const PREV_SEEN: usize = 1;
    pub(crate) const LAST_SEEN: usize = 2;
    pub(crate) const LOST_AT: usize = 3;
    pub(crate) const FLAGS: usize = 4;
    pub(crate) const KIND: usize = 5;
    pub(crate) const LOCATION: usize = 6;
    pub(crate) const COUNT: usize = 7;
    pub(crate) const STATUS: usize = 8;
    pub(crate) const SIZE: usize = 9;
    pub(crate) const INTERNAL: usize = 10;
    pub(crate) const EXTERNAL: usize = 11;
    pub(crate) const FOLLOWED: usize = 12;
    pub(crate) const OFFSET: usize = 13;
    pub(crate) const LENGTH: usize = 14;
    pub(crate) const IP: usize = 15;
}

/// Columns of [`SCORES`].
pub(crate) mod scores {
    pub(crate) const RANK: usize = 0;
    pub(crate) const PAGE_RANK: usize = 1;
    pub(crate) const DOMAIN_RANK: usize = 2;
    /// Bits of an f32.
    pub(crate) const PASSED: usize = 3;
    pub(crate) const PAGE_COUNT: usize = 4;
    pub(crate) const HOST_COUNT: usize = 5;
    pub(crate) const DOMAIN_COUNT: usize = 6;
    pub(crate) const TARGET_STATUS: usize = 7;
    /// Row of the target in `pages`, where it redirects.
    pub(crate) const TARGET_ROW: usize = 8;
    /// Spam score of the page.
    pub(crate) const SPAM: usize = 9;
    /// Spam score of the target; null if it was never visited.
    pub(crate) const TARGET_SPAM: usize = 10;
    /// Bits of [`model::PlatformTypes`] of the page's domain.
    pub(crate) const PLATFORMS: usize = 11;
    /// The two letters of the country of the page's host, the first one times 256.
    pub(crate) const COUNTRY: usize = 12;
    /// 1 if the link stands on most pages of its site, or in its navigation or footer; else null.
    pub(crate) const SITEWIDE: usize = 13;
}

/// Columns of [`SCAN`].
pub(crate) mod scan {
    pub(crate) const FLAGS: usize = 0;
    pub(crate) const RANK: usize = 1;
    pub(crate) const LAST_SEEN: usize = 2;
    pub(crate) const PAGE: usize = 3;
    pub(crate) const TIE: usize = 4;
    pub(crate) const COUNT: usize = 5;
    pub(crate) const HOP_LABELS: usize = 6;
    /// Number of the page's host in the bucket, by the first of its pages in the byte order of their URLs.
    pub(crate) const HOST: usize = 7;
}

/// Bits of [`scan::FLAGS`].
pub(crate) mod scan_flags {
    pub(crate) const LOST: u8 = 1;
    pub(crate) const INTERNAL: u8 = 1 << 1;
    pub(crate) const DOFOLLOW: u8 = 1 << 2;
    pub(crate) const HOP_SAME_HOST: u8 = 1 << 3;

    /// The bits whose condition holds, together.
    pub(crate) fn of(bits: [(bool, u8); 4]) -> u64 {
        bits.into_iter().filter(|(is_set, _)| *is_set).fold(0, |all, (_, bit)| all | u64::from(bit))
    }
}
