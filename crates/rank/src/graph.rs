//! A directed graph in memory, held by its in-links.
//!
//! A sweep of PageRank *pulls*: the new value of a node is a sum over the nodes that link to it. So the graph keeps,
//! for every node, the ascending list of the nodes that link to it (compressed rows: one array of `u32` for all lists,
//! one of offsets), and of the other direction only the number of links. Edges come in the order in which they are cheap
//! to make, by source; the transposition happens here, by counting, in linear time.
//!
//! | | bytes per edge | bytes per node |
//! |---|---|---|
//! | at rest | 4 | 12 |
//! | while built by [`Graph::from_sorted_edges`] | 8 | 12 |
//!
//! Self-loops are edges like any other; who does not want them leaves them out.

use thiserror::Error;

/// Targets read so far are kept in pieces of this many, so that growing never holds two copies.
const PIECE_EDGES: usize = 1 << 20;

/// Why edges are not a graph; `E` is the error of whoever reads the edges.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GraphError<E> {
    /// The source of edges failed.
    #[error("reading edge {position} failed")]
    Read {
        /// How many edges came before.
        position: u64,
        /// The reader's own error.
        source: E,
    },
    /// An edge is smaller than the one before.
    #[error("edge {position} ({source_node} to {target_node}) is out of order")]
    Unsorted {
        /// How many edges came before.
        position: u64,
        /// The edge's source.
        source_node: u32,
        /// The edge's target.
        target_node: u32,
    },
    /// An edge names a node that is not below the number of nodes.
    #[error("edge {position} ({source_node} to {target_node}) leaves the {nodes} nodes of the graph")]
    OutOfRange {
        /// How many edges came before.
        position: u64,
        /// The edge's source.
        source_node: u32,
        /// The edge's target.
        target_node: u32,
        /// The number of nodes.
        nodes: u32,
    },
}

/// A directed graph without parallel edges; nodes are `0..nodes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// Links out of each node.
    out_degrees: Vec<u32>,
    /// Where each node's in-links start in `sources`; one more than nodes.
    offsets: Vec<usize>,
    /// The in-links of all nodes, ascending within a node.
    sources: Vec<u32>,
}

impl Graph {
    /// Builds from edges `(source, target)` sorted by source, then target; an edge given twice counts once.
    ///
    /// Linear in nodes and edges, reads the edges once, and holds 8 bytes per edge and 12 per node on the way.
    /// Fails at the first edge that cannot be read, is out of order, or names a node that is not below `nodes`.
    pub fn from_sorted_edges<E>(
        nodes: u32,
        edges: impl IntoIterator<Item = Result<(u32, u32), E>>,
    ) -> Result<Self, GraphError<E>> {
        let mut out_degrees = vec![0_u32; nodes as usize];
        let mut offsets = vec![0_usize; nodes as usize + 1];
        let mut pieces: Vec<Vec<u32>> = Vec::new();
        let mut edge_count = 0;
        let mut previous = None;
        for (position, edge) in (0_u64..).zip(edges) {
            let (source_node, target_node) = edge.map_err(|source| GraphError::Read { position, source })?;
            if source_node >= nodes || target_node >= nodes {
                return Err(GraphError::OutOfRange { position, source_node, target_node, nodes });
            }
            let edge = Some((source_node, target_node));
            if edge == previous {
                continue;
            }
            if edge < previous {
                return Err(GraphError::Unsorted { position, source_node, target_node });
            }
            previous = edge;
            out_degrees[source_node as usize] += 1;
            offsets[target_node as usize] += 1;
            edge_count += 1;
            match pieces.last_mut() {
                Some(piece) if piece.len() < PIECE_EDGES => piece.push(target_node),
                _ => {
                    // Small graphs are many: their one piece grows; later pieces have their size from the start.
                    let mut piece = Vec::with_capacity(if pieces.is_empty() { 0 } else { PIECE_EDGES });
                    piece.push(target_node);
                    pieces.push(piece);
                }
            }
        }
        let sources = transpose(&out_degrees, &mut offsets, pieces, edge_count);
        Ok(Self { out_degrees, offsets, sources })
    }

    /// Builds from edges in any order: sorts and drops duplicates first. 16 bytes per edge on the way.
    ///
    /// # Panics
    ///
    /// If an edge names a node that is not below `nodes`.
    pub fn from_edges(nodes: u32, mut edges: Vec<(u32, u32)>) -> Self {
        edges.sort_unstable();
        Self::from_sorted_edges(nodes, edges.into_iter().map(Ok::<_, std::convert::Infallible>))
            .expect("edges name nodes below `nodes`")
    }

    /// The number of nodes.
    pub fn nodes(&self) -> u32 {
        self.out_degrees.len() as u32
    }

    /// The number of different edges.
    pub fn edges(&self) -> u64 {
        self.sources.len() as u64
    }

    /// How many edges leave `node`; 0 means that it dangles. Panics unless `node < nodes()`.
    pub fn out_degree(&self, node: u32) -> u32 {
        self.out_degrees[node as usize]
    }

    /// The nodes with an edge to `node`, ascending. Panics unless `node < nodes()`.
    pub fn in_links(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.sources[self.offsets[node]..self.offsets[node + 1]]
    }

