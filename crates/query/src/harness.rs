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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_corpus_of_the_fuzz_target_passes() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/filter");
        let (mut read, mut refused) = (0, 0);
        for entry in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            filter(&bytes);
            let is_read = Filter::parse(&String::from_utf8_lossy(&bytes)).is_ok();
            (read, refused) = (read + u32::from(is_read), refused + u32::from(!is_read));
        }
        assert!(read >= 20 && refused >= 8, "{read} read, {refused} refused");
    }

    /// Pieces of filters, so that many texts are filters or nearly so.
    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "[",
            "[",
            "]",
            "]",
            ",",
            "\"and\"",
            "\"or\"",
            "null",
            "[\"rank\",\">\",\"1e2\"]",
            "[\"dofollow\",\"=\",true]",
            "[\"anchor\",\"regex\",\"(?i)a{2}\"]",
            "[\"anchor\",\"match\",\"the guide\"]",
            "[\"group_count\",\"in\",[1,2.5]]",
            "[\"attributes\",\"has_not\",\"ugc\"]",
            "[\"last_seen\",\"<=\",\"2021-01-29\"]",
            "\"rank\"",
            "\"like\"",
        ])
    }

    /// A filter of good conditions, with brackets and connectors of every kind.
    fn expression() -> impl Strategy<Value = String> {
        let condition = piece().prop_filter("a condition", |piece| piece.len() > 8);
        condition.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
            let connector = prop::sample::select(vec!["and", "or", "AND", "oR"]);
            let rest = prop::collection::vec((connector, inner.clone()), 0..4);
            (inner, rest).prop_map(|(first, rest)| {
                let mut parts = vec![first];
                parts.extend(rest.into_iter().flat_map(|(word, next)| [format!("\"{word}\""), next]));
                format!("[{}]", parts.join(","))
            })
        })
    }

    proptest! {
        #[test]
        fn any_pieces_are_read_or_refused(pieces in prop::collection::vec(piece(), 0..16)) {
            filter(pieces.concat().as_bytes());
        }

        #[test]
        fn any_expression_is_written_and_read_again(text in expression()) {
            prop_assert!(Filter::parse(&text).is_ok(), "{}", text);
            filter(text.as_bytes());
        }
    }
}
