//! The file of settings: TOML, every key known, every value with its line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::SettingError;
use super::table::SETTINGS;
use crate::nearest::nearest;

/// A larger file is none of ours.
const LARGEST_BYTES: u64 = 1 << 20;

/// What a file says.
#[derive(Debug)]
pub(super) struct ConfigFile {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Key to value and line.
    pub(super) values: BTreeMap<&'static str, (String, usize)>,
}

impl ConfigFile {
    /// Reads a file whole.
    pub(super) fn read(path: &Path) -> Result<Self, SettingError> {
        let unreadable = |source| SettingError::Unreadable { path: path.to_owned(), source };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > LARGEST_BYTES {
            let reason = format!("larger than {LARGEST_BYTES} bytes");
            return Err(SettingError::File { path: path.to_owned(), line: 1, reason });
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, SettingError> {
        let fault = |place: usize, reason: String| SettingError::File {
            path: path.to_owned(),
            line: line_of(text, place),
            reason,
        };
        let table = DeTable::parse(text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            fault(place, format!("not TOML: {}", error.message()))
        })?;
        let mut found = Vec::new();
        flatten("", table.get_ref(), &mut found);
        // In the order of the file, so that the first fault is the one that is told.
        found.sort_by_key(|entry| entry.place);
        let mut values = BTreeMap::new();
        for entry in found {
            let Some(setting) = SETTINGS.iter().find(|setting| setting.key == entry.key) else {
                return Err(fault(entry.place, unknown(&entry.key)));
            };
            let reason = "a text, a number, true or false is wanted";
            let value = entry.value.ok_or_else(|| fault(entry.place, format!("{}: {reason}", entry.key)))?;
            values.insert(setting.key, (value, line_of(text, entry.place)));
        }
        Ok(Self { path: path.to_owned(), values })
    }
}

/// One key with a value that is no section.
struct Entry {
    key: String,
    place: usize,
    /// `None` for what no setting is: a list, a date, a section inside a setting.
    value: Option<String>,
}

fn flatten(prefix: &str, table: &DeTable<'_>, found: &mut Vec<Entry>) {
    for (name, value) in table {
        let key = format!("{prefix}{}", name.get_ref());
        let place = name.span().start;
        match value.get_ref() {
            DeValue::Table(section) if !is_setting(&key) && is_section(&key) => {
                flatten(&format!("{key}."), section, found);
            }
            _ => found.push(Entry { key, place, value: text_of(value) }),
        }
    }
}

fn is_setting(key: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.key == key)
}

fn is_section(key: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

fn text_of(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.clone().into_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Integer(number) => Some(i64::from_str_radix(number.as_str(), number.radix()).ok()?.to_string()),
        _ => None,
    }
}

fn unknown(key: &str) -> String {
    // A key may be a value in the wrong place, but only its owner sees this.
    if is_section(key) {
        return format!("`{key}` is a section: write [{key}] and its settings below");
    }
    let sections = SETTINGS.iter().filter_map(|setting| setting.key.split_once('.')).map(|(section, _)| section);
    let known = SETTINGS.iter().map(|setting| setting.key).chain(sections);
    match nearest(key, known) {
        Some(near) => format!("`{key}` is no setting; the nearest is `{near}`"),
        None => format!("`{key}` is no setting"),
    }
}

/// Lines are counted from 1.
fn line_of(text: &str, place: usize) -> usize {
    text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ConfigFile, String> {
        ConfigFile::parse(Path::new("backlinks.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn sections_dotted_keys_and_inline_tables_say_the_same() {
        let expected = parse("[serve]\nlisten = \"[::1]:80\"\nconnections = 7").unwrap().values;
        assert_eq!(expected["serve.listen"], ("[::1]:80".to_owned(), 2));
        assert_eq!(expected["serve.connections"], ("7".to_owned(), 3));
        for text in ["serve.listen='[::1]:80'\nserve.connections=0x7", "serve = {listen='[::1]:80', connections=7}"] {
            let values = parse(text).unwrap().values;
            assert_eq!(values["serve.listen"].0, "[::1]:80", "{text}");
            assert_eq!(values["serve.connections"].0, "7", "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        let values = parse("[prices]\nrow_usd = 0.00003\nrequest_usd = 1_000").unwrap().values;
        assert_eq!(values["prices.row_usd"].0, "0.00003");
        assert_eq!(values["prices.request_usd"].0, "1000");
    }

    #[test]
    fn a_fault_names_its_line_and_the_nearest_key() {
        for (text, message) in [
            (
                "\n[serve]\nlisen = \"x\"",
                "backlinks.toml:3: `serve.lisen` is no setting; the nearest is `serve.listen`",
            ),
            ("dat = 1", "backlinks.toml:1: `dat` is no setting; the nearest is `data`"),
            ("qqqqqqqqqqqq = 1", "backlinks.toml:1: `qqqqqqqqqqqq` is no setting"),
            ("[log]\n\n[sever]\nlisten = 1", "backlinks.toml:3: `sever` is no setting; the nearest is `serve`"),
            ("log = 1", "backlinks.toml:1: `log` is a section: write [log] and its settings below"),
            ("data = [1]", "backlinks.toml:1: data: a text, a number, true or false is wanted"),
            ("[data]\nx = 1", "backlinks.toml:1: data: a text, a number, true or false is wanted"),
            ("data = 2026-01-01", "backlinks.toml:1: data: a text, a number, true or false is wanted"),
        ] {
            assert_eq!(parse(text).unwrap_err(), message, "{text}");
        }
        let broken = parse("\ndata = ").unwrap_err();
        assert!(broken.starts_with("backlinks.toml:2: not TOML: "), "{broken}");
        let twice = parse("data = 'a'\ndata = 'b'").unwrap_err();
        assert!(twice.starts_with("backlinks.toml:2: not TOML: "), "{twice}");
    }
}