    /// Bytes on the heap.
    pub fn memory_bytes(&self) -> u64 {
        (self.out_degrees.capacity() * size_of::<u32>()
            + self.offsets.capacity() * size_of::<usize>()
            + self.sources.capacity() * size_of::<u32>()) as u64
    }

    /// Out-degrees, offsets and in-links as they lie in memory.
    pub(crate) fn parts(&self) -> (&[u32], &[usize], &[u32]) {
        (&self.out_degrees, &self.offsets, &self.sources)
    }
}

/// The most bytes that building a graph of this size and ranking it with [`page_rank`](crate::page_rank()) hold at once,
/// a prior vector included: `12·nodes + max(8·edges, 4·edges + 25·nodes)` and 4 MiB.
///
/// What the caller holds itself, such as the reader of the edges, comes on top. Never below [`Graph::memory_bytes`].
pub fn memory_needed(nodes: u64, edges: u64) -> u64 {
    let graph = 12_u64.saturating_mul(nodes);
    let build = 8_u64.saturating_mul(edges);
    let solve = 4_u64.saturating_mul(edges).saturating_add(25_u64.saturating_mul(nodes));
    graph.saturating_add(build.max(solve)).saturating_add(4 << 20)
}

/// Turns the targets of all sources, in order, into the sources of all targets. `offsets` comes in as the number of
/// in-links and goes out as where they start.
fn transpose(out_degrees: &[u32], offsets: &mut [usize], pieces: Vec<Vec<u32>>, edges: usize) -> Vec<u32> {
    let mut start = 0;
    for offset in offsets.iter_mut() {
        let count = *offset;
        *offset = start;
        start += count;
    }
    let mut sources = vec![0_u32; edges];
    let mut targets = pieces.into_iter().flatten();
    for (source, &degree) in (0_u32..).zip(out_degrees) {
        for target in targets.by_ref().take(degree as usize) {
            let place = &mut offsets[target as usize];
            sources[*place] = source;
            *place += 1;
        }
    }
    // Every offset has moved to the end of its list, which is where the next one starts.
    offsets.copy_within(..out_degrees.len(), 1);
    if let Some(first) = offsets.first_mut() {
        *first = 0;
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::io;

    fn sorted(nodes: u32, edges: &[(u32, u32)]) -> Result<Graph, GraphError<io::Error>> {
        Graph::from_sorted_edges(nodes, edges.iter().map(|&edge| Ok(edge)))
    }

    #[test]
    fn duplicates_are_dropped_and_loops_are_kept() {
        let graph = sorted(3, &[(0, 1), (0, 1), (0, 2), (2, 2)]).unwrap();
        assert_eq!((graph.nodes(), graph.edges()), (3, 3));
        assert_eq!([0, 1, 2].map(|node| graph.out_degree(node)), [2, 0, 1]);
        assert_eq!(graph.in_links(0), []);
        assert_eq!(graph.in_links(1), [0]);
        assert_eq!(graph.in_links(2), [0, 2]);
    }

    #[test]
    fn an_edge_out_of_order_is_named() {
        let error = sorted(3, &[(0, 1), (1, 2), (1, 0)]).unwrap_err();
        assert_eq!(error.to_string(), "edge 2 (1 to 0) is out of order");
    }

    #[test]
    fn an_edge_out_of_range_is_named() {
        for edge in [(0, 3), (3, 0)] {
            assert!(matches!(sorted(3, &[(0, 1), edge]), Err(GraphError::OutOfRange { position: 1, nodes: 3, .. })));
        }
    }

    #[test]
    fn a_failing_reader_fails_the_graph() {
        let edges = [Ok((0, 1)), Err(io::Error::from(io::ErrorKind::UnexpectedEof))];
        assert!(matches!(Graph::from_sorted_edges(2, edges), Err(GraphError::Read { position: 1, .. })));
    }

    #[test]
    fn no_nodes_and_no_edges_are_graphs() {
        assert_eq!((sorted(0, &[]).unwrap().nodes(), sorted(0, &[]).unwrap().edges()), (0, 0));
        assert_eq!(sorted(2, &[]).unwrap().in_links(1), []);
    }

    #[test]
    fn more_than_one_piece_of_edges_is_put_together() {
        let nodes = PIECE_EDGES as u32 + 10;
        let graph =
            Graph::from_sorted_edges(nodes, (1..nodes).map(|node| Ok::<_, io::Error>((node - 1, node)))).unwrap();
        assert_eq!(graph.edges(), u64::from(nodes) - 1);
        assert!((1..nodes).all(|node| graph.in_links(node) == [node - 1]));
        assert!(graph.memory_bytes() <= memory_needed(u64::from(nodes), graph.edges()));
    }

    proptest! {
        #[test]
        fn in_links_are_the_edges_turned_around(edges in prop::collection::vec((0_u32..20, 0_u32..20), 0..200)) {
            let graph = Graph::from_edges(20, edges.clone());
            let turned: BTreeSet<_> = edges.into_iter().map(|(source, target)| (target, source)).collect();
            let links = (0..20).flat_map(|node| graph.in_links(node).iter().map(move |&source| (node, source)));
            prop_assert!(links.eq(turned.iter().copied()));
            let degrees: u64 = (0..20).map(|node| u64::from(graph.out_degree(node))).sum();
            prop_assert_eq!(degrees, graph.edges());
        }
    }
}
