//! Questions that ask for ranks from some number up are answered from lists by rank, as a scan answers them.

use std::collections::{BTreeMap, BTreeSet};

use model::{Evidence, Host, HostKey, Link, LinkKind, Outcome, Page, Timestamp, Visit, parse_url};
use query::Index;
use serde_json::{Value, json};
use store::{BucketReader, RowRange, ScanBatch, ScanColumn, StoreError, TextBatch, TextColumn};

use crate::client::Client;
use crate::evaluator::Evaluator;
use crate::questions::{judge, large_targets};
use crate::shared::{index_of, open};

/// What is read of a row, by its number.
type Rows = BTreeMap<u32, (Vec<u32>, Option<Vec<u8>>)>;

const COLUMNS: [ScanColumn; 5] =
    [ScanColumn::LastSeen, ScanColumn::Page, ScanColumn::Tie, ScanColumn::Count, ScanColumn::Host];

/// Adds the rows of a batch that rank so high, and are asked for.
fn add(batch: &ScanBatch, lowest: u16, anchors: impl Fn(&[u32], &mut TextBatch), into: &mut Rows) {
    let mut marks: Vec<u8> = batch.rank.iter().map(|rank| u8::from(*rank >= lowest)).collect();
    batch.unmark_others(&mut marks);
    let places: Vec<u32> = (0..batch.rows() as u32).filter(|at| marks[*at as usize] == 1).collect();
    let mut texts = TextBatch::default();
    anchors(&places, &mut texts);
    for (number, place) in places.iter().enumerate() {
        let at = *place as usize;
        let mut values = vec![batch.flags[at].into(), batch.rank[at].into()];
        values.extend(batch.hop_labels.get(at).map(|labels| u32::from(*labels)));
        values.extend(COLUMNS.map(|column| batch.value(column, at)));
        let anchor = (!texts.is_null(number)).then(|| texts.text(number).to_vec());
        let known = into.insert(batch.row(*place), (values, anchor));
        assert!(known.is_none(), "row {} comes twice", batch.row(*place));
    }
}

/// Whether a list answered, after both ways gave the same rows.
fn is_listed(reader: &BucketReader, range: &RowRange, lowest: u16) -> bool {
    let (mut expected, mut found, mut is_listed) = (Rows::new(), Rows::new(), false);
    let of_rows = |batch: &ScanBatch, places: &[u32], texts: &mut TextBatch| {
        let rows = places.iter().map(|place| batch.row(*place));
        reader.text_batch(range.section, TextColumn::Anchor, rows, texts).unwrap();
    };
    let scanned = reader.scan::<StoreError>(range, |batch| {
        assert!(!batch.has_anchors());
        add(batch, lowest, |places, texts| of_rows(batch, places, texts), &mut expected);
        Ok(())
    });
    scanned.unwrap();
    let scanned = reader.scan_from_rank::<StoreError>(range, lowest, |batch| {
        is_listed |= batch.has_anchors();
        let anchors = |places: &[u32], texts: &mut TextBatch| {
            if batch.has_anchors() { batch.anchor_batch(places, texts) } else { of_rows(batch, places, texts) }
        };
        add(batch, lowest, anchors, &mut found);
        Ok(())
    });
    scanned.unwrap();
    assert_eq!(found, expected, "{range:?} from rank {lowest}");
    is_listed
}

/// Some of the ranks of rows, and the numbers behind them.
fn ranks_of(reader: &BucketReader, range: &RowRange) -> Vec<u16> {
    let mut ranks = BTreeSet::new();
    let scanned = reader.scan::<StoreError>(range, |batch| {
        ranks.extend(batch.rank.iter().flat_map(|rank| [*rank, rank + 1]));
        Ok(())
    });
    scanned.unwrap();
    let step = ranks.len().div_ceil(12).max(1);
    ranks.into_iter().step_by(step).collect()
}

