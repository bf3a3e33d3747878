//! Random filters: every field, every operator of its type, values mostly of real rows, bent a little.

use serde_json::{Value, json};

use crate::dice::Dice;

/// Fields that can be filtered, with their types, from the contract's table.
pub(crate) const FIELDS: [(&str, &str); 50] = [
    ("domain_from", "str"),
    ("url_from", "str"),
    ("url_from_https", "bool"),
    ("domain_to", "str"),
    ("url_to", "str"),
    ("url_to_https", "bool"),
    ("tld_from", "str"),
    ("is_new", "bool"),
    ("is_lost", "bool"),
    ("backlink_spam_score", "num"),
    ("rank", "num"),
    ("page_from_rank", "num"),
    ("domain_from_rank", "num"),
    ("domain_from_platform_type", "array"),
    ("domain_from_is_ip", "bool"),
    ("domain_from_ip", "str"),
    ("domain_from_country", "str"),
    ("page_from_external_links", "num"),
    ("page_from_internal_links", "num"),
    ("page_from_size", "num"),
    ("page_from_encoding", "str"),
    ("page_from_language", "str"),
    ("page_from_title", "str"),
    ("page_from_status_code", "num"),
    ("first_seen", "time"),
    ("prev_seen", "time"),
    ("last_seen", "time"),
    ("item_type", "str"),
    ("attributes", "array"),
    ("dofollow", "bool"),
    ("original", "bool"),
    ("alt", "str"),
    ("image_url", "str"),
    ("anchor", "str"),
    ("text_pre", "str"),
    ("text_post", "str"),
    ("semantic_location", "str"),
    ("links_count", "num"),
    ("group_count", "num"),
    ("is_broken", "bool"),
    ("url_to_status_code", "num"),
    ("url_to_spam_score", "num"),
    ("url_to_redirect_target", "str"),
    ("ranked_keywords_info.page_from_keywords_count_top_3", "num"),
    ("ranked_keywords_info.page_from_keywords_count_top_10", "num"),
    ("ranked_keywords_info.page_from_keywords_count_top_100", "num"),
    ("is_indirect_link", "bool"),
    ("lost_date", "time"),
    ("new_reason", "str"),
    ("lost_reason", "str"),
];

/// The operators of a type.
pub(crate) fn operators(kind: &str) -> &'static [&'static str] {
    match kind {
        "bool" => &["=", "<>"],
        "num" | "time" => &["<", "<=", ">", ">=", "=", "<>", "in", "not_in"],
        "array" => &["has", "has_not"],
        _ => &[
            "=",
            "<>",
            "in",
            "not_in",
            "like",
            "not_like",
            "ilike",
            "not_ilike",
            "match",
            "not_match",
            "regex",
            "not_regex",
        ],
    }
}

/// A filter for rows such as those of `pool`.
pub(crate) fn filter(dice: &mut Dice, pool: &[Value]) -> Value {
    if dice.chance(2) {
        return json!([]);
    }
    if dice.chance(2) {
        let mut long = vec![condition(dice, pool)];
        for _ in 0..dice.below(63) {
            long.push(json!(dice.pick(&["and", "or", "or"])));
            long.push(plain_condition(dice, pool));
        }
        return Value::Array(long);
    }
    let depth = *dice.pick(&[0, 0, 1, 1, 1, 2, 3, 4]);
    loop {
        let filter = expression(dice, pool, depth);
        let text = filter.to_string();
        // Each condition has a list of its own around its field, and each pattern the word.
        if text.matches("[\"").count() <= 64 && text.matches("regex\"").count() <= 16 {
            return filter;
        }
    }
}

fn expression(dice: &mut Dice, pool: &[Value], depth: usize) -> Value {
    if dice.chance(12) {
        return Value::Array(vec![expression(dice, pool, depth.saturating_sub(1))]);
    }
    if depth == 0 || dice.chance(20) {
        return condition(dice, pool);
    }
    let connectors: &[&str] = match dice.below(4) {
        0 => &["and", "and", "And"],
        1 => &["or", "or", "OR"],
        _ => &["or", "and", "AND", "oR"],
    };
    let mut list = vec![expression(dice, pool, depth - 1)];
    for _ in 0..=dice.below(if depth > 2 { 2 } else { 3 }) {
        list.push(json!(dice.pick(connectors)));
        list.push(expression(dice, pool, depth - 1));
    }
    Value::Array(list)
}

/// A condition without a pattern: there may be many of these.
fn plain_condition(dice: &mut Dice, pool: &[Value]) -> Value {
    loop {
        let condition = condition(dice, pool);
        if !condition[1].as_str().unwrap().ends_with("regex") {
            return condition;
        }
    }
}

pub(crate) fn condition(dice: &mut Dice, pool: &[Value]) -> Value {
    let (field, kind) = *dice.pick(&FIELDS);
    if dice.chance(6) {
        return json!([field, dice.pick(&["=", "<>"]), null]);
    }
    let operator = *dice.pick(operators(kind));
    let one = |dice: &mut Dice| {
        let found = match field.split_once('.') {
            None if !pool.is_empty() => dice.pick(pool)[field].clone(),
            _ => Value::Null,
        };
        match kind {
            "bool" => boolean(dice, &found),
            "num" => number(dice, &found),
            "time" => time(dice, &found),
            "array" => element(dice, &found),
            _ => text(dice, &found, operator),
        }
    };
    if operator == "in" || operator == "not_in" {
        let list: Vec<Value> = (0..=dice.below(4)).map(|_| one(dice)).collect();
        return json!([field, operator, list]);
    }
    json!([field, operator, one(dice)])
}

