//! What a build found out about single pages and domains: for explanations.

use model::{HostKey, UrlKey};

use crate::bucket::BucketReader;
use crate::build::domain_key;
use crate::error::{Result, corrupt};
use crate::group::Block;
use crate::snapshot::Snapshot;

/// What is known of a page's or a domain's rank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NodeRank {
    /// Relative rank: 1.0 is a node that nothing links to.
    pub relative: f32,
    /// On the scale of 0 to 1000.
    pub score: u16,
    /// Part of all nodes that do not rank higher, in ten-thousandths.
    pub percentile: u16,
    /// Part of the rank that came over links, in ten-thousandths.
    pub coverage: u16,
}

/// What is known of a visited page's quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeSpam {
    /// 0 to 100.
    pub score: u8,
    /// What the score was made of: bits that mean something to who built the snapshot.
    pub evidence: u64,
}

impl Snapshot {
    /// The rank of a page, and its spam score if it was visited. `None` for a page that is not known.
    pub fn page_standing(&self, key: &UrlKey) -> Result<Option<(NodeRank, Option<NodeSpam>)>> {
        let reader = self.bucket(self.buckets().of(&key.host()))?;
        let row = reader.pages.lower_bound(key.as_bytes(), 0)?;
        if row >= reader.pages.rows() {
            return Ok(None);
        }
        let (number, at) = reader.pages.block_of(row);
        if reader.pages.block(number)?.bytes(0, at) != Some(key.as_bytes()) {
            return Ok(None);
        }
        let (number, at) = reader.page_scores.block_of(row);
        let block = reader.page_scores.block(number)?;
        let rank = node_rank(reader, &block, number, at)?;
        let spam = block.number(4, at).zip(block.number(5, at));
        Ok(Some((rank, spam.map(|(score, evidence)| NodeSpam { score: score as u8, evidence }))))
    }

    /// The rank of the registrable domain of a page. `None` for a domain that is not known.
    pub fn domain_standing(&self, page: &UrlKey) -> Result<Option<NodeRank>> {
        let host = page.host();
        let reader = self.bucket(self.buckets().of(&host))?;
        let key = domain_key(&host);
        debug_assert!(HostKey::host_of(&key).is_ok());
        let row = reader.domains.lower_bound(&key, 0)?;
        if row >= reader.domains.rows() {
            return Ok(None);
        }
        let (number, at) = reader.domains.block_of(row);
        if reader.domains.block(number)?.bytes(0, at) != Some(key.as_slice()) {
            return Ok(None);
        }
        let (number, at) = reader.domain_scores.block_of(row);
        let block = reader.domain_scores.block(number)?;
        node_rank(reader, &block, number, at).map(Some)
    }
}

fn node_rank(reader: &BucketReader, block: &Block, number: u64, at: usize) -> Result<NodeRank> {
    if at >= block.rows() {
        return Err(corrupt(&reader.path, number, "a row is missing"));
    }
    let value = |column| block.number(column, at).unwrap_or_default();
    Ok(NodeRank {
        relative: f32::from_bits(value(0) as u32),
        score: value(1) as u16,
        percentile: value(2) as u16,
        coverage: value(3) as u16,
    })
}