/// Asks about every host and every domain, whose hosts are neighbours. The domains, with the rows that link
/// to them, and how often a list answered for a domain, and for a part of one.
fn check_lists(index: &Index) -> (Vec<(Host, usize)>, [usize; 2]) {
    let snapshot = index.snapshot();
    let (mut domains, mut listed) = (BTreeMap::new(), [0; 2]);
    for bucket in snapshot.buckets().all() {
        let reader = snapshot.bucket(bucket).unwrap();
        for host in reader.hosts().unwrap() {
            let domain = Host::parse(host.host.icann_registrable()).unwrap();
            let all = reader.rows(&HostKey::new(&domain).range_with_subdomains()).unwrap();
            for (own, all) in host.ranges.iter().zip(&all) {
                let count =
                    |range| ranks_of(reader, range).into_iter().filter(|rank| is_listed(reader, range, *rank)).count();
                if own != all {
                    listed[1] += count(own);
                }
                if !domains.contains_key(domain.as_str()) {
                    listed[0] += count(all);
                }
            }
            domains.insert(domain.as_str().to_owned(), all[0].rows.len());
        }
    }
    let mut domains: Vec<_> = domains.into_iter().map(|(name, rows)| (Host::parse(&name).unwrap(), rows)).collect();
    domains.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    (domains, listed)
}

/// Pages that link to one domain, and to each other so that their ranks are many: page N links to page N / 2.
fn tree(pages: usize) -> Vec<Visit> {
    let url = |text: String| parse_url(&text, None).unwrap();
    let page_url = |number: usize| url(format!("https://from-{}.org/{number}", number / 20));
    let visits = (0..pages).map(|number| {
        let page = Page::new(page_url(number), Timestamp::from_seconds(1_700_000_000), 200);
        let to = url(format!("https://{}big-target.com/{}", ["", "www.", "a.", "b."][number % 4], number % 9));
        let links = [to, page_url(number / 2)].map(|to| {
            let mut link = Link::new(to, LinkKind::Anchor);
            link.anchor = (number % 10 > 0).then(|| format!("anchor {}", number % 500));
            link
        });
        let evidence = Evidence { archive: "made.warc".into(), offset: number as u64, length: 1, digest: None };
        Visit::new(page, links.to_vec(), Outcome::Definite, evidence).unwrap()
    });
    visits.collect()
}

#[test]
fn lists_of_many_ranks_and_blocks_hold_what_a_scan_finds() {
    let visits = tree(20_000);
    let folder = tempfile::tempdir().unwrap();
    let index = open(&index_of(folder.path(), &[&visits], 1));
    let (domains, listed) = check_lists(&index);
    assert_eq!((domains[0].0.as_str(), domains[0].1), ("big-target.com", 20_000));
    assert!(listed[0] > 5 && listed[1] > 5, "{listed:?}");
}

#[test]
fn questions_with_bounds_of_rank_are_answered_as_a_scan_answers_them() {
    let (_folder, index, oracle) = large_targets();
    let (domains, listed) = check_lists(&index);
    assert!(listed[0] > 20 && listed[1] > 20, "{listed:?}");

    // The largest domains, in all the ways in which rows are admitted and collected.
    let client = Client::of(index);
    let evaluator = Evaluator::of(&oracle);
    let (mut rows, mut wrong) = (0, Vec::new());
    for (domain, _) in &domains[..4] {
        for lowest in [20, 60, 150] {
            for more in [
                json!({}),
                json!({"mode": "one_per_domain"}),
                json!({"mode": "one_per_anchor"}),
                json!({"rows": "per_link"}),
                json!({"include_subdomains": false}),
                json!({"backlinks_status_type": "all", "exclude_internal_backlinks": false}),
                json!({"include_indirect_links": false, "order_by": ["anchor,asc"]}),
                json!({"rank_scale": "one_hundred"}),
            ] {
                for condition in [
                    json!(["dofollow", "=", true]),
                    json!(["anchor", "ilike", "%ar%"]),
                    json!(["anchor", "regex", "^[a-m].*"]),
                    json!(["rank", "<", lowest * 2]),
                    json!(["page_from_title", "<>", null]),
                    json!(["links_count", ">", 1]),
                ] {
                    let filters = json!([["rank", ">", lowest], "and", condition]);
                    let mut task = json!({"target": domain.as_str(), "limit": 200, "filters": filters});
                    extend(&mut task, &more);
                    match judge(&client, &evaluator, &task) {
                        Ok(found) => rows += found,
                        Err(reason) => wrong.push(format!("{reason}\n{task}")),
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong answers\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows > 10_000, "{rows}");
}

fn extend(task: &mut Value, more: &Value) {
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
}
