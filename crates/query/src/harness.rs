//! What the fuzz target runs, so that its corpus can be replayed as an ordinary test.

use crate::Filter;
use crate::filter::MAX_DEPTH;

/// Reads `data` as a filter.
///
/// # Panics
/// If what comes out breaks a promise of this crate.
pub fn filter(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Filter::parse(&text) {
        Ok(None) => {}
        Ok(Some(filter)) => {
            let written = filter.to_string();
            let again = Filter::parse(&written).expect("a written filter can be read");
            assert_eq!(again.as_ref(), Some(&filter), "{written}");
            assert_eq!(again.map(|again| again.to_string()), Some(written));
            if let Some(before) = filter.admits_before_grouping() {
                assert!(!before.mentions(crate::Field::GroupCount), "{filter}");
            }
        }
        Err(error) => {
            assert!(error.path().len() <= MAX_DEPTH + 1, "{error}");
            // Nothing of the text is repeated, so a reason is never longer than its own words.
            assert!(!error.reason().is_empty() && error.reason().len() < 200, "{error}");
        }
    }
}
