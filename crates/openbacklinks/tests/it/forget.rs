//! What is forgotten is gone, everywhere, and stays away; all else is as if it had never been there.

use std::collections::BTreeMap;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};

use model::{BucketCount, SnapshotId, Target, Timestamp, Visit};
use openbacklinks::pipeline::build;
use openbacklinks::served::Served;
use openbacklinks::terminal::Progress;
use query::BacklinksQuestion;
use serde_json::{Value, json};
use server::Backlinks;
use store::{CrawlManifest, DataDir, FileEntry, Snapshot};
use synthweb::{Web, WebOptions};

use crate::events::growing;
use crate::lives;
use crate::program::{backlinks, json, write_archive};
use crate::shared::{OPTIONS, add_crawl, files, index_of, open};

/// Whether a URL is of a host, or of one below it.
fn is_of(url: &str, host: &str, exact: bool) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let own = rest.split(['/', '?', ':', '#']).next().unwrap_or_default();
    if exact { own == host || own == format!("www.{host}") } else { own == host || own.ends_with(&format!(".{host}")) }
}

/// Visits without a host, by the letter of what `forget` promises.
fn without(visits: &[Visit], host: &str, exact: bool) -> Vec<Visit> {
    let mut kept = Vec::new();
    for visit in visits {
        if is_of(visit.page.url.as_str(), host, exact) {
            continue;
        }
        let mut visit = visit.clone();
        visit.links.retain(|stored| !is_of(stored.link.url_to.as_str(), host, exact));
        for stored in &mut visit.links {
            stored.link.image_url = stored.link.image_url.take().filter(|url| !is_of(url, host, exact));
        }
        visit.page.redirect = visit.page.redirect.filter(|redirect| !is_of(redirect.to.as_str(), host, exact));
        visit.page.canonical = visit.page.canonical.filter(|url| !is_of(url.as_str(), host, exact));
        kept.push(visit);
    }
    kept
}

/// The files of the served snapshot.
pub(crate) fn tables(data: &DataDir) -> Vec<FileEntry> {
    let snapshot = Snapshot::open(data, data.current().unwrap().unwrap(), 0).unwrap();
    let mut files = snapshot.manifest().files.clone();
    files.sort_by(|left, right| left.name.cmp(&right.name));
    files
}

fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in files(folder) {
        if path.is_dir() { all_files(&path, found) } else { found.push(path) }
    }
}

/// Where a host is still named: in files as they are, and in all that block files decode to.
pub(crate) fn traces(data: &DataDir, host: &str) -> Vec<String> {
    let mut labels: Vec<&str> = host.split('.').rev().collect();
    labels.push("");
    let key = labels.join("\u{1}");
    let names_it = |bytes: &[u8]| {
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        has(host.as_bytes()) || has(key.as_bytes())
    };
    let mut found = Vec::new();
    let mut paths = Vec::new();
    all_files(data.root(), &mut paths);
    for path in paths {
        let is_allowed = path.ends_with("forgotten.json") || path.starts_with(data.root().join("usage"));
        if !is_allowed && names_it(&fs::read(&path).unwrap()) {
            found.push(path.display().to_string());
        }
    }
    let mut decoded = 0;
    let mut look = |folder: &Path, entries: &[FileEntry]| {
        for entry in entries {
            let each = |bytes: &[u8]| {
                decoded += 1;
                if names_it(bytes) {
                    found.push(format!("{} {}", folder.display(), entry.name));
                }
            };
            store::harness::parts(folder, entry, each).unwrap();
        }
    };
    for crawl in data.crawls().unwrap() {
        look(&data.crawl(&crawl), &CrawlManifest::read(data, &crawl).unwrap().files);
    }
    for snapshot in data.snapshots().unwrap() {
        look(&data.snapshot(snapshot), &Snapshot::open(data, snapshot, 0).unwrap().manifest().files);
    }
    assert!(decoded > 50, "{decoded}");
    found
}

/// The domain of the most pages and links.
pub(crate) fn busiest(crawls: &[Vec<Visit>]) -> String {
    let mut sizes = BTreeMap::<String, usize>::new();
    for visit in crawls.iter().flatten() {
        for key in iter::once(&visit.key).chain(visit.links.iter().map(|link| &link.key)) {
            *sizes.entry(key.host().registrable().to_owned()).or_default() += 1;
        }
    }
    sizes.into_iter().max_by_key(|(_, size)| *size).unwrap().0
}

