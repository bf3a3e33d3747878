//! What the endpoint must answer to a valid task: a scan of all stored links, row by row, that interprets
//! the posted JSON as it stands. Shares no code with `query`, only the words of `model`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

use model::{Target, Timestamp};
use regex::Regex;
use serde_json::{Map, Value};

use crate::items::item;
use crate::oracle::{Oracle, host_of};

const TIMES: [&str; 4] = ["first_seen", "prev_seen", "last_seen", "lost_date"];

/// Every stored link, with what of it decides about targets.
pub(crate) struct Evaluator {
    links: Vec<StoredLink>,
    regexes: RefCell<HashMap<String, Regex>>,
}

struct StoredLink {
    item: Map<String, Value>,
    /// `url_to` and the hops before it, each with its host without `www.`.
    way: Vec<(String, String)>,
    is_internal: bool,
}

/// A stored link as a row of one answer.
struct Row<'a> {
    link: &'a StoredLink,
    links_count: u64,
    group_count: u64,
    is_hundred: bool,
}

/// The whole answer and the part of it that was asked for.
pub(crate) struct Expected {
    pub(crate) total_count: usize,
    pub(crate) items: Vec<Value>,
    pub(crate) is_end: bool,
}

impl Evaluator {
    pub(crate) fn of(oracle: &Oracle) -> Self {
        let place = |url: &String| (url.clone(), host_of(url).without_www().to_owned());
        let mut links = Vec::new();
        for row in &oracle.rows {
            let Value::Object(item) = item(oracle, row) else { unreachable!() };
            let is_internal = host_of(&row.from).registrable() == host_of(&row.to).registrable();
            let way = [&row.to].into_iter().chain(row.path.iter().map(|hop| &hop.2)).map(place).collect();
            links.push(StoredLink { item, way, is_internal });
        }
        Self { links, regexes: RefCell::default() }
    }

    /// Answers one task.
    pub(crate) fn answer(&self, task: &Value) -> Expected {
        let flag = |name: &str| task[name].as_bool().unwrap_or(true);
        let is_target = target_test(task["target"].as_str().unwrap(), flag("include_subdomains"));
        let status = task["backlinks_status_type"].as_str().unwrap_or("live");
        let is_per_link = task["rows"] == "per_link";
        let is_hundred = task["rank_scale"] == "one_hundred";
        let group_by = group_by(task);

        // All links that enter the target, and how many each page has of them, live and lost apart.
        let mut rows = Vec::new();
        let mut sums: HashMap<(String, bool), u64> = HashMap::new();
        for link in &self.links {
            if is_target(&link.way[0]) && !link.way[1..].iter().any(&is_target) {
                let links_count = link.item["links_count"].as_u64().unwrap();
                let row = Row { link, links_count, group_count: 0, is_hundred };
                *sums.entry(row.page_and_life()).or_default() += row.links_count;
                rows.push(row);
            }
        }
        for row in rows.iter_mut().filter(|_| !is_per_link) {
            row.links_count = sums[&row.page_and_life()];
        }

        // Those that the question admits.
        let filter = &task["filters"];
        let mut kept = Vec::new();
        for row in rows {
            let is_lost = row.link.item["is_lost"] == true;
            let has_status = status == "all" || is_lost == (status == "lost");
            let is_left_out = (flag("exclude_internal_backlinks") && row.link.is_internal)
                || (!flag("include_indirect_links") && row.link.way.len() > 1);
            if has_status && !is_left_out && self.admits(filter, &row, group_by.is_some()) {
                kept.push(row);
            }
        }

        // The best of each page, then the best of each group.
        kept.sort_by_key(|row| row.place(false));
        if !is_per_link {
            keep_first(&mut kept, 1, "url_from");
        }
        if let Some((field, count)) = group_by {
            let mut groups: HashMap<Value, u64> = HashMap::new();
            for row in &kept {
                *groups.entry(row.value(field).into_owned()).or_default() += row.links_count;
            }
            keep_first(&mut kept, count, field);
            for row in &mut kept {
                row.group_count = groups[&*row.value(field)];
            }
            kept.retain(|row| self.admits(filter, row, false));
        }

        kept.sort_by(|left, right| in_order(&task["order_by"], left, right));
        let offset = task["offset"].as_u64().unwrap_or(0) as usize;
        let limit = task["limit"].as_u64().unwrap_or(100) as usize;
        let items: Vec<Value> = kept.iter().skip(offset).take(limit).map(Row::shown).collect();
        Expected { total_count: kept.len(), items, is_end: offset + limit >= kept.len() }
    }

