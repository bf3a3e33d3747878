//! Answers equal a brute-force scan: rows, order, counts, every field.

use std::collections::{BTreeMap, BTreeSet};

use model::{Host, Target, Visit};
use query::{Backlink, BacklinksQuestion, Index, LinkStatus};
use synthweb::{Web, WebOptions};

use crate::oracle::{Answered, Oracle, Question, host_of};
use crate::shared::{captures, index_of, open};

const STATUSES: [(LinkStatus, bool, bool); 3] =
    [(LinkStatus::Live, true, false), (LinkStatus::Lost, false, true), (LinkStatus::All, true, true)];

/// Asks for everything in pages of `limit` and compares with the oracle.
fn check(index: &Index, oracle: &Oracle, question: &Question, status: LinkStatus, limit: u32) -> usize {
    let expected = oracle.answer(question);
    let mut asked = BacklinksQuestion::new(question.target.clone());
    asked.status = status;
    asked.exclude_internal = question.exclude_internal;
    asked.include_indirect = question.include_indirect;
    asked.limit = limit;
    let mut found = Vec::new();
    loop {
        asked.offset = found.len() as u32;
        let answer = index.backlinks(&asked).unwrap();
        assert_eq!(answer.total_count, expected.len() as u64, "{question:?}");
        if answer.rows.is_empty() {
            break;
        }
        assert!(answer.rows.len() <= limit as usize);
        found.extend(answer.rows);
    }
    assert_eq!(found.len(), expected.len(), "{question:?}");
    for (row, expected) in found.iter().zip(&expected) {
        compare(row, expected, oracle, question);
    }
    found.len()
}

fn compare(found: &Backlink, expected: &Answered, oracle: &Oracle, question: &Question) {
    let row = &expected.row;
    let page = &oracle.pages[&row.from];
    let place = format!("{question:?}: {} → {}", row.from, row.to);
    assert_eq!((&found.url_from, &found.url_to), (&row.from, &row.to), "{place}");
    assert_eq!((found.rank.get(), found.links_count), (row.rank, expected.links), "{place}");
    assert_eq!(found.page_from_rank.get(), oracle.page_rank[&row.from], "{place}");
    assert_eq!(found.domain_from_rank.get(), oracle.domain_rank[host_of(&row.from).registrable()], "{place}");
    assert_eq!(found.domain_from, host_of(&row.from).as_str());
    assert_eq!(found.domain_to, host_of(&row.to).as_str());
    assert_eq!(found.tld_from.as_deref(), host_of(&row.from).tld());
    assert_eq!(found.domain_from_is_ip, host_of(&row.from).is_ip());
    assert_eq!(found.domain_from_ip, page.ip);
    assert_eq!(found.page_from_title, page.title, "{place}");
    assert_eq!(found.page_from_status_code, Some(page.status), "{place}");
    assert_eq!(found.page_from_size, page.size_bytes);
    assert_eq!(found.page_from_encoding, page.encoding.clone().or(page.encoding_declared.clone()));
    assert_eq!(found.page_from_external_links, page.external_links);
    assert_eq!(found.page_from_internal_links, page.internal_links);
    let life = &row.life;
    assert_eq!(
        (found.first_seen, found.prev_seen, found.last_seen, found.lost_at, found.is_lost, found.original),
        (life.first_seen, life.prev_seen, life.last_seen, life.lost_at, life.is_lost(), life.original),
        "{place}"
    );
    let lost_reason = found.lost_reason.map(model::LostReason::as_str);
    assert_eq!((found.new_reason.as_str(), lost_reason), row.reasons, "{place}");
    let link = &row.link;
    assert_eq!((found.item_type, found.dofollow), (link.kind, link.dofollow), "{place}");
    assert_eq!(found.attributes.clone().unwrap_or_default().join(" "), link.rel.as_str(), "{place}");
    assert_eq!((&found.anchor, &found.alt, &found.image_url), (&link.anchor, &link.alt, &link.image_url), "{place}");
    assert_eq!((&found.text_pre, &found.text_post), (&link.text_pre, &link.text_post), "{place}");
    assert_eq!(found.semantic_location, link.location, "{place}");
    let status = oracle.last_status.get(&row.to).copied();
    assert_eq!(found.url_to_status_code, status, "{place}");
    assert_eq!(found.is_broken, status.is_some_and(|status| (400..600).contains(&status)), "{place}");
    let redirect = oracle.pages.get(&row.to).and_then(|page| page.redirect.as_ref());
    assert_eq!(found.url_to_redirect_target, redirect.map(|redirect| redirect.to.to_string()), "{place}");
    let path: Vec<_> = found.indirect_link_path.iter().flatten().map(|hop| (hop.status, hop.url.clone())).collect();
    let expected_path: Vec<_> = row.path.iter().map(|(_, status, url)| (*status, url.clone())).collect();
    assert_eq!((path, found.is_indirect_link), (expected_path, !row.path.is_empty()), "{place}");
    assert_eq!(found.evidence, row.evidence, "{place}");
}

/// Targets of every kind that the visits link to: domains, hosts, subdomain levels, pages.
fn targets(oracle: &Oracle) -> Vec<Target> {
    let mut texts: BTreeSet<(String, bool)> = BTreeSet::new();
    for row in &oracle.rows {
        let host = host_of(&row.to);
        texts.insert((host.registrable().to_owned(), true));
        texts.insert((host.as_str().to_owned(), false));
        texts.insert((host.as_str().to_owned(), true));
        if let Some((_, parent)) = host.as_str().split_once('.').filter(|_| !host.is_ip()) {
            texts.insert((parent.to_owned(), true));
        }
        texts.insert((row.to.clone(), true));
    }
    texts.into_iter().filter_map(|(text, below)| Target::parse(&text, below).ok()).collect()
}