pub(crate) fn forget(data: &DataDir, arguments: &[&str]) -> Value {
    let root = data.root().to_str().unwrap();
    json(&backlinks(&[&["forget", "--yes", "--json", "--data", root], arguments].concat()))
}

#[test]
fn no_byte_of_a_host_remains_and_all_else_is_as_if_it_had_never_been() {
    let web = Web::new(WebOptions { steps: 3, ..WebOptions::new(21, 500) });
    let crawls: Vec<Vec<Visit>> = (0..3).map(|step| web.visits(step).collect()).collect();
    let host = busiest(&crawls);
    let folder = tempfile::tempdir().unwrap();
    let data = growing(folder.path(), &crawls);
    assert!(traces(&data, &host).len() > 20);
    let report = forget(&data, &[&host]);
    let links_in = |visits: &[Visit]| visits.iter().map(|visit| visit.links.len()).sum::<usize>();
    let all = crawls.concat();
    let gone: Vec<Visit> = all.iter().filter(|visit| is_of(visit.page.url.as_str(), &host, false)).cloned().collect();
    let kept = without(&all, &host, false);
    assert_eq!(report["visits"], gone.len());
    assert_eq!(report["links"], links_in(&all) - links_in(&gone) - links_in(&kept));
    assert_eq!(report["crawls"], json!(["crawl-0", "crawl-1", "crawl-2"]));
    assert_eq!((&report["snapshot"], &report["removed_snapshots"]), (&json!(4), &json!([1, 2, 3])));
    println!("{host}: {report}");
    assert_eq!(traces(&data, &host), [""; 0]);
    assert!(store::verify(&data, |_, _| ()).unwrap().problems.is_empty());

    let other = tempfile::tempdir().unwrap();
    let filtered: Vec<Vec<Visit>> = crawls.iter().map(|visits| without(visits, &host, false)).collect();
    let slices: Vec<&[Visit]> = filtered.iter().map(Vec::as_slice).collect();
    let never_saw = index_of(other.path(), &slices, data.buckets().get());
    assert!(tables(&data) == tables(&never_saw));
    for crawl in data.crawls().unwrap() {
        let (found, expected) =
            (CrawlManifest::read(&data, &crawl).unwrap(), CrawlManifest::read(&never_saw, &crawl).unwrap());
        assert_eq!((found.visits, found.links, found.fetched), (expected.visits, expected.links, expected.fetched));
        assert!(found.files.iter().all(|file| file.name.ends_with(".2.blk")), "{:?}", found.files);
    }
    // Nothing is left to do: no snapshot is made.
    let again = forget(&data, &[&host]);
    assert_eq!(
        (&again["visits"], &again["snapshot"], &again["removed_snapshots"]),
        (&json!(0), &json!(null), &json!([]))
    );
}

#[test]
fn a_host_alone_is_forgotten_and_those_below_it_stay() {
    let hosts = [("a.com", true), ("b.org", false), ("10.1.2.3", false), ("www.d.co.uk", true), ("c.net", false)];
    for (seed, (host, exact)) in hosts.into_iter().enumerate() {
        let crawls = lives::crawls(seed as u64, 3);
        let folder = tempfile::tempdir().unwrap();
        let data = growing(folder.path(), &crawls);
        let arguments = if exact { vec![host, "--exact"] } else { vec![host] };
        let report = forget(&data, &arguments);
        let name = host.trim_start_matches("www.");
        assert_eq!(report["hosts"], json!([name]));
        let other = tempfile::tempdir().unwrap();
        let filtered: Vec<Vec<Visit>> = crawls.iter().map(|visits| without(visits, name, exact)).collect();
        assert!(filtered.concat().len() < crawls.concat().len());
        let slices: Vec<&[Visit]> = filtered.iter().map(Vec::as_slice).collect();
        assert!(tables(&data) == tables(&index_of(other.path(), &slices, 3)), "seed {seed} {host} {exact}");
    }
}

