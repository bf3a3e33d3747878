//! Spam mass: the part of a domain's rank that no trusted domain stands behind.
//!
//! Gyöngyi, Berkhin, Garcia-Molina and Pedersen, *Link Spam Detection Based on Mass Estimation*, 2006. Let p be the linear
//! PageRank of the graph of domains (the pseudorank: dangling mass is dropped, so that ranks of parts of the jump add up to
//! the rank of the whole), and p' the same with the jump only to a *core* of domains that are surely no spam, scaled to the
//! share γ of good domains in the web. Then
//!
//! ```text
//! m(v) = 1 − p'(v)/p(v),      p' = γ·core_rank,   p = rank/(1 + d·D/(1 − d)),   γ = 0.85
//! ```
//!
//! is the relative mass: about 1 where nothing of the core arrives, 0 or below in and around the core. The second equation
//! saves a ranking: without a prior, ranks with dangling mass spread (sum D over the dangling nodes) are a multiple of p. So
//! one more PageRank is made, with [`core_options`].
//!
//! A domain is flagged by [`is_spam_mass`]: m > 0.98 and x ≥ 10, the thresholds of the paper; domains of little rank have
//! nothing that spam could have bought. The core here: domains under gov, edu, mil and int and their likes under country
//! codes ([`is_core_domain`]), and what a caller adds. *Limits*: good sites in languages and trades that no such domain ever
//! links to look like spam, the more so the smaller the crawl. Hence the weight of 25, and no core of under 100 domains.

use crate::page_rank::{Dangling, PageRankOptions};
use crate::scale::DAMPING;

/// γ: the share of domains that are taken to be good.
pub const GOOD_SHARE: f64 = 0.85;

/// The relative mass above which a domain is flagged.
pub const MASS_THRESHOLD: f32 = 0.98;

/// The x from which on it is.
pub const RANK_THRESHOLD: f64 = 10.0;

/// The fewest domains of a core that says anything.
pub const LEAST_CORE: usize = 100;

/// Endings that are given to authorities, armies, universities and treaty bodies only.
const CORE_TLDS: [&str; 4] = ["edu", "gov", "int", "mil"];

/// The same below country codes: `gov.uk`, `ac.jp`, `gob.mx`, `gouv.fr`, `govt.nz`.
const CORE_SECOND_LEVELS: [&str; 8] = ["ac", "edu", "gob", "gov", "govt", "gouv", "mil", "nhs"];

/// Whether a registrable domain, lower case, belongs to the core by its ending.
pub fn is_core_domain(domain: &str) -> bool {
    let mut labels = domain.rsplit('.');
    let (Some(last), second, third) = (labels.next(), labels.next(), labels.next()) else { return false };
    let is_country_code = last.len() == 2;
    second.is_some_and(|second| {
        CORE_TLDS.contains(&last) || is_country_code && third.is_some() && CORE_SECOND_LEVELS.contains(&second)
    })
}

/// How to rank the graph of domains for `core_rank`: the jump goes to the core alone, dangling mass is dropped.
///
/// None if the core has less than [`LEAST_CORE`] domains: then there is no spam mass. 8 bytes a node.
pub fn core_options(nodes: u32, is_core: impl Fn(u32) -> bool) -> Option<PageRankOptions> {
    let core: Vec<f64> = (0..nodes).map(|node| if is_core(node) { 1.0 } else { 0.0 }).collect();
    let size = core.iter().filter(|weight| **weight > 0.0).count();
    (size >= LEAST_CORE).then(|| PageRankOptions {
        teleport: Some(core),
        dangling: Dangling::Drop,
        ..PageRankOptions::default()
    })
}

/// The relative spam mass of each domain, at most 1; NaN counts as 0. 4 bytes a node.
///
/// `rank` are the PageRanks of the graph of domains without a prior, `dangling_mass` their
/// [`Ranks::dangling_mass`](crate::Ranks::dangling_mass), `core_rank` those of [`core_options`].
pub fn spam_mass(rank: &[f64], dangling_mass: f64, core_rank: &[f64]) -> Vec<f32> {
    let linear = 1.0 / (1.0 + DAMPING * dangling_mass / (1.0 - DAMPING));
    let mass = |(&rank, &core): (&f64, &f64)| 1.0 - GOOD_SHARE * core / (rank * linear);
    rank.iter().zip(core_rank).map(mass).map(|mass| if mass.is_nan() { 0.0 } else { mass as f32 }).collect()
}

/// Whether a domain of relative rank x and this mass is flagged.
pub fn is_spam_mass(x: f64, mass: f32) -> bool {
    mass > MASS_THRESHOLD && x >= RANK_THRESHOLD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_is_known_by_its_ending() {
        for domain in ["nasa.gov", "mit.edu", "army.mil", "who.int", "bbk.ac.uk", "stats.govt.nz", "x.gob.mx"] {
            assert!(is_core_domain(domain), "{domain}");
        }
        for domain in ["gov", "gov.uk", "ac.com", "a.ac.com", "gov.example.com", "edu.example", "", ".", "a..uk"] {
            assert!(!is_core_domain(domain), "{domain}");
        }
    }

    #[test]
    fn a_small_core_says_nothing() {
        assert!(core_options(1000, |node| node < 99).is_none());
        assert!(core_options(1000, |node| node < 100).is_some());
    }

    #[test]
    fn mass_needs_rank_and_rank_needs_mass() {
        assert!(is_spam_mass(10.0, 0.99) && !is_spam_mass(9.9, 0.99) && !is_spam_mass(1e6, 0.98));
        assert_eq!(spam_mass(&[0.0, 0.5], 0.0, &[0.0, 0.0]), [0.0, 1.0]);
    }
}
