//! Work on a question ends at its bounds.

use std::collections::BTreeMap;

use model::{Target, Visit};
use query::{BacklinksQuestion, Bounds, GroupField, LinkStatus, Mode, QueryError, SortKey};
use synthweb::Web;

use crate::questions::large_targets;
use crate::shared::{index_of, open};

#[test]
fn questions_end_at_the_bounds_of_rows_and_memory_and_when_they_are_called_off() {
    let visits: Vec<Visit> = Web::with_links(3, 36_000).visits(0).collect();
    let folder = tempfile::tempdir().unwrap();
    let index = open(&index_of(folder.path(), &[&visits], 2));
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    for link in visits.iter().flat_map(|visit| &visit.links) {
        *sizes.entry(link.key.host().registrable().to_owned()).or_default() += 1;
    }
    let (largest, size) = sizes.into_iter().max_by_key(|(_, size)| *size).unwrap();
    assert!(size > 4096, "{size}");
    let ready = BacklinksQuestion::new(Target::parse(&largest, true).unwrap());
    let scan = BacklinksQuestion { status: LinkStatus::All, ..ready.clone() };
    let custom = |field| Mode::Custom { field, value: 2 };
    let sorted = SortKey::parse_all(&["anchor,asc", "alt,asc"]).unwrap();
    let questions = [
        scan.clone(),
        BacklinksQuestion { filter: r#"["anchor","ilike","%e%"]"#.parse().ok(), ..scan.clone() },
        BacklinksQuestion { filter: r#"["links_count",">",0]"#.parse().ok(), ..scan.clone() },
        BacklinksQuestion { mode: Mode::OnePerAnchor, ..scan.clone() },
        BacklinksQuestion { mode: custom(GroupField::DomainFrom), ..scan.clone() },
        BacklinksQuestion { order: sorted.clone(), ..scan.clone() },
    ];
    let called_off = Bounds::none();
    called_off.call_off();
    for question in &questions {
        let within = |rows, bytes| index.backlinks_within(question, &Bounds::new(rows, bytes));
        let answer = index.backlinks(question).unwrap();
        assert_eq!(within(1 << 40, 1 << 40).unwrap(), answer, "wide bounds change nothing");
        assert!(matches!(within(1000, 1 << 40), Err(QueryError::TooManyRows)), "{question:?}");
        assert!(matches!(within(1 << 40, 1000), Err(QueryError::TooLarge { memory_bytes: 1000 })), "{question:?}");
        let refused = index.backlinks_within(question, &called_off);
        assert!(matches!(refused, Err(QueryError::CalledOff)), "{question:?}");
    }
    // Every step more takes from the rows.
    let fit =
        |question: &BacklinksQuestion, rows| index.backlinks_within(question, &Bounds::new(rows, 1 << 40)).is_ok();
    let needed = (0..60).map(|power| 1_u64 << power).find(|rows| fit(&scan, *rows)).unwrap();
    assert!(needed >= size && !fit(&BacklinksQuestion { order: sorted, ..scan }, needed));
    // A list that is kept ready needs nothing of all that.
    let from_list = index.backlinks_within(&ready, &Bounds::new(0, 0)).unwrap();
    assert_eq!(from_list, index.backlinks(&ready).unwrap());
}

#[test]
fn a_question_that_one_thread_answers_has_all_its_memory() {
    let (_folder, index, _) = large_targets();
    let target = Target::parse("github.io", true).unwrap();
    // Pages with links to several sites: their links would count twice in two parts.
    let question = BacklinksQuestion { mode: Mode::OnePerDomain, ..BacklinksQuestion::new(target) };
    let is_answered = |memory_bytes: u64, threads: usize| {
        let mut bounds = Bounds::new(u64::MAX, memory_bytes);
        (bounds.threads, bounds.rows_of_a_thread) = (threads, 10);
        index.backlinks_within(&question, &bounds).is_ok()
    };
    let enough = (0..40).map(|bits| 1 << bits).find(|bytes| is_answered(*bytes, 1)).unwrap();
    assert!(enough > 1 && is_answered(enough, 3), "{enough} bytes");
}
