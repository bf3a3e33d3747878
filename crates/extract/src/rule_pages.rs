//! For each rule a page that shows what the rule looks for, made from the rule: it must say what the rule says.

#![expect(clippy::format_push_string, reason = "a test need not save memory")]

use model::{PlatformTypes, Timestamp};

use crate::fingerprint::{FINGERPRINTS, Meaning, Pattern, Rule, Spot};
use crate::{Extracted, Options, Response, extract};

/// A page in the making.
struct Made {
    host: String,
    path: String,
    headers: Vec<(String, String)>,
    head: String,
    classes: String,
    body_attributes: String,
    body: String,
}

impl Default for Made {
    fn default() -> Self {
        let headers = vec![("Content-Type".to_owned(), "text/html; charset=utf-8".to_owned())];
        let (host, path) = ("www.example.com".to_owned(), "/".to_owned());
        Self {
            host,
            path,
            headers,
            head: String::new(),
            classes: String::new(),
            body_attributes: String::new(),
            body: String::new(),
        }
    }
}

impl Made {
    /// Adds what `pattern` matches.
    fn add(&mut self, pattern: &Pattern) {
        let whole = pattern.text.as_str();
        let open = whole.trim_start_matches('^').trim_end_matches(['$', '*']);
        match pattern.spot {
            Spot::Generator => self.head += &format!("<meta name=generator content='{whole} 1.0'>"),
            Spot::Address | Spot::Head => self.head += &format!("<script src='{}x.js'></script>", address(open)),
            Spot::Target => self.body += &format!("<a href='{}'>x</a>", address(open)),
            Spot::Class => self.classes += &format!(" {}", fill(whole)),
            Spot::Id => self.body_attributes += &format!(" id='{}'", fill(whole)),
            Spot::Meta => {
                let (name, content) = open.split_once('=').unwrap_or((open, "x"));
                let name = if whole.ends_with('*') { format!("{name}x") } else { name.to_owned() };
                self.head += &format!("<meta name='{name}' content='{content}'>");
            }
            // Both ways of writing it, by turns.
            Spot::Schema if whole.len().is_multiple_of(2) => {
                self.body += &format!("<div itemscope itemtype='https://schema.org/{whole}'>x</div>");
            }
            Spot::Schema => {
                self.head += &format!("<script type='application/ld+json'>{{\"@type\" : [\"{whole}\"]}}</script>");
            }
            Spot::Property => self.body += &format!("<span itemprop='{whole}'>x</span>"),
            Spot::Header => {
                let (name, value) = match open.split_once(": ") {
                    Some((name, value)) => (name.to_owned(), value.to_owned()),
                    None if open.starts_with("x-") => (format!("{open}x"), "1".to_owned()),
                    None => ("Link".to_owned(), format!("<https://{open}>")),
                };
                self.headers.push((name, value));
            }
            Spot::Suffix => {
                self.host = match open {
                    "gov" | "edu" | "mil" | "int" | "museum" => format!("www.example.{open}"),
                    "gob" => "www.example.gob.mx".to_owned(),
                    "gouv" => "www.example.gouv.fr".to_owned(),
                    "gv" => "www.example.gv.at".to_owned(),
                    "govt" => "www.example.govt.nz".to_owned(),
                    "go" => "www.example.go.jp".to_owned(),
                    _ => format!("www.example.{open}.uk"),
                }
            }
            Spot::Host => {
                let tail = if open.ends_with('.') { "example.com" } else { "" };
                self.host = format!("a{open}{tail}");
            }
            Spot::Path => self.path = if open == whole { format!("{whole}x") } else { open.to_owned() },
            Spot::Feed => self.head += &format!("<link rel=alternate type='{whole}' href=/x>"),
        }
    }

    fn read(&self) -> Extracted {
        let body = format!(
            "<!doctype html><html><head><title>x</title>{}</head><body class='first{}'{}>{}</body></html>",
            self.head, self.classes, self.body_attributes, self.body
        );
        let response = Response {
            url: &format!("https://{}{}", self.host, self.path),
            status: 200,
            headers: &self.headers,
            body: body.as_bytes(),
            ip: None,
            fetched_at: Timestamp::from_seconds(0),
        };
        extract(&response, &Options::default()).unwrap()
    }
}

/// An address with `part` in it.
fn address(part: &str) -> String {
    if part.starts_with("//") {
        format!("https:{part}example.net/")
    } else if part.starts_with(['/', '.']) {
        format!("https://static{part}")
    } else if part.ends_with(':') {
        format!("{part}x")
    } else {
        format!("https://{part}")
    }
}

fn fill(word: &str) -> String {
    word.strip_suffix('*').map_or_else(|| word.to_owned(), |start| format!("{start}1"))
}

fn page_of(rule: &Rule) -> Extracted {
    let mut page = Made::default();
    for condition in rule.conditions.iter().filter(|condition| condition.is_wanted) {
        page.add(&FINGERPRINTS.patterns[condition.pattern]);
    }
    page.read()
}

fn describe(rule: &Rule) -> String {
    let conditions =
        rule.conditions.iter().map(|condition| (&FINGERPRINTS.patterns[condition.pattern], condition.is_wanted));
    format!("{:?} {:?}", rule.meanings, conditions.collect::<Vec<_>>())
}

#[test]
fn every_rule_holds_on_the_page_made_from_it() {
    for rule in &FINGERPRINTS.rules {
        let page = page_of(rule).page;
        let signals = page.signals.unwrap();
        for meaning in &rule.meanings {
            let holds = match *meaning {
                Meaning::Platform(kind) => page.platforms.contains(kind),
                Meaning::Service(_) => signals.trusted_sources > 0,
                Meaning::Social => signals.has_social_meta,
                Meaning::Contact => signals.has_contact,
            };
            assert!(holds, "{}", describe(rule));
        }
    }
}

#[test]
fn a_page_that_shows_nothing_says_nothing() {
    let page = Made::default().read().page;
    assert_eq!(page.platforms, PlatformTypes::EMPTY);
    let signals = page.signals.unwrap();
    assert_eq!((signals.trusted_sources, signals.has_social_meta, signals.has_contact), (0, false, false));
}

#[test]
fn a_rule_of_several_conditions_needs_them_all() {
    for rule in FINGERPRINTS.rules.iter().filter(|rule| rule.conditions.len() > 1) {
        let wanted: Vec<_> = rule.conditions.iter().filter(|condition| condition.is_wanted).collect();
        for left_out in &wanted {
            let mut page = Made::default();
            for condition in wanted.iter().filter(|condition| condition.pattern != left_out.pattern) {
                page.add(&FINGERPRINTS.patterns[condition.pattern]);
            }
            let platforms = page.read().page.platforms;
            // What is left may be evidence by another rule.
            let others = FINGERPRINTS.rules.iter().filter(|other| {
                other.conditions.iter().all(|own| {
                    !own.is_wanted
                        || wanted.iter().any(|part| part.pattern == own.pattern && part.pattern != left_out.pattern)
                })
            });
            let allowed: Vec<Meaning> = others.flat_map(|other| other.meanings.clone()).collect();
            for meaning in &rule.meanings {
                if let Meaning::Platform(kind) = *meaning {
                    assert!(
                        !platforms.contains(kind) || allowed.contains(meaning),
                        "{} without {left_out:?}",
                        describe(rule)
                    );
                }
            }
        }
    }
}
