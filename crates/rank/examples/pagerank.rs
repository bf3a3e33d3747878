//! Ranks a graph from a file of edges and prints what it took, one `name value` a line.
//!
//! ```text
//! cargo run --release -p rank --example pagerank -- EDGES NODES [power|gauss-seidel|streamed] [THREADS] [L1_BOUND] [RANKS]
//! ```
//!
//! EDGES holds pairs of little-endian `u32`, source and target, sorted; NODES is the number of nodes. To RANKS, if
//! given, goes one little-endian `f64` a node. `streamed` keeps the edges on disk, in the folder for temporary files.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::time::Instant;

use rank::{
    EdgeFile, Graph, Method, PageRankOptions, Ranks, memory_needed, page_rank, page_rank_streamed,
    streamed_memory_needed,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which file of edges?")?;
    let nodes: u32 = arguments.next().ok_or("how many nodes?")?.parse()?;
    let word = arguments.next();
    let method = match word.as_deref() {
        Some("power") => Method::Power,
        Some("gauss-seidel" | "streamed") | None => Method::GaussSeidel,
        Some(other) => return Err(format!("unknown method {other}").into()),
    };
    let mut options = PageRankOptions { method, max_iterations: 1000, ..PageRankOptions::default() };
    if let Some(threads) = arguments.next() {
        options.threads = threads.parse()?;
    }
    if let Some(bound) = arguments.next() {
        options.l1_bound = bound.parse()?;
    }

    println!("nodes {nodes}");
    println!("threads {}", options.threads);
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
    let edges = std::iter::from_fn(|| next_edge(&mut reader).transpose());
    let ranks = if word.as_deref() == Some("streamed") {
        on_disk(nodes, edges, options)?
    } else {
        in_memory(nodes, edges, options)?
    };
    println!("sweeps {}", ranks.iterations);
    println!("l1_error_bound {:.3e}", ranks.l1_error_bound);
    println!("converged {}", ranks.converged);
    println!("sum {:.15}", ranks.values.iter().sum::<f64>());
    if let Some(path) = arguments.next() {
        let mut writer = BufWriter::new(File::create(path)?);
        for value in &ranks.values {
            writer.write_all(&value.to_le_bytes())?;
        }
        writer.flush()?;
    }
    Ok(())
}

fn in_memory(
    nodes: u32,
    edges: impl Iterator<Item = io::Result<(u32, u32)>>,
    options: PageRankOptions,
) -> Result<Ranks, Box<dyn std::error::Error>> {
    let watch = Watch::start();
    let graph = Graph::from_sorted_edges(nodes, edges)?;
    watch.stop("load");
    let watch = Watch::start();
    let ranks = page_rank(&graph, options, &mut |_| {})?;
    watch.stop("rank");
    println!("edges {}", graph.edges());
    println!("graph_bytes {}", graph.memory_bytes());
    println!("memory_needed_bytes {}", memory_needed(u64::from(nodes), graph.edges()));
    Ok(ranks)
}

fn on_disk(
    nodes: u32,
    edges: impl Iterator<Item = io::Result<(u32, u32)>>,
    options: PageRankOptions,
) -> Result<Ranks, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let watch = Watch::start();
    let file = EdgeFile::write(&folder.path().join("edges"), nodes, edges)?;
    watch.stop("load");
    let watch = Watch::start();
    let ranks = page_rank_streamed(&file, options, &mut |_| {})?;
    watch.stop("rank");
    println!("edges {}", file.edges());
    println!("file_bytes {}", file.bytes());
    println!("memory_needed_bytes {}", streamed_memory_needed(u64::from(nodes)));
    Ok(ranks)
}

/// Measures time, and the CPU time of this thread where the system says it: all of it with one thread.
struct Watch {
    start: Instant,
    cpu_ns: Option<u64>,
}

impl Watch {
    fn start() -> Self {
        Self { start: Instant::now(), cpu_ns: cpu_ns() }
    }

    fn stop(self, what: &str) {
        println!("{what}_seconds {:.4}", self.start.elapsed().as_secs_f64());
        if let (Some(before), Some(after)) = (self.cpu_ns, cpu_ns()) {
            println!("{what}_cpu_seconds {:.4}", (after - before) as f64 * 1e-9);
        }
    }
}

fn cpu_ns() -> Option<u64> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    line.split(' ').next()?.parse().ok()
}

/// The next edge; None at the end of the file, an error inside an edge.
fn next_edge(reader: &mut impl Read) -> io::Result<Option<(u32, u32)>> {
    let mut bytes = [0; 8];
    let mut filled = 0;
    while filled < bytes.len() {
        match reader.read(&mut bytes[filled..])? {
            0 if filled == 0 => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    let (source, target) = bytes.split_at(4);
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte));
    Ok(Some((number(source), number(target))))
}