fn web(pages: u64) -> Vec<Vec<Visit>> {
    let web = Web::new(WebOptions::new(7, pages));
    (0..3).map(|step| web.visits(step).collect()).collect()
}

#[test]
fn every_answer_about_a_synthetic_web_equals_a_scan_of_its_visits() {
    let crawls = web(250);
    let slices: Vec<&[Visit]> = crawls.iter().map(Vec::as_slice).collect();
    let folder = tempfile::tempdir().unwrap();
    let index = open(&index_of(folder.path(), &slices, 3));
    let oracle = Oracle::of(&crawls.concat());
    let (mut questions, mut rows) = (0, 0);
    for (number, target) in targets(&oracle).into_iter().enumerate() {
        for (at, (status, live, lost)) in STATUSES.into_iter().enumerate() {
            // The other two settings take turns, so that every pair is met.
            let (exclude_internal, include_indirect) = ((number + at) % 2 == 0, (number / 2 + at) % 3 != 0);
            let question = Question { target: target.clone(), live, lost, exclude_internal, include_indirect };
            rows += check(&index, &oracle, &question, status, [1000, 7, 1][number % 3]);
            questions += 1;
        }
    }
    println!("{questions} questions, {rows} rows");
    assert!(rows > 10_000, "{rows}");
    assert!(oracle.rows.iter().any(|row| row.path.len() > 1), "the web has long chains");
    assert!(oracle.rows.iter().any(|row| row.life.is_lost()), "the web loses links");
}

#[test]
fn lists_that_are_kept_ready_equal_a_scan() {
    let web = Web::with_links(3, 30_000);
    let visits: Vec<Visit> = web.visits(0).collect();
    let folder = tempfile::tempdir().unwrap();
    let index = open(&index_of(folder.path(), &[&visits], 2));
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for visit in &visits {
        for link in &visit.links {
            *sizes.entry(link.key.host().registrable().to_owned()).or_default() += 1;
        }
    }
    let oracle = Oracle::of(&visits);
    let large: Vec<&String> =
        sizes.iter().filter(|(_, size)| **size as u64 > query::LARGE).map(|(name, _)| name).collect();
    assert!(!large.is_empty(), "the web has large targets");
    for name in large {
        for below in [true, false] {
            let question = Question {
                target: Target::Host { host: Host::parse(name).unwrap(), include_subdomains: below },
                live: true,
                lost: false,
                exclude_internal: true,
                include_indirect: true,
            };
            check(&index, &oracle, &question, LinkStatus::Live, 700);
        }
    }
}

#[test]
fn building_crawl_by_crawl_gives_what_building_at_once_gives() {
    let crawls = web(120);
    let (at_once, by_steps) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let slices: Vec<&[Visit]> = crawls.iter().map(Vec::as_slice).collect();
    let whole = open(&index_of(at_once.path(), &slices, 2));
    let data = index_of(by_steps.path(), &slices[..1], 2);
    let before = open(&data);
    for (number, crawl) in slices.iter().enumerate().skip(1) {
        crate::shared::add_crawl(&data, &format!("crawl-{number}"), crawl);
        let progress = openbacklinks::terminal::Progress::new(true);
        openbacklinks::pipeline::build(&data, crate::shared::OPTIONS, model::Timestamp::from_seconds(0), &progress)
            .unwrap();
    }
    assert_eq!(before.snapshot().id().0, 1, "whoever holds a snapshot keeps it");
    assert_eq!(before.refresh().unwrap().map(|id| id.0), Some(3));
    let oracle = Oracle::of(&crawls.concat());
    for target in targets(&oracle) {
        let question = BacklinksQuestion::new(target);
        let (left, right) = (whole.backlinks(&question).unwrap(), before.backlinks(&question).unwrap());
        assert_eq!((left.total_count, left.rows), (right.total_count, right.rows), "{question:?}");
    }
}

#[test]
fn every_row_for_twenty_targets_of_real_captures_equals_a_scan() {
    let Some(visits) = captures() else { return };
    let folder = tempfile::tempdir().unwrap();
    let index = open(&index_of(folder.path(), &[&visits], 4));
    let oracle = Oracle::of(&visits);
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for row in &oracle.rows {
        *sizes.entry(host_of(&row.to).registrable().to_owned()).or_default() += 1;
    }
    let mut by_size: Vec<(usize, String)> = sizes.into_iter().map(|(name, size)| (size, name)).collect();
    by_size.sort();
    by_size.reverse();
    let (mut rows, mut targets) = (0, 0);
    for (_, name) in by_size.iter().take(14).chain(by_size.iter().skip(100).step_by(40).take(6)) {
        let Ok(target) = Target::parse(name, true) else { continue };
        for (status, live, lost) in STATUSES {
            let question =
                Question { target: target.clone(), live, lost, exclude_internal: true, include_indirect: true };
            rows += check(&index, &oracle, &question, status, 1000);
        }
        targets += 1;
    }
    println!("{targets} targets of captures, {rows} rows over three states");
    assert_eq!(targets, 20);
    assert!(rows > 1000, "{rows}");
}