fn boolean(dice: &mut Dice, found: &Value) -> Value {
    let value = found.as_bool().unwrap_or(false) ^ dice.chance(30);
    if dice.chance(30) { json!(value.to_string()) } else { json!(value) }
}

fn number(dice: &mut Dice, found: &Value) -> Value {
    let found = found.as_i64().unwrap_or(dice.below(300) as i64);
    let value = match dice.below(10) {
        0 => json!(found - 1),
        1 => json!(found + 1),
        2 => json!(found as f64 + 0.5),
        3 => json!(found as f64),
        4 => json!(found / 10),
        5 => json!(-found),
        _ => json!(found),
    };
    match dice.below(12) {
        0..3 => json!(value.to_string()),
        3 => json!(format!("{found}e0")),
        4 => json!(1e300),
        _ => value,
    }
}

fn time(dice: &mut Dice, found: &Value) -> Value {
    let Some(found) = found.as_str() else {
        return json!(dice.pick(&["2021-01-29 15:02:37 +00:00", "1969-12-31", "2150-01-01T00:00:00Z"]));
    };
    let (date, clock) = (&found[..10], &found[11..19]);
    let text = match dice.below(8) {
        0 => date.to_owned(),
        1 => format!("{date}T{clock}Z"),
        2 => format!("{date}T{clock}+02:00"),
        3 => format!("{date} {clock} -05:30"),
        4 => format!("{date}T{clock}.75Z"),
        _ => found.to_owned(),
    };
    json!(text)
}

fn element(dice: &mut Dice, found: &Value) -> Value {
    match found.as_array().filter(|_| dice.chance(80)) {
        Some(tokens) => dice.pick(tokens).clone(),
        None => json!(dice.pick(&["nofollow", "ugc", "NOFOLLOW", "noopener", "cms", "no"])),
    }
}

fn text(dice: &mut Dice, found: &Value, operator: &str) -> Value {
    let found: String = found.as_str().unwrap_or(["org", "the", "Ünï 1"][dice.below(3)]).chars().take(300).collect();
    let letters: Vec<char> = found.chars().collect();
    let piece = |dice: &mut Dice| -> String {
        let from = dice.below(letters.len() + 1);
        let to = (from + 1 + dice.below(8)).min(letters.len());
        letters[from..to].iter().collect()
    };
    let bent = match operator.trim_start_matches("not_") {
        "like" | "ilike" => {
            let (one, two) = (piece(dice), piece(dice));
            match dice.below(9) {
                0 => found.clone(),
                1 => format!("%{one}%"),
                2 => format!("{}%", letters[..letters.len() / 2].iter().collect::<String>()),
                3 => format!("%{}", letters[letters.len() / 2..].iter().collect::<String>()),
                4 => format!("%{one}%{two}%"),
                5 => format!("{}%{}", letters.first().unwrap_or(&'x'), letters.last().unwrap_or(&'x')),
                6 => dice.pick(&["%", "%%", "", "_%", "%\\%%", "%.%"]).to_string(),
                7 => format!("%{}%", one.replace(|letter: char| letter.is_alphanumeric(), "_")),
                _ => format!("%{one}"),
            }
        }
        "match" => words(dice, &found),
        "regex" => {
            let piece = piece(dice);
            pattern(dice, &found, &piece)
        }
        _ if dice.chance(15) => piece(dice),
        _ => found.clone(),
    };
    let is_pattern = operator.ends_with("regex");
    json!(match dice.below(8) {
        0 if !is_pattern => bent.to_uppercase(),
        1 if !is_pattern => bent.to_lowercase(),
        // The Kelvin sign, whose lower case is the letter.
        2 if !is_pattern && dice.chance(20) => bent.replace('k', "\u{212a}"),
        _ => bent,
    })
}

/// One to three words in a row, joined by something that is no part of a word.
fn words(dice: &mut Dice, found: &str) -> String {
    let runs = found.split(|letter: char| !letter.is_alphanumeric()).filter(|run| !run.is_empty());
    let runs: Vec<&str> = runs.collect();
    if runs.is_empty() {
        return "word".to_owned();
    }
    let from = dice.below(runs.len());
    let to = (from + 1 + dice.below(3)).min(runs.len());
    let joined = runs[from..to].join([" ", "-", " … ", "."][dice.below(4)]);
    match dice.below(6) {
        0 => format!("({joined})!"),
        1 => joined.chars().skip(1).chain(['x']).collect(),
        _ => joined,
    }
}

fn pattern(dice: &mut Dice, found: &str, piece: &str) -> String {
    let escaped = regex::escape(piece);
    match dice.below(10) {
        0 => format!("^{}", regex::escape(&found.chars().take(6).collect::<String>())),
        1 => format!("{escaped}$"),
        2 => format!("(?i){}", regex::escape(&piece.to_uppercase())),
        3 => format!("{escaped}|zzz"),
        4 => dice
            .pick(&["^https?://", r"\d+", r"\.(org|net|com)\b", r"[[:upper:]]", r"^\w+$", r"\p{Cyrillic}", ""])
            .to_string(),
        5 => piece
            .chars()
            .map(|letter| if letter.is_ascii_digit() { r"\d".to_owned() } else { regex::escape(&letter.to_string()) })
            .collect(),
        6 => format!("[a-m].*{escaped}"),
        7 => format!("(?:{escaped}){{1,3}}"),
        8 => piece.chars().map(|_| '.').collect(),
        _ => escaped,
    }
}
