//! The first command that a stranger tries, and what the README says of it.

use crate::program::backlinks;

const README: &str = include_str!("../../../../README.md");

/// What a line tells besides address and key, which differ from run to run.
fn told(line: &str) -> Option<&str> {
    let is_count = line.starts_with("crawl step-") || line.starts_with("snapshot 0");
    let target = || line.split_once("[{\"target\":").map(|(_, rest)| rest.split("}]").next().unwrap());
    if is_count { Some(line) } else { target() }
}

#[test]
fn the_demo_makes_the_web_that_the_readme_shows() {
    let output = backlinks(&["demo", "--no-serve", "--listen", "127.0.0.1:0"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = [output.stderr, output.stdout].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    let seen: Vec<&str> = text.lines().filter_map(told).collect();
    assert_eq!(seen.len(), 4, "{text}");
    let shown: Vec<&str> = README.lines().filter_map(told).collect();
    assert!(shown.starts_with(&seen), "the demo says {seen:#?}, the README {shown:#?}");
}
