//! The history of every link of the captures, one crawl a file, against one computed from html5ever's tree.

use crate::captures_oracle::{check_orders, read_folder};
use crate::shared::shared_data;

/// Differences in links that a tree builder clones or that stand in `noscript` are told apart, and must stay
/// below this share: the extractor builds no tree.
const APART_PER_MILLE: usize = 2;

#[test]
fn the_history_of_every_link_is_that_of_the_trees() {
    let Some(folder) = shared_data("captures") else { return };
    let files = read_folder(&folder);
    assert!(!files.is_empty(), "{} has no archives", folder.display());
    let findings = check_orders(&files);
    assert!(findings.rows > 0 && findings.differences.is_empty(), "{:?}", findings.differences.first());
    let apart = findings.differences_apart.len();
    assert!(apart * 1000 <= findings.rows_apart * APART_PER_MILLE, "{:?}", findings.differences_apart.first());
}