    /// Whether a filter holds for a row. `is_early`: groups are not made yet.
    fn admits(&self, filter: &Value, row: &Row<'_>, is_early: bool) -> bool {
        let Some(parts) = filter.as_array().filter(|parts| !parts.is_empty()) else { return true };
        if let Some(field) = parts[0].as_str() {
            let is_open = is_early && field == "group_count";
            return is_open || self.holds(field, &row.value(field), parts[1].as_str().unwrap(), &parts[2]);
        }
        // `and` binds tighter: one of the runs between the `or`s must hold as a whole.
        let (mut is_any, mut run) = (false, true);
        for part in parts {
            match part.as_str() {
                Some(word) if word.eq_ignore_ascii_case("or") => (is_any, run) = (is_any || run, true),
                Some(_) => {}
                None => run = run && self.admits(part, row, is_early),
            }
        }
        is_any || run
    }

    /// Whether one condition holds for the value of its field.
    fn holds(&self, field: &str, found: &Value, operator: &str, asked: &Value) -> bool {
        if asked.is_null() {
            return found.is_null() == (operator == "=");
        }
        let negated = match operator {
            "<>" => Some("="),
            "has_not" => Some("has"),
            _ => operator.strip_prefix("not_"),
        };
        if let Some(positive) = negated {
            return !self.holds(field, found, positive, asked);
        }
        let text = found.as_str().unwrap_or_default();
        let pattern = asked.as_str().unwrap_or_default();
        let compared = |asked: &Value| compare(found, asked, TIMES.contains(&field));
        match operator {
            _ if found.is_null() => false,
            "has" => found.as_array().unwrap().contains(asked),
            "in" => asked.as_array().unwrap().iter().any(|one| compared(one) == Ordering::Equal),
            "=" => compared(asked) == Ordering::Equal,
            "<" => compared(asked) == Ordering::Less,
            "<=" => compared(asked) != Ordering::Greater,
            ">" => compared(asked) == Ordering::Greater,
            ">=" => compared(asked) != Ordering::Less,
            "like" => is_like(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>()),
            "ilike" => is_like(&lowered(text), &lowered(pattern)),
            "match" => words(text).windows(words(pattern).len()).any(|some| some == words(pattern)),
            "regex" => {
                let mut regexes = self.regexes.borrow_mut();
                regexes.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).unwrap()).is_match(text)
            }
            other => unreachable!("{other}"),
        }
    }
}

impl<'a> Row<'a> {
    fn value(&self, field: &str) -> Cow<'a, Value> {
        match field {
            "links_count" => Cow::Owned(self.links_count.into()),
            "group_count" => Cow::Owned(self.group_count.into()),
            "rank" | "page_from_rank" | "domain_from_rank" if self.is_hundred => {
                let mapped = (number(&self.link.item[field]) / 636.62).sin() * 100.0;
                Cow::Owned((mapped.round() as u64).into())
            }
            _ => self.link.item.get(field).map_or(Cow::Owned(Value::Null), Cow::Borrowed),
        }
    }

    fn shown(&self) -> Value {
        self.link.item.keys().map(|name| (name.clone(), self.value(name).into_owned())).collect()
    }

    fn page_and_life(&self) -> (String, bool) {
        (self.link.item["url_from"].to_string(), self.link.item["is_lost"] == true)
    }

    /// The place in the default order, by the rank as it is shown or by the finer one.
    fn place(&self, is_shown: bool) -> (Reverse<u64>, Reverse<&'a str>, &'a str, &'a str) {
        let rank = if is_shown { self.value("rank").as_u64() } else { self.link.item["rank"].as_u64() };
        let text = |name: &str| self.link.item[name].as_str().unwrap();
        (Reverse(rank.unwrap()), Reverse(text("last_seen")), text("url_from"), text("url_to"))
    }
}

