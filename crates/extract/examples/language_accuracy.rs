//! Measures the language of texts that are labelled: `cargo run --release -p extract --example
//! language_accuracy -- FILE [BYTES]`. Each line of the file is a code of two letters, a tab and a sentence;
//! sentences of a language that follow each other are joined to texts of BYTES or more (a page has more
//! than a sentence). `bench/language/fetch.sh` gets such a file.
//!
//! Each text is read twice: with nothing declared, and with a wrong declaration (`en`, or `fr` for English), which the
//! text has to overrule; and once with the right one, which has to stand. Then every text is declared to be in each of a few
//! languages, and those of other languages where this stands are counted.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::time::Instant;

use extract::language;

#[derive(Default)]
struct Tally {
    texts: usize,
    /// Nothing declared: right, wrong, nothing said.
    alone: [usize; 3],
    /// A wrong declaration overruled rightly.
    corrected: usize,
    /// The right declaration kept.
    kept: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: language_accuracy FILE [BYTES]")?;
    let length = arguments.next().map_or(Ok(500), |bytes| bytes.parse())?;
    let bytes = fs::read(path)?;
    let file = String::from_utf8_lossy(&bytes);
    let texts = texts(&file, length);
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let start = Instant::now();
    for (label, text) in &texts {
        let tally = tallies.entry(label).or_default();
        let said = |declared: Option<&str>| language::decide(declared, text).map(|code| code.to_string());
        let wrong = if *label == "en" { "fr" } else { "en" };
        tally.texts += 1;
        let outcome = match said(None) {
            Some(code) if code == *label => 0,
            Some(_) => 1,
            None => 2,
        };
        if let Some(count) = tally.alone.get_mut(outcome) {
            *count += 1;
        }
        tally.corrected += usize::from(said(Some(wrong)).as_deref() == Some(label));
        tally.kept += usize::from(said(Some(label)).as_deref() == Some(label));
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{:>9} {:>6} {:>8} {:>8} {:>8} {:>10} {:>8}",
        "language", "texts", "right", "wrong", "silent", "corrected", "kept"
    );
    let mut all = Tally::default();
    for (label, tally) in &tallies {
        print(label, tally);
        all.texts += tally.texts;
        all.corrected += tally.corrected;
        all.kept += tally.kept;
        for (sum, count) in all.alone.iter_mut().zip(tally.alone) {
            *sum += count;
        }
    }
    print("all", &all);
    for declared in ["en", "de", "fr", "es", "it", "pt", "nl"] {
        let others = || texts.iter().filter(|(label, _)| *label != declared);
        let stands = |text: &str| language::decide(Some(declared), text).is_some_and(|code| code.as_str() == declared);
        let wrongly = others().filter(|(_, text)| stands(text)).count();
        println!("{declared} stands for {wrongly} of {} texts of other languages", others().count());
    }
    println!("{} languages, {:.0} µs a decision", tallies.len(), seconds * 1e6 / (3 * texts.len()).max(1) as f64);
    Ok(())
}

fn print(label: &str, tally: &Tally) {
    let share = |count: usize| 100.0 * count as f64 / tally.texts.max(1) as f64;
    let [right, wrong, silent] = tally.alone.map(share);
    let (corrected, kept) = (share(tally.corrected), share(tally.kept));
    println!("{label:>9} {:>6} {right:>8.1} {wrong:>8.1} {silent:>8.1} {corrected:>10.1} {kept:>8.1}", tally.texts);
}

/// Joins the sentences of a language to texts of at least `length` bytes.
fn texts(file: &str, length: usize) -> Vec<(&str, String)> {
    let mut texts: Vec<(&str, String)> = Vec::new();
    for (label, sentence) in file.lines().filter_map(|line| line.split_once('\t')) {
        match texts.last_mut() {
            Some((last, text)) if *last == label && text.len() < length => {
                text.push(' ');
                text.push_str(sentence);
            }
            _ => texts.push((label, sentence.to_owned())),
        }
    }
    texts
}
