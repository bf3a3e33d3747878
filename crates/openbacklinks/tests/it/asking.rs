//! `backlinks query`: flags to the question of the API, rows to every format.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use model::Target;
use openbacklinks::commands::query::FIELDS;
use query::{BacklinksQuestion, Filter, GroupField, Index, LinkStatus, Mode, RankScale, Rows, SortKey};
use serde_json::{Value, json};
use synthweb::{Web, WebOptions};

use crate::shared::index_of;

const FORMULA: &str = "=HYPERLINK(\"http://127.0.0.1/\",\"\u{1b}[2Jsafe\")";

struct Asked {
    _folder: tempfile::TempDir,
    data: PathBuf,
    target: String,
}

/// Two crawls of a synthetic web with links that mean harm, and a target with links of every kind.
fn asked() -> Asked {
    let folder = tempfile::tempdir().unwrap();
    let web = Web::new(WebOptions::new(4, 400));
    let mut crawls: Vec<Vec<_>> = (0..2).map(|step| web.visits(step).collect()).collect();
    for link in crawls[1].iter_mut().flat_map(|visit| &mut visit.links).step_by(3) {
        link.link.anchor = Some(FORMULA.to_owned());
    }
    let data = folder.path().join("index");
    index_of(&data, &[&crawls[0], &crawls[1]], 2);
    let index = Index::open(&data, 16 << 20).unwrap();
    let has_all_kinds = |host: &String| {
        let usual = BacklinksQuestion::new(Target::parse(host, true).unwrap());
        let count = |question: &BacklinksQuestion| index.backlinks(question).unwrap().total_count;
        let direct = BacklinksQuestion { include_indirect: false, ..usual.clone() };
        let internal = BacklinksQuestion { exclude_internal: false, ..usual.clone() };
        let all = count(&usual);
        all > 30 && count(&direct) != all && count(&internal) != all
    };
    let mut hosts = (0..32).map(|number| web.host(synthweb::HostNumber(number)).unwrap().registrable().to_owned());
    let target = hosts.find(has_all_kinds).unwrap();
    Asked { _folder: folder, data, target }
}

impl Asked {
    fn run(&self, arguments: &[&str]) -> Output {
        command(&self.data, &self.target, arguments).output().unwrap()
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[arguments, &["--format", "json"]].concat())).unwrap()
    }
}

fn command(data: &Path, target: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backlinks"));
    command.arg("query").arg(target).arg("--data").arg(data).args(arguments);
    command
}

#[test]
fn every_flag_asks_what_the_api_would() {
    let asked = asked();
    let index = Index::open(&asked.data, 16 << 20).unwrap();
    let usual = || {
        let mut question = BacklinksQuestion::new(Target::parse(&asked.target, true).unwrap());
        question.limit = 20;
        question
    };
    let mut cases: Vec<(&[&str], BacklinksQuestion)> = vec![(&[], usual())];
    let mut case = |arguments: &'static [&'static str], change: fn(&mut BacklinksQuestion)| {
        let mut question = usual();
        change(&mut question);
        cases.push((arguments, question));
    };
    case(&["--limit", "3", "--offset", "2"], |question| (question.limit, question.offset) = (3, 2));
    case(&["--status", "lost"], |question| question.status = LinkStatus::Lost);
    case(&["--status", "all"], |question| question.status = LinkStatus::All);
    case(&["--include-internal"], |question| question.exclude_internal = false);
    case(&["--no-indirect"], |question| question.include_indirect = false);
    case(&["--rows", "per_link", "--limit", "1000"], |question| {
        (question.rows, question.limit) = (Rows::PerLink, 1000);
    });
    case(&["--filter", r#"["dofollow","=",false]"#], |question| {
        question.filter = Filter::parse(r#"["dofollow","=",false]"#).unwrap();
    });
    case(&["--filter", "[]"], |_| {});
    case(&["--mode", "one_per_domain"], |question| question.mode = Mode::OnePerDomain);
    case(&["--mode", "one_per_anchor"], |question| question.mode = Mode::OnePerAnchor);
    case(&["--mode", "as_is"], |_| {});
    case(&["--custom-mode", "tld_from:2"], |question| {
        question.mode = Mode::Custom { field: GroupField::TldFrom, value: 2 };
    });
    case(&["--order-by", "domain_from,desc", "--order-by", "url_to , asc"], |question| {
        question.order = SortKey::parse_all(&["domain_from,desc", "url_to,asc"]).unwrap();
    });
    case(&["--rank-scale", "one_hundred"], |question| question.scale = RankScale::OneHundred);
    let mut answers = Vec::new();
    for (arguments, question) in &cases {
        let answer = index.backlinks(question).unwrap();
        let told = asked.json(arguments);
        assert_eq!(told["total_count"], answer.total_count, "{arguments:?}");
        assert_eq!(told["items"], serde_json::to_value(server::items(&answer.rows, question.scale)).unwrap());
        answers.push(told);
    }
    // Each flag makes a difference here, but for those that ask for what is usual.
    for ((arguments, question), answer) in cases.iter().zip(&answers).skip(1) {
        assert_eq!(answer == &answers[0], question == &cases[0].1, "{arguments:?}");
    }
    let alone = asked.json(&["--no-subdomains"]);
    let alone_question = BacklinksQuestion::new(Target::parse(&asked.target, false).unwrap());
    assert_eq!(alone["total_count"], index.backlinks(&alone_question).unwrap().total_count);
    assert_ne!(alone["total_count"], answers[0]["total_count"]);
}

