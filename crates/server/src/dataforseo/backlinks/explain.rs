//! Our own field `explain`, on request: what the numbers of a row were made of, and the rank of all
//! links that a question selects.

use query::{Explanation, NodeRank, RankScale, SetRank};
use rank::spam::{self, Signals};
use schemars::JsonSchema;
use serde::Serialize;

/// Why a row has its numbers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Explanation")]
pub(super) struct Explained {
    rank: Passed,
    page_from_rank: Option<Standing>,
    domain_from_rank: Option<Standing>,
    /// The signals of spam that the page shows, and what each weighs; their sum, from 0 to 100, is the
    /// score.
    backlink_spam_score: Option<Vec<Weighed>>,
    /// The link has the same text and target on most visited pages of its host, or stands in `nav` or
    /// `footer`.
    is_sitewide: bool,
}

/// What a link passes.
#[derive(Serialize, JsonSchema)]
struct Passed {
    /// In units of the rank of a page that nothing links to.
    passed: f32,
    /// Links of the page that pass rank, among which it is divided.
    followed_links: u32,
}

/// Where a rank stands.
#[derive(Serialize, JsonSchema)]
struct Standing {
    /// In units of the mean random jump: the score is 65 times its logarithm.
    relative: f32,
    /// How many per cent of all stand lower; those of the same rank stand in their middle.
    percentile: f64,
    /// Which part of the rank came over links, from 0 to 1; the rest is a guess from the domain.
    coverage: f64,
}

/// A signal of spam.
#[derive(Serialize, JsonSchema)]
struct Weighed {
    signal: &'static str,
    weight: i32,
    reason: &'static str,
}

/// The rank of all links that the question selects, before one is chosen for each page.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SetRank")]
pub(in crate::dataforseo) struct OfSet {
    links: u64,
    /// The sum of what they pass.
    passed: f64,
    /// Its score, on the scale asked for.
    rank: u16,
}

impl From<NodeRank> for Standing {
    fn from(node: NodeRank) -> Self {
        Self {
            relative: node.relative,
            percentile: f64::from(node.percentile) / 100.0,
            coverage: f64::from(node.coverage) / 10_000.0,
        }
    }
}

impl From<&Explanation> for Explained {
    fn from(row: &Explanation) -> Self {
        let weighed = |signals: Signals| {
            let signals = spam::explain(signals);
            signals
                .map(|(signal, weight)| Weighed { signal: signal.name(), weight, reason: signal.explanation() })
                .collect()
        };
        Self {
            rank: Passed { passed: row.passed, followed_links: row.followed_links },
            page_from_rank: row.page.map(Standing::from),
            domain_from_rank: row.domain.map(Standing::from),
            backlink_spam_score: row.spam.map(|spam| weighed(Signals::from_bits(spam.evidence))),
            is_sitewide: row.is_sitewide,
        }
    }
}

impl OfSet {
    pub(super) fn new(set: SetRank, scale: RankScale) -> Self {
        Self { links: set.links, passed: set.mass, rank: scale.of(set.rank) }
    }
}
