//! The teleport vector of the page graph: a page begins with a share of what its domain is worth.
//!
//! # Formula
//!
//! Let x(D) be the relative rank of the registrable domain D in the graph of domains, and let D have h home pages and m
//! others among the nodes. Then
//!
//! ```text
//!            x(D)·½/h   if p is a home page and there are others
//! v(p) ∝     x(D)·½/m   if p is not, and there is a home page
//!            x(D)/h, x(D)/m   if all pages of D are home pages, or none is
//! ```
//!
//! divided by the sum over all pages. So the pages of D have x(D)/Σ x of the mass, over the domains that have pages, however
//! many pages they are: a domain does not gain by having more.
//!
//! *Why.* In a crawl most pages are seen only as targets, and most links to a page come from pages that were not fetched: a
//! uniform jump would leave a page of a great site where a page of an empty one is, at the bottom. The graph of domains is
//! far better covered, and PageRank within a site hangs together with the rank of the site (Kamvar, Haveliwala, Manning and
//! Golub, *Exploiting the Block Structure of the Web for Computing PageRank*, 2003). The home page gets half since links
//! to a site whose page is not known mostly mean it, and internal links lead to it.
//!
//! # What it does to the scale
//!
//! x = N·PR/(1−d) stays as it is and is measured in *mean* jumps. With a uniform prior every node has x ≥ 1; with this one
//! x(p) ≥ N·v(p), which is below 1 for the many pages of little domains, and the mean over all nodes is 1/(1−d) in both
//! cases. Below 1 the score is 0, the mass that a page passes is not: d·x/k of each link still adds up, so set ranks stay
//! exact sums. All closed forms are those of PageRank with a prior; [`coverage`](crate::coverage()) tells how much of a
//! rank is prior. This is [`scale::VERSION`](crate::scale::VERSION) 2.

use crate::sum::Sum;

/// The share of the home pages.
const HOME: f64 = 0.5;

/// The teleport vector for [`PageRankOptions::teleport`](crate::PageRankOptions::teleport) of the page graph; sums to 1.
///
/// `domain_of_page` has the number of each page's domain, `domain_relative` x of each domain, as
/// [`relative`](crate::scale::relative) made it. A domain that is not there, or whose x is not a positive number, counts as
/// one that no link reaches: x = 1. 8 bytes a page, 8 a domain.
pub fn page_prior(domain_of_page: &[u32], is_home: impl Fn(u32) -> bool, domain_relative: &[f64]) -> Vec<f64> {
    // Home pages and others of each domain.
    let mut counts = vec![[0_u32; 2]; domain_relative.len()];
    for (page, &domain) in (0..).zip(domain_of_page) {
        if let Some(counts) = counts.get_mut(domain as usize) {
            counts[usize::from(is_home(page))] += 1;
        }
    }
    let mut sum = Sum::default();
    let mut prior = Vec::with_capacity(domain_of_page.len());
    for (page, &domain) in (0..).zip(domain_of_page) {
        let relative = domain_relative.get(domain as usize).copied().filter(|x| x.is_finite() && *x > 0.0);
        let [others, homes] = counts.get(domain as usize).copied().unwrap_or([1, 0]);
        let share = match (is_home(page), homes, others) {
            (true, homes, 0) => 1.0 / f64::from(homes.max(1)),
            (true, homes, _) => HOME / f64::from(homes.max(1)),
            (false, 0, others) => 1.0 / f64::from(others),
            (false, _, others) => (1.0 - HOME) / f64::from(others),
        };
        let weight = relative.unwrap_or(1.0) * share;
        sum.add(weight);
        prior.push(weight);
    }
    let sum = sum.value();
    for weight in &mut prior {
        *weight /= sum;
    }
    prior
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_home_page_has_half_and_the_others_share_the_rest() {
        // Domain 0 (x = 6): home and two others; domain 1 (x = 2): two others; domain 2 (x = 1): two home pages.
        let prior = page_prior(&[0, 0, 0, 1, 1, 2, 2], |page| [0, 5, 6].contains(&page), &[6.0, 2.0, 1.0]);
        let expected = [3.0, 1.5, 1.5, 1.0, 1.0, 0.5, 0.5].map(|weight| weight / 9.0);
        assert!(prior.iter().zip(expected).all(|(weight, expected)| (weight - expected).abs() < 1e-15), "{prior:?}");
    }

    #[test]
    fn a_domain_without_a_rank_is_one_that_no_link_reaches() {
        let prior = page_prior(&[0, 1, 2, 9], |page| page == 3, &[f64::NAN, 2.0, 0.0]);
        let expected = [1.0, 2.0, 1.0, 0.5].map(|weight| weight / 4.5);
        assert!(prior.iter().zip(expected).all(|(weight, expected)| (weight - expected).abs() < 1e-15), "{prior:?}");
        assert!(page_prior(&[], |_| true, &[1.0]).is_empty());
    }

    proptest! {
        #[test]
        fn domains_have_mass_in_proportion_to_their_ranks(
            pages in prop::collection::vec((0_u32..6, any::<bool>()), 1..80),
            relative in prop::collection::vec(0.01_f64..1e6, 6),
        ) {
            let domains: Vec<u32> = pages.iter().map(|&(domain, _)| domain).collect();
            let prior = page_prior(&domains, |page| pages[page as usize].1, &relative);
            prop_assert!((prior.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let present: f64 = (0..6).filter(|domain| domains.contains(domain)).map(|domain| relative[domain as usize]).sum();
            for domain in 0..6_u32 {
                let of = |home: Option<bool>| -> f64 {
                    let pages = pages.iter().zip(&prior);
                    pages.filter(|(page, _)| page.0 == domain && home.is_none_or(|home| page.1 == home)).map(|(_, v)| v).sum()
                };
                let expected = if domains.contains(&domain) { relative[domain as usize] / present } else { 0.0 };
                prop_assert!((of(None) - expected).abs() < 1e-12);
                if of(Some(true)) > 0.0 && of(Some(false)) > 0.0 {
                    prop_assert!((of(Some(true)) - of(Some(false))).abs() < 1e-12);
                }
            }
        }
    }
}
