//! A graph on disk, read from its start once a sweep: what is left of the edges when they do not fit the memory.
//!
//! The file is temporary, written once and removed with its [`EdgeFile`]; only the program that wrote it reads it. Edges
//! stay in the order in which they come, by source, so nothing is sorted or transposed for it: the solver
//! ([`crate::streamed`]) *pushes* from a source to its targets.
//!
//! ```text
//! file     blocks, one after the other
//! block    length of the records u32 · their XXH3-64 u64 · records        little-endian, at least 256 KiB but the last
//! record   source − source of the record before (0 at the start of a block) · number of targets
//!          · zigzag(first target − source) · target − target before − 1 …
//! ```
//!
//! Numbers in records are LEB128 varints: links between neighbours, which is what pages sorted by URL mostly have, take
//! one or two bytes (2.1 bytes an edge on cnr-2000). Every block is checked each time it is read.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::graph::GraphError;
use crate::page_rank::RankError;

/// A block is closed when its records reach this.
const BLOCK_BYTES: usize = 256 << 10;

/// Length and checksum before the records of a block.
const HEADER_BYTES: usize = 12;

/// Why edges could not be written down; `E` is the error of whoever reads them.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EdgeFileError<E> {
    /// The edges are no graph, or reading them failed.
    #[error("the edges are no graph")]
    Edges(#[source] GraphError<E>),
    /// The disk failed.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The file of edges.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Why a graph on disk could not be ranked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The options make no sense.
    #[error("the options cannot be followed")]
    Options(#[source] RankError),
    /// The disk failed.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The file of edges.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not what was written.
    #[error("block {block} of {path} is damaged: {what}")]
    Corrupt {
        /// The file of edges.
        path: PathBuf,
        /// The block, from 0.
        block: u64,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// The edges of a graph in a temporary file, which is removed when this is dropped.
///
/// In memory: one bit a node, and while reading one block.
#[derive(Debug)]
pub struct EdgeFile {
    path: PathBuf,
    nodes: u32,
    edges: u64,
    bytes: u64,
    blocks: u64,
    /// The longest records of a block, in bytes.
    longest: usize,
    /// One bit a node: does anything leave it?
    linking: Vec<u64>,
}

impl EdgeFile {
    /// Writes edges `(source, target)` sorted by source, then target, to a new file `path`; an edge given twice counts
    /// once.
    ///
    /// Reads the edges once. Fails where [`Graph::from_sorted_edges`](crate::Graph::from_sorted_edges) would, and if there
    /// is a file of that name. What was written is removed when it fails.
    pub fn write<E>(
        path: &Path,
        nodes: u32,
        edges: impl IntoIterator<Item = Result<(u32, u32), E>>,
    ) -> Result<Self, EdgeFileError<E>> {
        let io_error = |operation| move |source| EdgeFileError::Io { operation, path: path.to_owned(), source };
        let file = File::create_new(path).map_err(io_error("create"))?;
        let mut written = Self {
            path: path.to_owned(),
            nodes,
            edges: 0,
            bytes: 0,
            blocks: 0,
            longest: 0,
            linking: vec![0; (nodes as usize).div_ceil(64)],
        };
        let mut writer = Writer::new(BufWriter::with_capacity(1 << 20, file));
        let mut previous = None;
        for (position, edge) in (0_u64..).zip(edges) {
            let (source_node, target_node) =
                edge.map_err(|source| EdgeFileError::Edges(GraphError::Read { position, source }))?;
            if source_node >= nodes || target_node >= nodes {
                let error = GraphError::OutOfRange { position, source_node, target_node, nodes };
                return Err(EdgeFileError::Edges(error));
            }
            let edge = Some((source_node, target_node));
            if edge == previous {
                continue;
            }
            if edge < previous {
                return Err(EdgeFileError::Edges(GraphError::Unsorted { position, source_node, target_node }));
            }
            previous = edge;
            written.linking[source_node as usize / 64] |= 1 << (source_node % 64);
            written.edges += 1;
            writer.push(source_node, target_node).map_err(io_error("write"))?;
        }
        writer.finish().map_err(io_error("write"))?;
        (written.bytes, written.blocks, written.longest) = (writer.bytes, writer.blocks, writer.longest);
        Ok(written)
    }

    /// The number of nodes.
    pub fn nodes(&self) -> u32 {
        self.nodes
    }

    /// The number of different edges.
    pub fn edges(&self) -> u64 {
        self.edges
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether anything leaves `node`; false for a node that is not there.
    pub(crate) fn is_linking(&self, node: u32) -> bool {
        self.linking.get(node as usize / 64).is_some_and(|bits| bits >> (node % 64) & 1 == 1)
    }

    /// Reads the file from its start and gives each source that links, ascending, with its targets, ascending.
    pub(crate) fn replay(&self, mut each: impl FnMut(u32, &[u32])) -> Result<(), StreamError> {
        let io_error = |operation| move |source| StreamError::Io { operation, path: self.path.clone(), source };
        let file = File::open(&self.path).map_err(io_error("open"))?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let (mut records, mut targets) = (Vec::new(), Vec::new());
        let mut edges = 0;
        for block in 0..self.blocks {
            let corrupt = |what| StreamError::Corrupt { path: self.path.clone(), block, what };
            let mut header = [0; HEADER_BYTES];
            reader.read_exact(&mut header).map_err(io_error("read"))?;
            let [a, b, c, d, checksum @ ..] = header;
            let length = u32::from_le_bytes([a, b, c, d]) as usize;
            if length > self.longest {
                return Err(corrupt("too long"));
            }
            records.resize(length, 0);
            reader.read_exact(&mut records).map_err(io_error("read"))?;
            if xxh3_64(&records) != u64::from_le_bytes(checksum) {
                return Err(corrupt("checksum"));
            }
            let mut rest = records.as_slice();
            let mut source = 0;
            while !rest.is_empty() {
                source = read_record(&mut rest, source, self.nodes, &mut targets).ok_or_else(|| corrupt("record"))?;
                edges += targets.len() as u64;
                each(source, &targets);
            }
        }
        if edges == self.edges {
            Ok(())
        } else {
            Err(StreamError::Corrupt { path: self.path.clone(), block: self.blocks, what: "edges are missing" })
        }
    }
}

impl Drop for EdgeFile {
    fn drop(&mut self) {
        // Best effort: whoever gave the folder clears it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Makes blocks of edges.
struct Writer<W> {
    out: W,
    /// The records of the block so far.
    block: Vec<u8>,
    /// The source of the last record in `block`.
    last_source: u32,
    /// The record that grows: source, last target, number of targets, their bytes.
    open: Option<(u32, u32, u32)>,
    targets: Vec<u8>,
    bytes: u64,
    blocks: u64,
    longest: usize,
}

impl<W: Write> Writer<W> {
    fn new(out: W) -> Self {
        let (block, targets) = (Vec::with_capacity(BLOCK_BYTES), Vec::new());
        Self { out, block, last_source: 0, open: None, targets, bytes: 0, blocks: 0, longest: 0 }
    }

    fn push(&mut self, source: u32, target: u32) -> io::Result<()> {
        if let Some((open, last, count)) = &mut self.open
            && *open == source
        {
            write_varint(&mut self.targets, u64::from(target - *last - 1));
            (*last, *count) = (target, *count + 1);
            return Ok(());
        }
        self.close_record()?;
        self.open = Some((source, target, 1));
        let difference = i64::from(target) - i64::from(source);
        write_varint(&mut self.targets, (difference << 1 ^ difference >> 63) as u64);
        Ok(())
    }

    fn close_record(&mut self) -> io::Result<()> {
        let Some((source, _, count)) = self.open.take() else { return Ok(()) };
        write_varint(&mut self.block, u64::from(source - self.last_source));
        write_varint(&mut self.block, count.into());
        self.block.append(&mut self.targets);
        self.last_source = source;
        if self.block.len() < BLOCK_BYTES { Ok(()) } else { self.close_block() }
    }

    fn close_block(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let length = u32::try_from(self.block.len()).map_err(io::Error::other)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&xxh3_64(&self.block).to_le_bytes())?;
        self.out.write_all(&self.block)?;
        self.bytes += (HEADER_BYTES + self.block.len()) as u64;
        self.blocks += 1;
        self.longest = self.longest.max(self.block.len());
        self.block.clear();
        self.last_source = 0;
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.close_record()?;
        self.close_block()?;
        self.out.flush()
    }
}

/// Reads a record behind one of `previous`; gives its source. None if it is none, or leaves the nodes.
fn read_record(rest: &mut &[u8], previous: u32, nodes: u32, targets: &mut Vec<u32>) -> Option<u32> {
    let source = previous.checked_add(u32::try_from(read_varint(rest)?).ok()?)?;
    let count = read_varint(rest)?;
    let first = read_varint(rest)?;
    let difference = (first >> 1) as i64 ^ -((first & 1) as i64);
    let mut target = u32::try_from(i64::from(source).checked_add(difference)?).ok()?;
    // Each further target takes a byte at least.
    if source >= nodes || count == 0 || count - 1 > rest.len() as u64 {
        return None;
    }
    targets.clear();
    targets.push(target);
    for _ in 1..count {
        let step = u32::try_from(read_varint(rest)?).ok()?;
        target = target.checked_add(step)?.checked_add(1)?;
        targets.push(target);
    }
    (target < nodes).then_some(source)
}

fn write_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;

    fn written(nodes: u32, edges: &[(u32, u32)]) -> (tempfile::TempDir, EdgeFile) {
        let folder = tempfile::tempdir().unwrap();
        let edges = edges.iter().map(|&edge| Ok::<_, Infallible>(edge));
        let file = EdgeFile::write(&folder.path().join("edges"), nodes, edges).unwrap();
        (folder, file)
    }

    fn read(file: &EdgeFile) -> Result<Vec<(u32, u32)>, StreamError> {
        let mut edges = Vec::new();
        file.replay(|source, targets| edges.extend(targets.iter().map(|&target| (source, target))))?;
        Ok(edges)
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(
            mut edges in prop::collection::vec((any::<u32>(), any::<u32>()), 0..200),
            near in prop::collection::vec((0_u32..5, 0_u32..50), 0..100),
        ) {
            edges.extend(near);
            edges.retain(|&(source, target)| source.max(target) < u32::MAX / 64);
            edges.sort_unstable();
            let (_folder, file) = written(u32::MAX / 64, &edges);
            edges.dedup();
            prop_assert_eq!(file.edges(), edges.len() as u64);
            prop_assert!(edges.iter().all(|&(source, _)| file.is_linking(source)));
            prop_assert_eq!(read(&file).unwrap(), edges);
        }

        #[test]
        fn any_bytes_are_records_or_not(bytes in prop::collection::vec(any::<u8>(), 0..60), nodes in 0_u32..300) {
            let (mut rest, mut targets, mut source) = (bytes.as_slice(), Vec::new(), 0);
            while let Some(next) = read_record(&mut rest, source, nodes, &mut targets) {
                prop_assert!(next < nodes && targets.iter().all(|&target| target < nodes));
                source = next;
            }
        }
    }

    #[test]
    fn a_file_of_many_blocks_is_read_and_then_removed() {
        let edges: Vec<_> = (0..200_000).flat_map(|source| [(source, source / 2), (source, 199_999)]).collect();
        let (_folder, file) = written(200_000, &edges);
        assert!(file.blocks > 2, "{}", file.blocks);
        let path = file.path.clone();
        assert_eq!(path.metadata().unwrap().len(), file.bytes());
        let mut expected = edges;
        expected.dedup();
        assert_eq!(read(&file).unwrap(), expected);
        drop(file);
        assert!(!path.try_exists().unwrap());
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let (_folder, file) = written(50, &[(0, 1), (0, 49), (7, 3), (49, 0)]);
        let good = std::fs::read(&file.path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            std::fs::write(&file.path, bad).unwrap();
            assert!(read(&file).is_err(), "byte {at}");
        }
        std::fs::write(&file.path, &good[..good.len() - 1]).unwrap();
        assert!(matches!(read(&file), Err(StreamError::Io { operation: "read", .. })));
    }

    #[test]
    fn edges_that_are_no_graph_leave_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edges");
        for edges in [[(1, 0), (0, 1)], [(0, 1), (0, 2)]] {
            let error = EdgeFile::write(&path, 2, edges.map(Ok::<_, Infallible>)).unwrap_err();
            assert!(matches!(error, EdgeFileError::Edges(_)));
            assert!(!path.try_exists().unwrap());
        }
    }
}
