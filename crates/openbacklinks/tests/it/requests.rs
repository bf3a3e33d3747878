//! Random requests, good ones and ones with one fault.

use std::collections::HashMap;

use model::Target;
use serde_json::{Map, Value, json};

use crate::conditions::{FIELDS, condition, filter};
use crate::dice::Dice;
use crate::evaluator::Evaluator;
use crate::oracle::{Oracle, host_of};

const GROUPS: [&str; 12] = [
    "anchor",
    "domain_from",
    "domain_from_country",
    "tld_from",
    "page_from_encoding",
    "page_from_language",
    "item_type",
    "page_from_status_code",
    "semantic_location",
    "new_reason",
    "lost_reason",
    "domain",
];

/// Makes requests about one web.
pub(crate) struct Requests<'a> {
    oracle: &'a Oracle,
    evaluator: &'a Evaluator,
    pools: HashMap<String, Vec<Value>>,
}

impl<'a> Requests<'a> {
    pub(crate) fn new(oracle: &'a Oracle, evaluator: &'a Evaluator) -> Self {
        Self { oracle, evaluator, pools: HashMap::new() }
    }

    /// A request that must be answered, more often than by chance with rows.
    pub(crate) fn good(&mut self, dice: &mut Dice) -> Value {
        let mut task = self.any(dice);
        for _ in 0..3 {
            if !self.evaluator.answer(&task).items.is_empty() || dice.chance(30) {
                break;
            }
            task = self.any(dice);
        }
        task
    }

    fn any(&mut self, dice: &mut Dice) -> Value {
        let (target, below) = self.target(dice);
        let pool = self.pool(&target, below);
        let mut task = Map::new();
        task.insert("target".to_owned(), json!(spelled(dice, &target)));
        let mut put = |dice: &mut Dice, name: &str, value: Option<Value>| match value {
            Some(value) => _ = task.insert(name.to_owned(), value),
            None if dice.chance(15) => _ = task.insert(name.to_owned(), Value::Null),
            None => {}
        };
        let choice = |dice: &mut Dice, percent: usize, among: &[&str]| {
            dice.chance(percent).then(|| json!(among[dice.below(among.len())]))
        };
        let flag = |dice: &mut Dice| dice.chance(50).then(|| json!(dice.chance(40)));
        let subdomains = (!below || dice.chance(20)).then(|| json!(below));
        put(dice, "include_subdomains", subdomains);
        let mode = choice(dice, 50, &["as_is", "one_per_domain", "one_per_anchor"]);
        put(dice, "mode", mode);
        let custom =
            dice.chance(30).then(|| json!({"field": dice.pick(&GROUPS), "value": dice.pick(&[1, 1, 2, 3, 7, 1000])}));
        let custom = custom.or_else(|| dice.chance(4).then(|| json!({})));
        put(dice, "custom_mode", custom);
        let filters = dice.chance(75).then(|| filter(dice, pool));
        put(dice, "filters", filters);
        let order = dice.chance(50).then(|| order(dice));
        put(dice, "order_by", order);
        let offset = dice
            .chance(35)
            .then(|| json!([dice.below(3), dice.below(20), dice.below(pool.len() + 2), 20_000][dice.below(4)]));
        put(dice, "offset", offset);
        let limit = dice.chance(60).then(|| json!([1, 1 + dice.below(10), 1 + dice.below(60), 1000][dice.below(4)]));
        put(dice, "limit", limit);
        let status = choice(dice, 60, &["all", "all", "live", "lost"]);
        put(dice, "backlinks_status_type", status);
        let (indirect, internal) = (flag(dice), flag(dice));
        put(dice, "include_indirect_links", indirect);
        put(dice, "exclude_internal_backlinks", internal);
        let scale = choice(dice, 50, &["one_thousand", "one_hundred"]);
        put(dice, "rank_scale", scale);
        let rows = choice(dice, 50, &["per_page", "per_link"]);
        put(dice, "rows", rows);
        let tag = dice.chance(20).then(|| json!("täg ".repeat(1 + dice.below(63))));
        put(dice, "tag", tag);
        let token = dice.chance(3).then(|| json!(""));
        put(dice, "search_after_token", token);
        Value::Object(task)
    }

    /// A request that must be refused, and the field to be named.
    pub(crate) fn faulty(&mut self, dice: &mut Dice) -> (Value, &'static str) {
        let mut task = self.good(dice);
        let (name, value) = fault(dice);
        task[name] = value;
        (task, name)
    }

    /// A target of any kind, mostly one that has rows.
    fn target(&self, dice: &mut Dice) -> (String, bool) {
        loop {
            let row = dice.pick(&self.oracle.rows);
            let host = host_of(&row.to);
            let name = host.as_str();
            let (text, below) = match dice.below(14) {
                0..=3 => (host.registrable().to_owned(), true),
                4 => (host.registrable().to_owned(), false),
                5 | 6 => (name.to_owned(), true),
                7 => (name.to_owned(), false),
                8 => (format!("www.{}", host.without_www()), dice.chance(50)),
                9 => (name.split_once('.').map_or("", |(_, parent)| parent).to_owned(), true),
                10 => (row.from.clone(), true),
                11 if dice.chance(30) => (dice.pick(&["nothing-links-here.com", "203.0.113.9"]).to_string(), true),
                _ => (row.to.clone(), dice.chance(80)),
            };
            if Target::parse(&text, below).is_ok() {
                return (text, below);
            }
        }
    }

