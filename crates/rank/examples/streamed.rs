//! Ranks a made-up graph with its edges on disk, and prints time and memory, one `name value` a line.
//!
//! ```text
//! cargo run --release -p rank --example streamed -- EDGES NODES [MEMORY_MIB] [check]
//! ```
//!
//! The graph is made as it is read: half of a page's links stay within 64 pages of it, as those of a site do, the others
//! go to pages of a steep popularity; two thirds of the nodes link, the others dangle. MEMORY_MIB (default 2048) decides
//! between memory and disk as a build does, but the graph goes to disk anyway; the file is in the folder for temporary
//! files. With `check` it is ranked in memory too, and the distance printed: then the peak is that of both.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::convert::Infallible;
use std::time::Instant;

use rank::{
    EdgeFile, Graph, PageRankOptions, memory_needed, page_rank, page_rank_streamed, plan, streamed_memory_needed,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let edges: u64 = arguments.next().ok_or("how many edges?")?.parse()?;
    let nodes: u32 = arguments.next().ok_or("how many nodes?")?.parse()?;
    let memory_mib: u64 = arguments.next().map_or(Ok(2048), |text| text.parse())?;
    let is_checked = arguments.next().is_some_and(|word| word == "check");

    println!("plan {:?}", plan(nodes.into(), edges, memory_mib << 20));
    println!("needed_in_memory_mib {}", memory_needed(nodes.into(), edges) >> 20);
    println!("needed_streamed_mib {}", streamed_memory_needed(nodes.into()) >> 20);
    let folder = tempfile::tempdir()?;
    let start = Instant::now();
    let file = EdgeFile::write(&folder.path().join("edges"), nodes, made_up(nodes, edges))?;
    println!("write_seconds {:.1}", start.elapsed().as_secs_f64());
    println!("nodes {}", file.nodes());
    println!("edges {}", file.edges());
    println!("file_mib {}", file.bytes() >> 20);
    println!("bytes_an_edge {:.2}", file.bytes() as f64 / file.edges() as f64);

    let start = Instant::now();
    let ranks = page_rank_streamed(&file, PageRankOptions::default(), &mut |_| {})?;
    println!("rank_seconds {:.1}", start.elapsed().as_secs_f64());
    println!("sweeps {}", ranks.iterations);
    println!("l1_error_bound {:.3e}", ranks.l1_error_bound);
    println!("dangling_mass {:.6}", ranks.dangling_mass);
    println!("peak_mib {}", peak_mib().unwrap_or(0));
    if is_checked {
        let graph = Graph::from_sorted_edges(nodes, made_up(nodes, edges))?;
        let in_memory = page_rank(&graph, PageRankOptions::default(), &mut |_| {})?;
        let apart: f64 = ranks.values.iter().zip(&in_memory.values).map(|(left, right)| (left - right).abs()).sum();
        println!("l1_to_memory {apart:.3e}");
    }
    Ok(())
}

/// About `edges` links between `nodes` nodes, sorted.
fn made_up(nodes: u32, edges: u64) -> impl Iterator<Item = Result<(u32, u32), Infallible>> {
    let linking = (u64::from(nodes) * 2 / 3).max(1);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    let mut links = Vec::new();
    (0..nodes)
        .filter(|node| node % 3 != 2)
        .flat_map(move |source| {
            links.clear();
            // Between none and twice the mean.
            let count = random() % (2 * edges / linking + 1);
            for _ in 0..count {
                let place = random();
                let target = if place & 1 == 0 {
                    u64::from(source) / 64 * 64 + place % 128 / 2
                } else {
                    let unit = (place >> 11) as f64 / (1_u64 << 53) as f64;
                    (unit.powi(4) * f64::from(nodes)) as u64
                };
                links.push((source, target.min(u64::from(nodes) - 1) as u32));
            }
            links.sort_unstable();
            links.dedup();
            links.clone()
        })
        .map(Ok)
}

/// The most memory that this program had at once, where the system says it.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? / 1024)
}