#[test]
fn what_is_forgotten_is_not_ingested_again() {
    let folder = tempfile::tempdir().unwrap();
    let web = Web::new(WebOptions::new(4, 200));
    let visits: Vec<Visit> = web.visits(0).collect();
    let host = visits[0].key.host().registrable().to_owned();
    let (archive, root) = (folder.path().join("a.warc.gz"), folder.path().join("index"));
    write_archive(&web, 0, &archive);
    let data = DataDir::open_or_create(&root, BucketCount::new(2).unwrap()).unwrap();
    let report = forget(&data, &[&host]);
    assert_eq!((&report["visits"], &report["snapshot"]), (&json!(0), &json!(null)), "nothing is there yet");
    let root = root.to_str().unwrap();
    let ingested = json(&backlinks(&["ingest", "--data", root, "--crawl", "x", "--json", archive.to_str().unwrap()]));
    let kept = without(&visits, &host, false);
    assert_eq!(ingested["visits"], kept.len());
    assert_eq!(ingested["links"], kept.iter().map(|visit| visit.links.len()).sum::<usize>());
    let input = &ingested["inputs"][0];
    assert_eq!(input["skips"]["forgotten_host"]["count"], visits.len() - kept.len());
    assert!(input["tolerated"]["links_to_forgotten_host"].as_u64().unwrap() > 0, "{input}");
    assert_eq!(backlinks(&["build", "--data", root]).status.code(), Some(0));
    let manifest = CrawlManifest::read(&data, &"x".parse().unwrap()).unwrap();
    let mut found = 0;
    for entry in &manifest.files {
        let each = |bytes: &[u8]| found += bytes.windows(host.len()).filter(|part| *part == host.as_bytes()).count();
        store::harness::parts(&data.crawl(&"x".parse().unwrap()), entry, each).unwrap();
    }
    assert_eq!(found, 0);
}

