//! The public scale of 0 to 1000: one logarithm, frozen.
//!
//! ```text
//! x(v)         = N·PR(v) / (1 − d)                     in units of the mean random jump to a node
//! S(x)         = clamp(round(B·ln max(x, 1)), 0, 1000)
//! passed(v)    = d·x(v) / k(v)                         by each of its k followed external links
//! rank of a set of links = S(Σ passed)                 a link, an anchor, a domain, a filtered list
//! ```
//!
//! with d = [`DAMPING`] and B = [`B`], both frozen: a score means the same in every build that has the same [`VERSION`].
//! A different constant is a new version.
//!
//! *Why a logarithm.* PageRanks follow a power law, and the scale that clients of backlink APIs know is linear in
//! ln PageRank: in 14 published sample rows the loss from a page's rank to the rank of one of its links is
//! 12.8 + 55.7·ln(external links) with R² = 0.986, and 11.3 for redirects (one target) at any height. External links
//! alone dilute: with internal ones counted too R² falls to 0.843. B·ln(1/0.85) = 11.3 gives B ≈ 69, the slope gives 56;
//! on the Common Crawl domain graph of 121 million nodes 60 to 70 come near the published ranks of known domains. B = 65.
//!
//! *Why x.* N·PR/(1−d) does not shrink when the graph grows. Without a prior, as domains are ranked, a node with no in-links
//! has x ≥ 1, a little over 1 when dangling nodes give their mass back to all. So scores of crawls of different size can be
//! put side by side. With a prior v, as pages are ranked ([`prior`](crate::prior)), it has x ≥ N·v, which may be less than 1;
//! its score is then 0, and what it passes still adds up. The whole range is 1000/65 = 15.4 e-folds, up to x = 4.8 million.
//!
//! *Why masses add.* x is the expected number of visits, in units of one jump; `passed` is the part that came over one
//! link. So the rank of any set of links is the score of a sum, which can be taken at the time of the question from what
//! the filter left: of stored masses by [`MassSum`](crate::MassSum), exactly.
//!
//! *Versions.* 1: pages and domains ranked without a prior. 2: pages ranked with the prior from their domain. Constants and
//! formulas are the same.

use model::{PageRank, RankScore};

use crate::sum::Sum;

/// Changes with every change of what a score means; stored with the scores.
pub const VERSION: u32 = 2;

/// Score points per e-fold of x: 150 for ten times as much.
pub const B: f64 = 65.0;

/// The damping d of the scale; ranks on it are made with the same.
pub const DAMPING: f64 = 0.85;

/// x = N·PR/(1−d): a PageRank in units of what the random jump alone gives to a node.
///
/// At least 1 in a ranking of `nodes` nodes with [`DAMPING`] and no prior; at least N·v with the prior v.
pub fn relative(rank: PageRank, nodes: u32) -> f64 {
    f64::from(nodes) * rank.0 / (1.0 - DAMPING)
}

/// S(x): where `x` stands on the scale. 0 for x ≤ 1 and for NaN, 1000 from about 4.8 million on.
pub fn score(x: f64) -> RankScore {
    // `max` of a NaN and 1 is 1, and `as` saturates.
    RankScore::new((B * x.max(1.0).ln()).round() as u16)
}

/// d·x/k: what each of the `followed_external_links` of a page (or a domain) passes on; 0 where there are none.
pub fn passed(x_source: f64, followed_external_links: u32) -> f64 {
    if followed_external_links == 0 { 0.0 } else { DAMPING * x_source / f64::from(followed_external_links) }
}

/// The rank of a set of links: S(Σ masses), each mass as [`passed`] made it. No links, no rank: 0.
///
/// The sum is compensated: it errs by about one rounding. Of stored masses, [`MassSum`](crate::MassSum) makes it exact.
pub fn set_score(masses: impl IntoIterator<Item = f64>) -> RankScore {
    score(masses.into_iter().collect::<Sum>().value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_the_scale_hold() {
        let scores = [f64::NAN, -1.0, 0.0, 0.5, 1.0, 4.9e6, 1e300, f64::INFINITY].map(|x| score(x).get());
        assert_eq!(scores, [0, 0, 0, 0, 0, 1000, 1000, 1000]);
        // 65·ln 4.7e6 = 65·15.3631 = 998.6
        assert_eq!(score(4.7e6).get(), 999);
    }

    #[test]
    fn frozen_points_do_not_move() {
        // round(65·ln x): ln 2 = 0.6931, ln 10 = 2.3026
        for (x, expected) in [(2.0, 45), (10.0, 150), (100.0, 299), (1e3, 449), (1e4, 599), (1e5, 748), (1e6, 898)] {
            assert_eq!(score(x).get(), expected, "{x}");
        }
        assert_eq!(VERSION, 2, "a new version has new points");
    }

    #[test]
    fn a_page_that_only_jumps_reach_has_score_0() {
        let nodes = 1000;
        let x = relative(PageRank((1.0 - DAMPING) / f64::from(nodes)), nodes);
        assert!((x - 1.0).abs() < 1e-12);
        assert_eq!(score(x).get(), 0);
    }

    #[test]
    fn no_followed_links_pass_nothing() {
        assert!(passed(1e6, 0) == 0.0);
        assert_eq!(set_score([]).get(), 0);
    }

    proptest! {
        #[test]
        fn one_of_k_links_loses_b_ln_k(exponent in 8.0_f64..15.0, links in 1_u32..1000) {
            let x = exponent.exp();
            let one = score(passed(x, 1)).get();
            let of_many = score(passed(x, links)).get();
            let loss = B * f64::from(links).ln();
            prop_assert!((f64::from(one) - f64::from(of_many) - loss).abs() <= 1.0, "{one} {of_many} {loss}");
            let damping_loss = f64::from(score(x).get()) - f64::from(one);
            prop_assert!((damping_loss - 10.56).abs() <= 1.0, "{damping_loss}");
        }

        #[test]
        fn all_links_of_a_page_together_pass_d_of_it(x in 10.0_f64..1e6, links in 1_u32..1000) {
            let together = set_score(std::iter::repeat_n(passed(x, links), links as usize));
            prop_assert_eq!(together, score(DAMPING * x));
        }

        #[test]
        fn more_is_never_less(x in 0.0_f64..1e7, more in 0.0_f64..1e7) {
            prop_assert!(score(x + more) >= score(x));
        }
    }
}
