//! Identical referring sets: domains that exactly the same domains link to.
//!
//! Bought links come in packages: a seller puts all its customers on all its sites. So two domains that the same twenty
//! domains link to are hardly two. Here only *exactly* equal sets count, of at least 5 domains, shared by at least 3. (Sets
//! that overlap by 80 % would need MinHash, 128 numbers a domain.)
//!
//! A set is hashed as the sum, mod 2¹²⁸, of a hash of each member: the order of edges does not matter, nothing but two numbers
//! a domain is kept, and two different sets among a hundred million have the same sum with a chance of about 1e-22.
//! *Limits*: sister sites that a network of sites links in its footer are found too.

/// The fewest referring domains of a set that counts.
pub const LEAST_SET: u32 = 5;

/// The fewest domains that share it.
pub const LEAST_SHARING: usize = 3;

/// Whether each domain shares its set of referring domains with at least two others.
///
/// Edges are those of the graph of domains, `(source, target)`, the same edge given twice in a row counting once; edges that
/// leave the nodes are passed over. Fails where reading them fails. 25 bytes a node.
pub fn identical_sets<E>(nodes: u32, edges: impl IntoIterator<Item = Result<(u32, u32), E>>) -> Result<Vec<bool>, E> {
    let mut sums = vec![0_u128; nodes as usize];
    let mut sizes = vec![0_u32; nodes as usize];
    let mut previous = None;
    for edge in edges {
        let edge = edge?;
        if previous.replace(edge) == Some(edge) {
            continue;
        }
        let (source, target) = edge;
        if let (Some(sum), Some(size)) = (sums.get_mut(target as usize), sizes.get_mut(target as usize)) {
            *sum = sum.wrapping_add(hash(source));
            *size += 1;
        }
    }
    let mut order: Vec<u32> = (0..nodes).filter(|&node| sizes[node as usize] >= LEAST_SET).collect();
    let set = |node: u32| (sums[node as usize], sizes[node as usize]);
    order.sort_unstable_by_key(|&node| set(node));
    let mut found = vec![false; nodes as usize];
    for sharing in order.chunk_by(|&left, &right| set(left) == set(right)) {
        if sharing.len() >= LEAST_SHARING {
            for &node in sharing {
                found[node as usize] = true;
            }
        }
    }
    Ok(found)
}

/// 128 bits of a node's number.
fn hash(node: u32) -> u128 {
    xxhash_rust::xxh3::xxh3_128(&node.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;

    fn identical(nodes: u32, edges: &[(u32, u32)]) -> Vec<bool> {
        identical_sets(nodes, edges.iter().map(|&edge| Ok::<_, Infallible>(edge))).unwrap()
    }

    #[test]
    fn a_package_of_links_is_found() {
        // Sellers 0 to 4 link to 10, 11 and 12; 13 has a sixth one; 14 misses one; 15 to 17 share four only.
        let mut edges = Vec::new();
        for seller in 0..5 {
            edges.extend([10, 11, 12, 13].map(|target| (seller, target)));
            if seller < 4 {
                edges.extend([14, 15, 16, 17].map(|target| (seller, target)));
            }
        }
        edges.push((5, 13));
        edges.sort_unstable();
        edges.insert(1, edges[0]);
        let found = identical(20, &edges);
        let found: Vec<usize> = (0..20).filter(|&node| found[node]).collect();
        assert_eq!(found, [10, 11, 12]);
    }

    #[test]
    fn two_that_share_are_not_enough_and_strangers_are_passed_over() {
        let edges: Vec<_> = (0..6).flat_map(|source| [(source, 7), (source, 8), (source, 99)]).collect();
        assert_eq!(identical(9, &edges), [false; 9]);
    }

    proptest! {
        #[test]
        fn it_is_the_comparison_of_sets(edges in prop::collection::btree_set((0_u32..8, 0_u32..12), 0..96)) {
            let edges: Vec<_> = edges.into_iter().collect();
            let found = identical(12, &edges);
            let set = |node: u32| edges.iter().filter(|edge| edge.1 == node).map(|edge| edge.0).collect::<Vec<_>>();
            for node in 0..12 {
                let sharing = (0..12).filter(|&other| set(other) == set(node)).count();
                prop_assert_eq!(found[node as usize], set(node).len() >= 5 && sharing >= 3);
            }
        }
    }
}
