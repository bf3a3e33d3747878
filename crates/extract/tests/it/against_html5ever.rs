//! Every page of the captures, against html5ever's tree. `EXTRACT_SHOW=1` prints what differs.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::LazyLock;
use std::thread;

use extract::{Extracted, Options, Response, extract};
use model::{Link, LinkKind, Timestamp, parse_url};

use crate::captures::{self, Capture};
use crate::oracle::{self, OraclePage};

/// Of so many links the texts are looked up.
const SAMPLES: usize = 5000;

type Key = (LinkKind, String, String, String);

/// What comparing pages found. Both tests read it, since parsing takes its time.
#[derive(Debug, Default, Clone)]
struct Findings {
    by_kind: BTreeMap<LinkKind, Tally>,
    in_noscript: Tally,
    cloned: Tally,
    sampled: usize,
    contiguous: usize,
    with_context: usize,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    links: usize,
    missing: usize,
    extra: usize,
}

static FINDINGS: LazyLock<Findings> = LazyLock::new(|| {
    let pages = captures::pages();
    let shares = pages.chunks(pages.len().div_ceil(2).max(1));
    thread::scope(|scope| {
        let workers: Vec<_> = shares.map(|share| scope.spawn(|| compare(share))).collect();
        let all = workers.into_iter().map(|worker| worker.join().unwrap());
        all.reduce(Findings::add).unwrap_or_default()
    })
});

#[test]
fn links_are_those_of_the_tree() {
    let findings = &*FINDINGS;
    let kinds = findings.by_kind.iter().map(|(kind, tally)| (kind.as_str(), tally));
    for (name, tally) in kinds.chain([("in noscript", &findings.in_noscript), ("cloned", &findings.cloned)]) {
        println!("{name}: {} links, {} missing, {} extra", tally.links, tally.missing, tally.extra);
        // At most 0.15 %.
        assert!(tally.missing * 2000 <= tally.links * 3, "{name}: {tally:?}");
        assert!(tally.extra * 2000 <= tally.links * 3, "{name}: {tally:?}");
    }
}

#[test]
fn texts_of_links_are_one_run_of_the_visible_text() {
    let Findings { sampled, contiguous, with_context, .. } = *FINDINGS;
    println!("{contiguous} of {sampled} sampled links contiguous, {with_context} with text before or after");
    assert!(contiguous * 100 >= sampled * 99, "{contiguous} of {sampled}");
}

fn compare(pages: &[Capture]) -> Findings {
    let mut findings = Findings::default();
    let read: Vec<Extracted> = pages.iter().map(read).collect();
    let links: usize = read.iter().map(|page| page.links.iter().filter(|link| is_anchor(link.kind)).count()).sum();
    // Each of two halves gives half of the samples.
    let step = (links / SAMPLES.div_ceil(2)).max(1);
    let mut number = 0;
    for (capture, extracted) in pages.iter().zip(&read) {
        let url = parse_url(&capture.url, None).unwrap();
        let oracle = oracle::read(&text_of(capture, extracted), &url);
        findings.compare_links(capture, extracted, &oracle);
        for link in extracted.links.iter().filter(|link| is_anchor(link.kind)) {
            number += 1;
            if number % step == 0 && findings.sampled < SAMPLES.div_ceil(2) {
                findings.look_up(capture, link, &oracle);
            }
        }
    }
    findings
}

impl Findings {
    fn compare_links(&mut self, capture: &Capture, extracted: &Extracted, oracle: &OraclePage) {
        let mut ours: HashMap<(bool, Key), usize> = HashMap::new();
        for link in &extracted.links {
            let key = key(link.kind, link.url_to.as_str(), link.rel.as_str(), link.anchor.as_deref());
            *ours.entry((link.in_noscript, key)).or_default() += 1;
        }
        for (to, link) in &oracle.links {
            let key = key(link.kind, to.as_str(), &link.rel, Some(&link.anchor));
            let tally = if link.is_cloned {
                &mut self.cloned
            } else if link.in_noscript {
                &mut self.in_noscript
            } else {
                self.by_kind.entry(link.kind).or_default()
            };
            tally.links += 1;
            match ours.get_mut(&(link.in_noscript, key.clone())) {
                Some(count) if *count > 0 => *count -= 1,
                _ => {
                    show("missing", capture, &key);
                    tally.missing += 1;
                }
            }
        }
        for ((in_noscript, key), count) in ours.into_iter().filter(|(_, count)| *count > 0) {
            show("extra", capture, &key);
            let tally = if in_noscript { &mut self.in_noscript } else { self.by_kind.entry(key.0).or_default() };
            tally.extra += count;
        }
    }

    fn look_up(&mut self, capture: &Capture, link: &Link, oracle: &OraclePage) {
        let text = if link.in_noscript { &oracle.noscript_text } else { &oracle.text };
        let parts: Vec<&str> =
            [&link.text_pre, &link.anchor, &link.text_post].into_iter().flatten().map(String::as_str).collect();
        self.sampled += 1;
        self.with_context += usize::from(link.text_pre.is_some() || link.text_post.is_some());
        // Whether white space stands between the parts is not stored.
        if joined(&parts).iter().any(|run| text.contains(run)) {
            self.contiguous += 1;
        } else {
            show("apart", capture, &parts);
        }
    }

    fn add(mut self, other: Self) -> Self {
        for (kind, tally) in other.by_kind {
            self.by_kind.entry(kind).or_default().add(tally);
        }
        self.in_noscript.add(other.in_noscript);
        self.cloned.add(other.cloned);
        self.sampled += other.sampled;
        self.contiguous += other.contiguous;
        self.with_context += other.with_context;
        self
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.links += other.links;
        self.missing += other.missing;
        self.extra += other.extra;
    }
}

fn show(what: &str, capture: &Capture, details: &dyn Debug) {
    if std::env::var_os("EXTRACT_SHOW").is_some() {
        println!("{what} {} {details:?}", capture.url);
    }
}

fn is_anchor(kind: LinkKind) -> bool {
    matches!(kind, LinkKind::Anchor | LinkKind::Image)
}

fn read(capture: &Capture) -> Extracted {
    let response = Response {
        url: &capture.url,
        status: 200,
        headers: &capture.headers,
        body: &capture.body,
        ip: None,
        fetched_at: Timestamp::from_seconds(0),
    };
    extract(&response, &Options::default()).unwrap()
}

/// The text of a page as `extract` decoded it.
fn text_of(capture: &Capture, extracted: &Extracted) -> String {
    let label = extracted.page.encoding.as_deref().unwrap();
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
    encoding.decode_with_bom_removal(&capture.body).0.into_owned()
}

fn key(kind: LinkKind, url: &str, rel: &str, anchor: Option<&str>) -> Key {
    (kind, url.to_owned(), rel.to_owned(), anchor.unwrap_or_default().chars().take(1000).collect())
}

/// The parts in a row, with and without a space at each joint.
fn joined(parts: &[&str]) -> Vec<String> {
    let Some((first, rest)) = parts.split_first() else { return vec![String::new()] };
    let mut runs = vec![(*first).to_owned()];
    for part in rest {
        runs = runs.iter().flat_map(|run| [format!("{run}{part}"), format!("{run} {part}")]).collect();
    }
    runs
}