#[test]
fn a_forgetting_that_was_killed_leaves_crawls_that_can_be_read_and_goes_on() {
    let crawls = lives::crawls(9, 2);
    let slices: Vec<&[Visit]> = crawls.iter().map(Vec::as_slice).collect();
    let folder = tempfile::tempdir().unwrap();
    let data = index_of(folder.path(), &slices, 3);
    let crawl = data.crawl(&"crawl-0".parse().unwrap());
    let names = || -> Vec<String> {
        files(&crawl).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let whole = names();
    // Killed while a file is written anew, and while the manifest is.
    fs::write(crawl.join("visits-0002.2.blk"), b"half").unwrap();
    fs::write(crawl.join("manifest.json.tmp"), b"{").unwrap();
    assert!(store::verify(&data, |_, _| ()).unwrap().problems.is_empty());
    drop(data.lock().unwrap());
    assert_eq!(names(), whole, "the next writer removes what has no name");
    // Killed before old files are removed.
    let old: Vec<(PathBuf, Vec<u8>)> = files(&crawl)
        .iter()
        .filter(|path| path.extension().unwrap() == "blk")
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    store::forget(&data, &[Target::parse("a.com", true).unwrap()], Timestamp::from_seconds(7), 2).unwrap();
    let rewritten = names();
    assert!(rewritten.contains(&"visits-0002.2.blk".to_owned()), "{rewritten:?}");
    old.iter()
        .filter(|(path, _)| !path.try_exists().unwrap())
        .for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    assert!(store::verify(&data, |_, _| ()).unwrap().problems.is_empty());
    drop(data.lock().unwrap());
    assert_eq!(names(), rewritten);
    // Killed before the build: the snapshot still holds it, and the same command goes on.
    assert_eq!(store::snapshots_to_forget(&data).unwrap(), [SnapshotId(1)]);
    let report = forget(&data, &["a.com"]);
    assert_eq!(
        (&report["files"], &report["snapshot"], &report["removed_snapshots"]),
        (&json!(0), &json!(2), &json!([1]))
    );
    assert_eq!(traces(&data, "shop.a.com"), [""; 0]);
    // Written down, and killed at once.
    let other = tempfile::tempdir().unwrap();
    let late = index_of(other.path(), &slices, 3);
    fs::copy(folder.path().join("forgotten.json"), other.path().join("forgotten.json")).unwrap();
    forget(&late, &["c.net"]);
    assert_eq!(traces(&late, "shop.a.com"), [""; 0], "what was begun before is ended too");
}

#[test]
fn a_forgetting_is_confirmed_listed_and_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let crawls = lives::crawls(2, 1);
    let data = index_of(folder.path(), &[&crawls[0]], 2);
    let root = data.root().to_str().unwrap();
    let run = |arguments: &[&str]| backlinks(&[&["forget"], arguments, &["--data", root]].concat());
    let list = || {
        let output = run(&["list"]);
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let refused = run(&["a.com"]);
    assert_eq!(refused.status.code(), Some(2), "nobody confirms");
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--yes"));
    for wrong in ["co.uk", "com", "github.io", "https://a.com/", "a b", "kawasaki.jp"] {
        assert_eq!(run(&["--yes", wrong]).status.code(), Some(2), "{wrong}");
    }
    assert_eq!(run(&["--yes"]).status.code(), Some(2), "no host");
    assert_eq!(list(), "", "nothing was written down");
    assert!(run(&["--yes", "github.io", "--exact"]).status.success());
    let told = String::from_utf8(run(&["--yes", "www.e.de", "b.org"]).stdout).unwrap();
    assert!(told.starts_with("e.de and everything below it is kept out from now on\nb.org and"), "{told}");
    run(&["--yes", "e.de"]);
    let listed = json(&backlinks(&["forget", "list", "--data", root, "--json"]));
    let hosts: Vec<(&str, bool)> = listed["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| (host["host"].as_str().unwrap(), host["exact"].as_bool().unwrap()))
        .collect();
    assert_eq!(hosts, [("github.io", true), ("e.de", false), ("b.org", false)]);
    let text = list();
    assert!(text.lines().next().unwrap().ends_with(" +00:00  github.io"), "{text}");
    // A list that was damaged keeps nothing out: nothing is ingested until it is mended.
    fs::write(data.root().join("forgotten.json"), b"{}").unwrap();
    assert_eq!(store::verify(&data, |_, _| ()).unwrap().problems.len(), 1);
    let archive = folder.path().join("x.warc");
    fs::write(&archive, b"WARC/1.0\r\nContent-Length: 0\r\n\r\n\r\n\r\n").unwrap();
    assert_eq!(backlinks(&["ingest", "--data", root, archive.to_str().unwrap()]).status.code(), Some(5));
}

#[test]
fn a_server_goes_on_in_the_snapshot_without_the_host() {
    let crawls = lives::crawls(5, 2);
    let folder = tempfile::tempdir().unwrap();
    let data = growing(folder.path(), &crawls);
    let served = Served::new(std::sync::Arc::new(open(&data)));
    // No file of the bucket has been opened yet when its snapshot goes.
    let report = forget(&data, &["c.net"]);
    assert_eq!(report["removed_snapshots"], json!([1, 2]));
    let question = BacklinksQuestion::new(Target::parse("a.com", true).unwrap());
    assert!(served.backlinks(&question, &query::Bounds::none()).unwrap().total_count > 0);
    assert_eq!(served.snapshot(), Some(3));
    let forgotten = BacklinksQuestion::new(Target::parse("c.net", true).unwrap());
    assert_eq!(served.backlinks(&forgotten, &query::Bounds::none()).unwrap().total_count, 0);
}

#[test]
fn a_removed_crawl_is_forgotten_with_its_snapshots() {
    let mut crawls = lives::crawls(6, 2);
    // The one that stays holds nothing of it.
    crawls[1] = without(&crawls[1], "a.com", false);
    let folder = tempfile::tempdir().unwrap();
    let data = growing(folder.path(), &crawls);
    store::remove_crawls(&data, &["crawl-0".parse().unwrap()]).unwrap();
    let report = forget(&data, &["a.com"]);
    assert_eq!(report["removed_snapshots"], json!([1, 2]));
    assert_eq!(traces(&data, "shop.a.com"), [""; 0]);
    // One that holds nothing of it stays.
    add_crawl(&data, "later", &without(&crawls[0], "a.com", false));
    build(&data, OPTIONS, Timestamp::from_seconds(9), &Progress::new(true)).unwrap();
    let report = forget(&data, &["nowhere.org"]);
    assert_eq!((&report["snapshot"], &report["removed_snapshots"]), (&json!(null), &json!([])));
    assert_eq!(data.snapshots().unwrap(), [SnapshotId(3), SnapshotId(4)]);
}