/// The field and the number of rows of a group.
fn group_by(task: &Value) -> Option<(&str, usize)> {
    let custom = &task["custom_mode"];
    let (field, count) = match task["mode"].as_str() {
        _ if custom["field"].is_string() => (custom["field"].as_str().unwrap(), custom["value"].as_u64().unwrap()),
        Some("one_per_domain") => ("domain_from", 1),
        Some("one_per_anchor") => ("anchor", 1),
        _ => return None,
    };
    Some((if field == "domain" { "domain_from" } else { field }, count as usize))
}

/// Tests whether a URL and its host belong to the target.
fn target_test(text: &str, below: bool) -> impl Fn(&(String, String)) -> bool {
    let (page, name, below) = match Target::parse(text, below).unwrap() {
        Target::Page(key) => (Some(key.to_url_string()), String::new(), false),
        Target::Host { host, include_subdomains } => (None, host.to_string(), include_subdomains && !host.is_ip()),
    };
    move |(url, host)| match &page {
        Some(page) => page == url,
        None => *host == name || (below && host.strip_suffix(&name).is_some_and(|front| front.ends_with('.'))),
    }
}

/// Keeps the first `count` rows with each value of a field.
fn keep_first(rows: &mut Vec<Row<'_>>, count: usize, field: &str) {
    let mut met: HashMap<Value, usize> = HashMap::new();
    rows.retain(|row| {
        let met = met.entry(row.value(field).into_owned()).or_default();
        *met += 1;
        *met <= count
    });
}

fn in_order(keys: &Value, left: &Row<'_>, right: &Row<'_>) -> Ordering {
    for key in keys.as_array().into_iter().flatten() {
        let (field, direction) = key.as_str().unwrap().split_once(',').unwrap();
        let (left, right) = (left.value(field.trim()), right.value(field.trim()));
        let order = match (left.is_null(), right.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ if direction.trim() == "desc" => compare(&right, &left, false),
            _ => compare(&left, &right, false),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    left.place(true).cmp(&right.place(true))
}

/// A value of a field with another or with one of a filter, which may say it in another form.
fn compare(found: &Value, asked: &Value, is_time: bool) -> Ordering {
    let time = |value: &Value| Timestamp::parse_iso(value.as_str().unwrap()).unwrap();
    match (found, asked) {
        (Value::Bool(found), Value::Bool(asked)) => found.cmp(asked),
        (Value::Bool(found), _) => found.to_string().as_str().cmp(asked.as_str().unwrap()),
        (Value::Number(_), _) => number(found).partial_cmp(&number(asked)).unwrap(),
        _ if is_time => time(found).cmp(&time(asked)),
        _ => found.as_str().unwrap().as_bytes().cmp(asked.as_str().unwrap().as_bytes()),
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn lowered(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether the whole text is the pattern, where each `%` may be any run.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    // Which lengths of the text the pattern read so far can have consumed.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for sign in pattern {
        if *sign == '%' {
            let first = ends.iter().position(|end| *end).unwrap_or(ends.len());
            ends[first..].fill(true);
            continue;
        }
        for at in (0..text.len()).rev() {
            ends[at + 1] = ends[at] && text[at] == *sign;
        }
        ends[0] = false;
    }
    ends[text.len()]
}

fn words(text: &str) -> Vec<String> {
    let runs = text.split(|letter: char| !letter.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(|run| run.chars().flat_map(char::to_lowercase).collect()).collect()
}