#[test]
fn the_formats_have_the_same_rows_and_the_fields_of_the_api() {
    let asked = asked();
    let answer = asked.json(&[]);
    let items = answer["items"].as_array().unwrap();
    assert_eq!(items.len(), 20);
    let names: Vec<&str> = items[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, FIELDS, "the fields of the server");
    assert_eq!(answer, serde_json::from_str::<Value>(&asked.text(&["--json"])).unwrap());

    let lines: Vec<Value> =
        asked.text(&["--format", "jsonl"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(&lines, items);

    let text = asked.text(&["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), FIELDS);
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), items.len());
    let mut formulas = 0;
    for (record, item) in records.iter().zip(items) {
        for (cell, field) in record.iter().zip(FIELDS) {
            match &item[field] {
                Value::Null => assert_eq!(cell, "", "{field}"),
                Value::String(text) if text == FORMULA => {
                    formulas += 1;
                    assert_eq!(cell, format!("'{FORMULA}"));
                }
                Value::String(text) => assert_eq!(cell, text, "{field}"),
                other => assert_eq!(cell, other.to_string(), "{field}"),
            }
        }
    }
    assert!(formulas > 0, "the link that means harm is shown");

    let table = asked.text(&[]);
    let mut lines = table.lines();
    let title = lines.next().unwrap();
    assert_eq!(title, format!("{}: {} referring pages, 20 shown", asked.target, answer["total_count"]));
    assert!(lines.next().unwrap().trim_start().starts_with("rank  page_from_rank  dofollow"), "{table}");
    assert_eq!(lines.count(), items.len());
    assert!(table.contains("\u{fffd}[2Jsafe") && !table.contains('\u{1b}'), "{table}");
}

#[test]
fn only_the_fields_asked_for_come_in_their_order() {
    let asked = asked();
    let arguments = ["--fields", "url_from,rank", "--fields", "type", "--limit", "1"];
    let item = asked.json(&arguments)["items"][0].clone();
    assert_eq!(item.as_object().unwrap().keys().collect::<Vec<_>>(), ["url_from", "rank", "type"]);
    let csv = asked.text(&[&arguments[..], &["--format", "csv"]].concat());
    assert!(csv.starts_with("url_from,rank,type\r\n") && csv.lines().count() == 2, "{csv}");
    let table = asked.text(&arguments);
    assert!(table.lines().nth(1).unwrap().starts_with("url_from  "), "{table}");
    assert_eq!(table.lines().last().unwrap().split_whitespace().last(), Some("backlink"));
    let none = ["--filter", r#"["url_from","=","nothing"]"#, "--fields", "rank,alt"];
    assert_eq!(asked.text(&[&none[..], &["--format", "csv"]].concat()), "rank,alt\r\n");
    assert_eq!(asked.text(&[&none[..], &["--format", "jsonl"]].concat()), "");
    assert_eq!(asked.text(&none), format!("{}: 0 referring pages, 0 shown\n", asked.target));
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_reason() {
    // Nothing of the index is read before: there is none.
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| {
        let output = command(folder.path(), "example.org", arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    };
    for (arguments, message) in [
        (["--fields", "rank,anhcor"], "--fields: `anhcor` is no field of a row; the nearest is `anchor`"),
        (["--filter", r#"[["rank",">",1],"and",["rnak",">",1]]"#], "--filter: filters[2][0]: not a field"),
        (["--filter", "dofollow=true"], "--filter: filters: not JSON"),
        (["--order-by", "rnak,desc"], "--order-by: `rnak` is no field for this; the nearest is `rank`"),
        (["--order-by", "rank"], "--order-by: `rank`: must be \"field,asc\" or \"field,desc\""),
        (["--custom-mode", "tld_frm:1"], "--custom-mode: `tld_frm` is no field for this; the nearest is `tld_from`"),
        (["--custom-mode", "tld_from"], "--custom-mode: there is no colon"),
        (["--custom-mode", "tld_from:0"], "--custom-mode: not a whole number from 1 to 1000"),
        (["--custom-mode", "tld_from:1001"], "--custom-mode: not a whole number from 1 to 1000"),
        (["--mode", "one_per_page"], "invalid value 'one_per_page'"),
        (["--limit", "1001"], "invalid value '1001'"),
        (["--format", "xml"], "invalid value 'xml'"),
    ] {
        let told = refused(&arguments);
        assert!(told.contains(message), "{arguments:?}: {told}");
    }
    let four = ["rank", "alt", "anchor", "is_new"].map(|field| format!("--order-by={field},asc"));
    assert!(refused(&four.each_ref().map(String::as_str)).contains("at most 3 sort keys"));
    assert!(refused(&["--json", "--format", "csv"]).contains("cannot be used with"));
    assert!(refused(&["--mode", "as_is", "--custom-mode", "tld_from:1"]).contains("cannot be used with"));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let asked = asked();
    for format in ["table", "json", "jsonl", "csv"] {
        let mut child = command(&asked.data, &asked.target, &["--limit", "1000", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{format}: {output:?}");
    }
}

#[test]
fn a_wacz_is_asked_like_the_archive_inside() {
    let folder = tempfile::tempdir().unwrap();
    let web = Web::new(WebOptions::new(2, 60));
    let mut archive = Vec::new();
    web.write_warc(0, 0..web.pages(), &mut archive).unwrap();
    let target = web.visits(0).flat_map(|visit| visit.links).next().unwrap().key.host().registrable().to_owned();
    let run = |arguments: &[&str]| -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_backlinks")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let files = [("a.warc.gz", archive.clone()), ("a.wacz", stored_zip("archive/a.warc.gz", &archive))];
    let answers = files.map(|(name, bytes)| {
        let (path, data) = (folder.path().join(name), folder.path().join(format!("{name}.index")));
        std::fs::write(&path, bytes).unwrap();
        let data = data.to_str().unwrap();
        run(&["ingest", "--data", data, "--json", path.to_str().unwrap()]);
        run(&["build", "--data", data, "--json"]);
        let mut answer = run(&["query", &target, "--data", data, "--json", "--limit", "1000"]);
        let archives: Vec<Value> =
            answer["items"].as_array_mut().unwrap().iter_mut().map(|item| item["evidence"]["archive"].take()).collect();
        (answer, archives)
    });
    let [(plain, named), (inside, both)] = answers;
    assert!(!named.is_empty());
    assert_eq!(plain, inside);
    assert!(named.iter().all(|name| name == "a.warc.gz") && both.iter().all(|name| name == "a.wacz!archive/a.warc.gz"));
    assert_ne!(plain["items"], json!([]));
}

/// A zip of one stored entry, by the letter of the format.
fn stored_zip(name: &str, data: &[u8]) -> Vec<u8> {
    let crc = !data
        .iter()
        .fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1))));
    let length = (data.len() as u32).to_le_bytes();
    let name_length = (name.len() as u16).to_le_bytes();
    let about =
        [[20, 0, 0, 0, 0, 0, 0, 0, 0, 0].as_slice(), &crc.to_le_bytes(), &length, &length, &name_length, &[0, 0]]
            .concat();
    let local = [b"PK\x03\x04", about.as_slice(), name.as_bytes(), data].concat();
    let directory = [b"PK\x01\x02\x14\x00", about.as_slice(), &[0; 14], name.as_bytes()].concat();
    let (directory_length, directory_at) = ((directory.len() as u32).to_le_bytes(), local.len() as u32);
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &directory_length, &directory_at.to_le_bytes(), &[0, 0]];
    [local, directory, end.concat()].concat()
}
