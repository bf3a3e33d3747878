//! Rows as a table for people: columns of one width, as wide as the terminal at most.

use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::fields::Item;
use crate::terminal::plain;

const GAP: &str = "  ";

/// No column is made narrower than this to fit.
const NARROWEST: usize = 6;

struct Cell {
    text: String,
    is_number: bool,
}

/// A line of names, and a line for each row. `width` is that of the terminal, if there is one.
pub(in crate::commands) fn table(items: &[Item], fields: &[&str], width: Option<usize>) -> String {
    let rows: Vec<Vec<Cell>> =
        items.iter().map(|item| fields.iter().map(|field| cell(&item[*field])).collect()).collect();
    let mut widths: Vec<usize> = fields.iter().map(|field| field.width()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.width());
        }
    }
    if let Some(width) = width {
        narrow(&mut widths, width.saturating_sub(GAP.len() * fields.len().saturating_sub(1)));
    }
    // A name stands over its column as the values do: on the right over numbers.
    let is_number = |column: usize| {
        rows.iter().any(|row| row[column].is_number) && rows.iter().all(|row| fits_number(&row[column]))
    };
    let header = fields
        .iter()
        .enumerate()
        .map(|(column, field)| Cell { text: (*field).to_owned(), is_number: is_number(column) });
    let mut text = line(&header.collect::<Vec<_>>(), &widths, width);
    for row in &rows {
        text.push_str(&line(row, &widths, width));
    }
    text
}

fn fits_number(cell: &Cell) -> bool {
    cell.is_number || cell.text == NULL
}

const NULL: &str = "-";

fn cell(value: &Value) -> Cell {
    let text = match value {
        Value::Null => NULL.to_owned(),
        Value::String(text) => plain(text),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            plain(&texts.join(", "))
        }
        other => plain(&other.to_string()),
    };
    Cell { text, is_number: value.is_number() }
}

/// Takes from the widest columns until all fit, or none can give any more.
fn narrow(widths: &mut [usize], available: usize) {
    while widths.iter().sum::<usize>() > available {
        let Some(widest) = widths.iter_mut().max() else { return };
        if *widest <= NARROWEST {
            return;
        }
        *widest -= 1;
    }
}

fn line(cells: &[Cell], widths: &[usize], width: Option<usize>) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        if !line.is_empty() {
            line.push_str(GAP);
        }
        let text = cut(&cell.text, *width);
        let padding = " ".repeat(width.saturating_sub(text.width()));
        if cell.is_number {
            line.push_str(&padding);
            line.push_str(&text);
        } else {
            line.push_str(&text);
            line.push_str(&padding);
        }
    }
    let line = width.map_or(line.clone(), |width| cut(&line, width));
    format!("{}\n", line.trim_end())
}

/// A text of at most so many columns, with `…` where something is missing.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for letter in text.chars() {
        used += letter.width().unwrap_or(0);
        if used >= width {
            break;
        }
        kept.push(letter);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn items(rows: &[(i64, &str)]) -> Vec<Item> {
        rows.iter()
            .map(|(rank, anchor)| {
                [("rank".to_owned(), json!(rank)), ("anchor".to_owned(), json!(anchor)), ("x".to_owned(), Value::Null)]
                    .into_iter()
                    .collect()
            })
            .collect()
    }

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let rows = items(&[(1, "a"), (1000, "日本日本"), (20, "e\u{301}")]);
        let expected = "rank  anchor    x\n   1  a         -\n1000  日本日本  -\n  20  e\u{301}         -\n";
        assert_eq!(table(&rows, &["rank", "anchor", "x"], None), expected);
    }

    #[test]
    fn a_table_is_no_wider_than_the_terminal() {
        let rows = items(&[(1, &"long ".repeat(50)), (2, &"日".repeat(90))]);
        for width in [8, 20, 40, 41, 80] {
            let text = table(&rows, &["rank", "anchor", "x"], Some(width));
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
            assert!(text.contains('…'));
            // The widest column gives way, not the last one, as long as it can.
            assert!(width < 20 || text.lines().all(|line| line.ends_with(['x', '-'])), "{text}");
        }
        assert_eq!(table(&items(&[(1, "a")]), &["rank", "anchor"], Some(80)), "rank  anchor\n   1  a\n");
    }

    #[test]
    fn strangers_cannot_steer_the_terminal() {
        let rows = items(&[(1, "\u{1b}[2Jx\u{9b}31m\r\n\u{202e}y\u{7}")]);
        let text = table(&rows, &["anchor"], None);
        assert_eq!(text, "anchor\n\u{fffd}[2Jx\u{fffd}31m\u{fffd}\u{fffd}\u{fffd}y\u{fffd}\n");
    }

    #[test]
    fn without_rows_there_are_the_names() {
        assert_eq!(table(&[], &["rank", "alt"], Some(80)), "rank  alt\n");
    }
}
