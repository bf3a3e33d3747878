//! Ranks a graph from a file of edges and prints what it took, one `name value` a line.
//!
//! ```text
//! cargo run --release -p rank --example pagerank -- EDGES NODES [power|gauss-seidel] [THREADS] [L1_BOUND] [RANKS]
//! ```
//!
//! EDGES holds pairs of little-endian `u32`, source and target, sorted; NODES is the number of nodes. To RANKS, if
//! given, goes one little-endian `f64` a node.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::time::Instant;

use rank::{Graph, Method, PageRankOptions, memory_needed, page_rank};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which file of edges?")?;
    let nodes: u32 = arguments.next().ok_or("how many nodes?")?.parse()?;
    let method = match arguments.next().as_deref() {
        Some("power") => Method::Power,
        Some("gauss-seidel") | None => Method::GaussSeidel,
        Some(other) => return Err(format!("unknown method {other}").into()),
    };
    let mut options = PageRankOptions { method, max_iterations: 1000, ..PageRankOptions::default() };
    if let Some(threads) = arguments.next() {
        options.threads = threads.parse()?;
    }
    if let Some(bound) = arguments.next() {
        options.l1_bound = bound.parse()?;
    }

    let start = Instant::now();
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
    let graph = Graph::from_sorted_edges(nodes, std::iter::from_fn(|| next_edge(&mut reader).transpose()))?;
    println!("load_seconds {:.4}", start.elapsed().as_secs_f64());

    let start = Instant::now();
    let threads = options.threads;
    let ranks = page_rank(&graph, options, &mut |_| {})?;
    println!("rank_seconds {:.4}", start.elapsed().as_secs_f64());

    println!("threads {threads}");
    println!("nodes {}", graph.nodes());
    println!("edges {}", graph.edges());
    println!("graph_bytes {}", graph.memory_bytes());
    println!("memory_needed_bytes {}", memory_needed(u64::from(nodes), graph.edges()));
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
