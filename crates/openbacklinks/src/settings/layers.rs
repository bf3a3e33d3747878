//! Where values come from: flags over environment over file over defaults. All are texts here; what
//! they mean is decided when they are read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::SettingError;
use super::file::ConfigFile;
use super::table::{Preset, SETTINGS, Setting, setting};
use super::values::Reason;

/// A setting that was given on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Key of the setting.
    pub key: &'static str,
    /// What was typed.
    pub value: OsString,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// A line of the file.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// Nobody said.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Environment(name) => write!(f, "env {name}"),
            Self::File { path, line } => write!(f, "file {}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The value as it was written.
    pub text: OsString,
    /// Where it came from.
    pub origin: Origin,
}

/// For every setting that has a value, the one that holds.
#[derive(Debug)]
pub(super) struct Layers {
    found: BTreeMap<&'static str, Found>,
}

impl Layers {
    /// Puts the layers on each other. An empty environment variable is none.
    pub(super) fn new(
        flags: Vec<Flag>,
        environment: &dyn Fn(&str) -> Option<OsString>,
        file: Option<ConfigFile>,
    ) -> Self {
        let mut found = BTreeMap::new();
        for setting in SETTINGS {
            if let Preset::Text(text) = setting.default {
                found.insert(setting.key, Found { text: text.into(), origin: Origin::Default });
            }
        }
        if let Some(file) = file {
            for (key, (text, line)) in file.values {
                let origin = Origin::File { path: file.path.clone(), line };
                found.insert(key, Found { text: text.into(), origin });
            }
        }
        for setting in SETTINGS {
            if let Some(text) = environment(setting.variable).filter(|text| !text.is_empty()) {
                found.insert(setting.key, Found { text, origin: Origin::Environment(setting.variable) });
            }
        }
        for flag in flags {
            let name = setting(flag.key).and_then(|setting| setting.flag).map_or("", |(name, _)| name);
            found.insert(flag.key, Found { text: flag.value, origin: Origin::Flag(name) });
        }
        Self { found }
    }

    /// The value of a setting that has a preset text.
    pub(super) fn read<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Reason>,
    ) -> Result<T, SettingError> {
        let found = self.found.get(key).expect("a setting that is read like this has a preset text");
        parse_found(key, found, parse)
    }

    /// The value of a setting, or what it is otherwise; that is shown as its default from now on.
    pub(super) fn read_or<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Reason>,
        otherwise: T,
    ) -> Result<T, SettingError>
    where
        T: fmt::Display,
    {
        if let Some(found) = self.found.get(key) {
            return parse_found(key, found, parse);
        }
        let text = otherwise.to_string().into();
        self.found.insert(key, Found { text, origin: Origin::Default });
        Ok(otherwise)
    }

    /// A path. In the file it is relative to the file's folder, elsewhere to the current one.
    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let found = self.found.get_mut(key)?;
        if let Origin::File { path, .. } = &found.origin {
            let folder = path.parent().unwrap_or(Path::new(""));
            found.text = folder.join(&found.text).into_os_string();
        }
        Some(PathBuf::from(&found.text))
    }

    /// Paths, separated by commas; each as [`Self::path`] has it.
    pub(super) fn paths(&self, key: &'static str) -> Vec<PathBuf> {
        let Some(found) = self.found.get(key) else { return Vec::new() };
        let folder = match &found.origin {
            Origin::File { path, .. } => path.parent().unwrap_or(Path::new("")),
            _ => Path::new(""),
        };
        let text = found.text.to_string_lossy();
        text.split(',').map(str::trim).filter(|path| !path.is_empty()).map(|path| folder.join(path)).collect()
    }

    /// Every setting with what holds, in the order of the table.
    pub(super) fn into_shown(mut self) -> Vec<(&'static Setting, Option<Found>)> {
        SETTINGS.iter().map(|setting| (setting, self.found.remove(setting.key))).collect()
    }
}

fn parse_found<T>(
    key: &'static str,
    found: &Found,
    parse: impl Fn(&str) -> Result<T, Reason>,
) -> Result<T, SettingError> {
    let parsed = found.text.to_str().ok_or_else(|| "not UTF-8".to_owned()).and_then(parse);
    parsed.map_err(|reason| match &found.origin {
        Origin::Flag(name) | Origin::Environment(name) => SettingError::Given { name, reason },
        Origin::File { path, line } => {
            SettingError::File { path: path.clone(), line: *line, reason: format!("{key}: {reason}") }
        }
        Origin::Default => SettingError::Given { name: key, reason },
    })
}
