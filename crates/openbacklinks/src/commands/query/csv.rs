//! Rows as CSV (RFC 4180), safe to open in a spreadsheet.
//!
//! Cells are written by strangers, and spreadsheets take a cell for a formula when it begins with `=`,
//! `+`, `-` or `@`, or with a tab or an end of line before one. Such a text gets an apostrophe before it,
//! which spreadsheets take as "this is text". Numbers are written as numbers.

use anyhow::Context;
use csv::{Terminator, WriterBuilder};
use serde_json::Value;

use super::fields::Item;

/// A header, and one record for each row. Null is empty; lists and objects are JSON.
pub(in crate::commands) fn csv(items: &[Item], fields: &[&str]) -> anyhow::Result<String> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(fields).context("cannot write CSV")?;
    for item in items {
        writer.write_record(fields.iter().map(|field| cell(&item[*field]))).context("cannot write CSV")?;
    }
    let bytes = writer.into_inner().context("cannot write CSV")?;
    String::from_utf8(bytes).context("CSV is UTF-8")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => inert(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => inert(&value.to_string()),
    }
}

fn inert(text: &str) -> String {
    let apostrophe = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    format!("{apostrophe}{text}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(value: Value) -> String {
        let item = [("a".to_owned(), Value::from(1)), ("b".to_owned(), value)].into_iter().collect();
        let text = csv(&[item], &["a", "b"]).unwrap();
        let row = text.strip_prefix("a,b\r\n1,").and_then(|rest| rest.strip_suffix("\r\n"));
        row.unwrap_or_else(|| panic!("{text}")).to_owned()
    }

    #[test]
    fn a_text_that_looks_like_a_formula_gets_an_apostrophe() {
        for (text, written) in [
            ("=HYPERLINK(0)", "'=HYPERLINK(0)"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("\n=1", "\"'\n=1\""),
            ("=a,\"b\"", "\"'=a,\"\"b\"\"\""),
            ("1=1", "1=1"),
            (" =1", " =1"),
            ("", ""),
        ] {
            assert_eq!(one(json!(text)), written, "{text:?}");
        }
    }

    #[test]
    fn numbers_stay_numbers_and_lists_are_json() {
        assert_eq!(one(json!(-5)), "-5");
        assert_eq!(one(json!(null)), "");
        assert_eq!(one(json!(true)), "true");
        assert_eq!(one(json!(["=a", "b"])), "\"[\"\"=a\"\",\"\"b\"\"]\"");
        assert_eq!(one(json!({ "k": 1 })), "\"{\"\"k\"\":1}\"");
    }

    #[test]
    fn without_rows_there_is_a_header() {
        assert_eq!(csv(&[], &["rank", "alt"]).unwrap(), "rank,alt\r\n");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let texts = ["a,b", "a\"b", "a\r\nb", "'", "ü…\u{202e}", " x "];
        let items: Vec<Item> = texts.iter().map(|text| [("t".to_owned(), json!(text))].into_iter().collect()).collect();
        let written = csv(&items, &["t"]).unwrap();
        let mut reader = csv::Reader::from_reader(written.as_bytes());
        let read: Vec<String> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
        assert_eq!(read, texts);
    }
}
