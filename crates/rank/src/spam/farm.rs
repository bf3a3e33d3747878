//! Farm blocks: domains with similar names and nearly equal ranks.
//!
//! Who registers a hundred domains to link to each other gives them names from one mould and links from one script, so they
//! come out of PageRank side by side. The test (after the one that Sebastian Nagel published for ranks of Common Crawl):
//! order the domains by rank; two are *alike* if
//!
//! - their ranks differ by less than 2 %,
//! - they have the same public suffix,
//! - the lengths of their names differ by at most 15 %, and both or neither have digits,
//! - what their names begin and end with in common is at least half of the shorter one.
//!
//! Alike ones within 16 places of each other hang together, and a block of at least 5 is a farm. Domains that hardly
//! anything links to (x < 2) all have nearly the same rank, where this says nothing: they are left out. *Limits*: 16 places
//! are not 2 % in the crowd of low ranks of a large graph, so a farm whose members are thin among others is missed; a chain
//! of sister sites with one name and one footer is found.

use std::cmp::Ordering;

/// The least x of a member.
pub const LEAST_RANK: f64 = 2.0;

/// The fewest members of a block.
pub const LEAST_BLOCK: usize = 5;

/// By how much ranks of alike domains may differ.
const RANK_GAP: f64 = 0.02;

/// By how much lengths of their names may differ.
const LENGTH_GAP: f64 = 0.15;

/// Places in the order within which domains are compared.
const WINDOW: usize = 16;

/// A registrable domain in two; both empty for a node that has no name, such as an address: it is like no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DomainName<'a> {
    /// The label before the public suffix.
    pub label: &'a str,
    /// The public suffix.
    pub suffix: &'a str,
}

/// Whether each domain belongs to a block.
///
/// `x` are the relative ranks of all domains, `name` gives the name of one. 9 bytes a domain, and at most 16 comparisons of
/// names each.
pub fn farm_blocks<'a>(x: &[f64], name: impl Fn(u32) -> DomainName<'a>) -> Vec<bool> {
    let mut order: Vec<u32> = (0..).zip(x).filter(|(_, x)| **x >= LEAST_RANK).map(|(node, _)| node).collect();
    order.sort_unstable_by(|&left, &right| {
        let descending = x[right as usize].partial_cmp(&x[left as usize]).unwrap_or(Ordering::Equal);
        descending.then(left.cmp(&right))
    });
    let mut blocks = Blocks::new(order.len());
    for (place, &node) in order.iter().enumerate() {
        let own = name(node);
        let first = place.saturating_sub(WINDOW);
        for (earlier, &other) in (first..place).zip(&order[first..]) {
            let is_near = x[other as usize] * (1.0 - RANK_GAP) < x[node as usize];
            if is_near && blocks.root(earlier) != blocks.root(place) && are_alike(own, name(other)) {
                blocks.join(earlier, place);
            }
        }
    }
    let mut sizes = vec![0_u32; order.len()];
    for place in 0..order.len() {
        sizes[blocks.root(place)] += 1;
    }
    let mut found = vec![false; x.len()];
    for (place, &node) in order.iter().enumerate() {
        found[node as usize] = sizes[blocks.root(place)] as usize >= LEAST_BLOCK;
    }
    found
}

/// Whether two names are from one mould.
fn are_alike(left: DomainName<'_>, right: DomainName<'_>) -> bool {
    let (one, other) = (left.label.as_bytes(), right.label.as_bytes());
    let (shorter, longer) = (one.len().min(other.len()), one.len().max(other.len()));
    let has_digits = |label: &[u8]| label.iter().any(u8::is_ascii_digit);
    if shorter == 0
        || left.suffix != right.suffix
        || (longer - shorter) as f64 > LENGTH_GAP * longer as f64
        || has_digits(one) != has_digits(other)
    {
        return false;
    }
    let start = one.iter().zip(other).take_while(|(left, right)| left == right).count();
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(left, right)| left == right).count();
    2 * (start + end).min(shorter) >= shorter
}

/// Which places hang together: a forest whose roots are the least places of their blocks.
struct Blocks {
    parents: Vec<u32>,
}

impl Blocks {
    fn new(places: usize) -> Self {
        Self { parents: (0..places as u32).collect() }
    }

    fn root(&mut self, mut place: usize) -> usize {
        while self.parents[place] as usize != place {
            let parent = self.parents[place] as usize;
            // Halves the way for the next one.
            self.parents[place] = self.parents[parent];
            place = parent;
        }
        place
    }

    fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.root(left), self.root(right));
        self.parents[left.max(right)] = left.min(right) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DomainName<'_> {
        let (label, suffix) = text.split_once('.').unwrap();
        DomainName { label, suffix }
    }

    #[test]
    fn names_from_one_mould_are_alike() {
        for (left, right) in [
            ("cheap-pills-01.top", "cheap-pills-17.top"),
            ("best-casino-x.com", "best-casino-y.com"),
            ("1newshoes.com", "2newshoes.com"),
        ] {
            assert!(are_alike(name(left), name(right)), "{left} {right}");
        }
        for (left, right) in [
            (".", "."),
            ("cheap-pills-01.top", "cheap-pills-01.com"),
            ("example1.org", "examples.org"),
            ("example.org", "example-of-more.org"),
            ("heise.de", "golem.de"),
        ] {
            assert!(!are_alike(name(left), name(right)), "{left} {right}");
        }
    }

    #[test]
    fn a_farm_among_others_is_found() {
        let mut names: Vec<String> =
            (0..40).map(|number| format!("{}site.com", "abcdefghij".repeat(number / 10 + 1))).collect();
        let mut x: Vec<f64> = (0..40).map(|number| 3.0 * 1.05_f64.powi(number)).collect();
        // Six of a farm at one rank, four of another, seven that nothing links to.
        for (count, rank, mould) in [(6, 8.0, "cheap-shoes"), (4, 5.0, "new-watches"), (7, 1.01, "dead-domain")] {
            for number in 0..count {
                names.push(format!("{mould}-{number}.com"));
                x.push(rank * (1.0 + f64::from(number) * 0.002));
            }
        }
        let found = farm_blocks(&x, |node| name(&names[node as usize]));
        let found: Vec<&str> =
            found.iter().zip(&names).filter(|(is_found, _)| **is_found).map(|(_, name)| name.as_str()).collect();
        assert_eq!(found, (0..6).map(|number| format!("cheap-shoes-{number}.com")).collect::<Vec<_>>());
    }

    #[test]
    fn no_domains_no_blocks() {
        assert!(farm_blocks(&[], |_| name("a.b")).is_empty());
        assert_eq!(farm_blocks(&[f64::NAN, f64::INFINITY, 5.0], |_| name("a.b")), [false; 3]);
    }
}
