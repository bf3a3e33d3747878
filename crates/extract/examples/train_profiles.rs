//! Writes the profiles of languages in Latin letters: `cargo run --release -p extract --example train_profiles --
//! FILE > crates/extract/src/latin_profiles.tsv`. Each line of the file is a code of two letters, a tab and a text;
//! `bench/language/fetch.sh` makes such a file of free texts.
//!
//! A line a language: its code, the mean weight that a trigram of its texts has in it, and its commonest trigrams, most
//! frequent first (those as frequent in alphabetical order).

#![expect(clippy::print_stdout, reason = "the profiles are printed")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;

use extract::trigrams::{trigrams, weight};

/// Trigrams of a profile.
const TRIGRAMS: usize = 400;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: train_profiles FILE")?;
    let bytes = fs::read(path)?;
    let file = String::from_utf8_lossy(&bytes);
    let mut counts: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
    for (code, text) in file.lines().filter_map(|line| line.split_once('\t')) {
        let counts = counts.entry(code).or_default();
        for trigram in trigrams(text) {
            *counts.entry(trigram).or_default() += 1;
        }
    }
    for (code, counts) in counts {
        let all: u64 = counts.values().sum();
        let mut ranked: Vec<(String, u64)> = counts.into_iter().collect();
        ranked.sort_by(|(left, left_count), (right, right_count)| right_count.cmp(left_count).then(left.cmp(right)));
        ranked.truncate(TRIGRAMS);
        let weights = ranked.iter().enumerate().map(|(rank, (_, count))| *count as f64 * f64::from(weight(rank)));
        let mean = weights.sum::<f64>() / all as f64;
        let names: Vec<&str> = ranked.iter().map(|(trigram, _)| trigram.as_str()).collect();
        println!("{code}\t{mean:.1}\t{}", names.join(" "));
    }
    Ok(())
}
