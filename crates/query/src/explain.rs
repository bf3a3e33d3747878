//! Why a row has its numbers, and the rank of all the links that a question selects.

use model::{RankScore, UrlKey, parse_url};
use rank::MassSum;
use store::{FullRow, NodeRank, NodeSpam, NumberColumn, Snapshot};

use crate::column::Lot;

/// What the ranks and the spam score of a row were made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The page's rank.
    pub page: Option<NodeRank>,
    /// The rank of the page's registrable domain.
    pub domain: Option<NodeRank>,
    /// Links of the page that pass rank: it is divided among them.
    pub followed_links: u32,
    /// What the link passes, in units of the rank of a page that nothing links to.
    pub passed: f32,
    /// What the page's spam score was made of.
    pub spam: Option<NodeSpam>,
    /// The link stands on most pages of its site, or in its navigation or footer.
    pub is_sitewide: bool,
}

/// The rank of a set of links: the score of the sum of what they pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SetRank {
    /// Stored links in the set.
    pub links: u64,
    /// The sum of what they pass.
    pub mass: f64,
    /// Its score.
    pub rank: RankScore,
}

/// Explains a row. Cost: four blocks, in the bucket of the referring page.
pub(crate) fn explain(snapshot: &Snapshot, row: &FullRow) -> store::Result<Explanation> {
    let key = parse_url(&row.url_from, None).as_ref().and_then(UrlKey::new);
    let page = key.as_ref().map(|key| snapshot.page_standing(key)).transpose()?.flatten();
    let domain = key.as_ref().map(|key| snapshot.domain_standing(key)).transpose()?.flatten();
    Ok(Explanation {
        page: page.map(|(rank, _)| rank),
        domain,
        followed_links: row.followed,
        passed: row.passed,
        spam: page.and_then(|(_, spam)| spam),
        is_sitewide: row.is_sitewide,
    })
}

/// Sums up what links pass: exact, whatever their order.
#[derive(Debug, Default)]
pub(crate) struct SetSum {
    links: u64,
    sum: MassSum,
}

impl SetSum {
    /// The links at some places of a lot more. Cost: a column of four bytes a row.
    pub(crate) fn add(&mut self, lot: &Lot<'_>, places: &[u32]) -> store::Result<()> {
        self.links += places.len() as u64;
        lot.reader.numbers(lot.section, NumberColumn::Passed, lot.at(places), |bits| {
            self.sum.add(f32::from_bits(bits.and_then(|bits| u32::try_from(bits).ok()).unwrap_or_default()));
        })
    }

    /// The links of another sum.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.links += other.links;
        self.sum.merge(&other.sum);
    }

    /// The rank of them all.
    pub(crate) fn rank(self) -> SetRank {
        SetRank { links: self.links, mass: self.sum.value(), rank: self.sum.score() }
    }
}