    /// Rows of a target, to take values from.
    fn pool(&mut self, target: &str, below: bool) -> &[Value] {
        let evaluator = self.evaluator;
        self.pools.entry(format!("{target} {below}")).or_insert_with(|| {
            let everything = json!({
                "target": target, "include_subdomains": below, "rows": "per_link", "backlinks_status_type": "all",
                "exclude_internal_backlinks": false, "limit": 200,
            });
            evaluator.answer(&everything).items
        })
    }
}

/// The target as someone may write it.
fn spelled(dice: &mut Dice, target: &str) -> String {
    match dice.below(12) {
        0 => format!(" {target} "),
        1 if !target.contains("://") => target.to_uppercase(),
        _ => target.to_owned(),
    }
}

fn order(dice: &mut Dice) -> Value {
    let mut fields: Vec<&str> = Vec::new();
    for _ in 0..dice.below(4) {
        let (field, kind) = *dice.pick(&FIELDS);
        if kind != "array" && !fields.contains(&field) {
            fields.push(field);
        }
    }
    let comma = *dice.pick(&[",", ",", ",", ", ", " , "]);
    fields.into_iter().map(|field| json!(format!("{field}{comma}{}", dice.pick(&["asc", "desc"])))).collect()
}

/// A field with a value that it cannot have.
fn fault(dice: &mut Dice) -> (&'static str, Value) {
    let good = condition(dice, &[]);
    let many = |count: usize, one: Value| {
        let mut list = vec![one.clone()];
        for _ in 1..count {
            list.extend([json!("or"), one.clone()]);
        }
        Value::Array(list)
    };
    let deep = (0..40).fold(good.clone(), |inner, _| json!([inner]));
    let text = |length: usize| json!(["anchor", "=", "x".repeat(length)]);
    let filters = [
        json!("dofollow"),
        json!({"field": "dofollow"}),
        json!(["Dofollow", "=", true]),
        json!(["nothing", "=", 1]),
        json!(["ranked_keywords_info", "=", null]),
        json!(["indirect_link_path", "=", null]),
        json!(["evidence", "=", "x"]),
        json!(["dofollow", "=="]),
        json!(["dofollow", "=", true, "and"]),
        json!(["dofollow", "=", true, "and", ["rank", ">", 1]]),
        json!(["dofollow", ">", true]),
        json!(["dofollow", "=", 1]),
        json!(["dofollow", "=", "TRUE"]),
        json!(["dofollow", "in", [true]]),
        json!(["rank", "like", "1%"]),
        json!(["rank", "=", "0x10"]),
        json!(["rank", "=", " 5"]),
        json!(["rank", "=", "+5"]),
        json!(["rank", "=", "NaN"]),
        json!(["rank", "=", true]),
        json!(["rank", "in", 5]),
        json!(["rank", "in", [null]]),
        json!(["rank", "=", [5]]),
        json!(["rank", "<", null]),
        json!(["rank", "IN", [5]]),
        json!(["anchor", "=", 5]),
        json!(["anchor", "like", null]),
        json!(["anchor", "<", "a"]),
        json!(["anchor", "has", "a"]),
        json!(["anchor", "match", " -- "]),
        json!(["anchor", "regex", "("]),
        json!(["anchor", "regex", "a\\"]),
        json!(["anchor", "regex", "(?=a)"]),
        json!(["attributes", "=", "nofollow"]),
        json!(["attributes", "has", ["nofollow"]]),
        json!(["first_seen", ">", "yesterday"]),
        json!(["first_seen", ">", 5]),
        json!(["first_seen", ">", "2021-02-30"]),
        json!([good, good]),
        json!([good, "xor", good]),
        json!([good, "and"]),
        json!(["and", good]),
        json!([good, "and", "or", good]),
        json!([good, "and", null]),
        json!([good, "and", "anchor"]),
        json!([null]),
        many(65, good),
        many(17, json!(["anchor", "regex", "a"])),
        deep,
        text(1001),
        json!(["rank", "in", (0..1001).collect::<Vec<_>>()]),
    ];
    let others: [(&'static str, Value); 32] = [
        ("order_by", json!(["rank"])),
        ("order_by", json!(["rank.desc"])),
        ("order_by", json!(["rank,down"])),
        ("order_by", json!(["rank,DESC"])),
        ("order_by", json!(["nothing,asc"])),
        ("order_by", json!(["attributes,asc"])),
        ("order_by", json!(["domain_from_platform_type,asc"])),
        ("order_by", json!(["rank,asc", "rank,desc"])),
        ("order_by", json!(["rank,asc", "anchor,desc", "alt,desc", "url_to,asc"])),
        ("order_by", json!([5])),
        ("order_by", json!({"rank": "asc"})),
        ("custom_mode", json!({"field": "anchor"})),
        ("custom_mode", json!({"value": 1})),
        ("custom_mode", json!({"field": "anchor", "value": 0})),
        ("custom_mode", json!({"field": "anchor", "value": 1001})),
        ("custom_mode", json!({"field": "anchor", "value": "5"})),
        ("custom_mode", json!({"field": "anchor", "value": 1.5})),
        ("custom_mode", json!({"field": "url_to", "value": 1})),
        ("custom_mode", json!({"field": "anchor", "value": 1, "more": 1})),
        ("custom_mode", json!("anchor")),
        ("mode", json!("one_per_page")),
        ("offset", json!(-1)),
        ("offset", json!(20_001)),
        ("limit", json!(0)),
        ("limit", json!(1001)),
        ("limit", json!("5")),
        ("backlinks_status_type", json!("new")),
        ("include_subdomains", json!("true")),
        ("rank_scale", json!("one_million")),
        ("rows", json!("per_host")),
        ("tag", json!("x".repeat(256))),
        ("target", json!("  ")),
    ];
    if dice.chance(60) { ("filters", dice.pick(&filters).clone()) } else { dice.pick(&others).clone() }
}
