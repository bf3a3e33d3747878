//! What the commands work with, resolved from flags, environment, file and defaults.
//!
//! The command line gives texts ([`Flag`]); [`Settings`] holds values. Nothing else in the program, and
//! nothing in the libraries, reads the environment (but for the points to be killed at in debug builds: `store`).

mod file;
mod layers;
mod table;
mod values;

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::BucketCount;
use server::{RequestLimits, ServerOptions};
use tracing_subscriber::filter::LevelFilter;

pub use layers::{Flag, Found, Origin};
pub use table::{CONFIG_FILE, CONFIG_VARIABLE, Preset, SETTINGS, Setting, VARIABLE_PREFIX, setting};
pub use values::{Dollars, LogFormat};

use crate::terminal::{Advised, ExitStatus};
use file::ConfigFile;
use layers::Layers;

/// Everything that can be set. [`SETTINGS`] describes each setting.
#[derive(Debug)]
pub struct Settings {
    /// `data`: the folder of the index; [`Settings::data`] insists on it.
    pub data: Option<PathBuf>,
    /// `[log]`
    pub log: LogSettings,
    /// `[ingest]`
    pub ingest: IngestSettings,
    /// `[build]`
    pub build: BuildSettings,
    /// `[serve]`
    pub serve: ServeSettings,
    /// `[prices]`
    pub prices: PriceSettings,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Every setting as it was written, and where.
    pub shown: Vec<(&'static Setting, Option<Found>)>,
}

/// `[log]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// `level`
    pub level: LevelFilter,
    /// `format`
    pub format: LogFormat,
}

/// `[ingest]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngestSettings {
    /// `memory`, in bytes.
    pub memory_bytes: u64,
    /// `buckets`
    pub buckets: BucketCount,
    /// `checkpoint_seconds`: how long a thread may go on before what it has read is put in safety.
    pub checkpoint: Duration,
}

/// `[build]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildSettings {
    /// `memory`, in bytes.
    pub memory_bytes: u64,
    /// `keep_hours`: how long a snapshot stays after a newer one came.
    pub keep_hours: u32,
    /// `keep_snapshots`: how many of the newest stay in any case.
    pub keep_snapshots: u32,
    /// `countries`: files that say which country an address is in.
    pub countries: Vec<PathBuf>,
}

/// `[serve]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeSettings {
    /// `listen`
    pub listen: SocketAddr,
    /// `memory`, in bytes.
    pub memory_bytes: u64,
    /// `no_auth`
    pub no_auth: bool,
    /// The bounds of connections.
    pub options: ServerOptions,
    /// The bounds of requests, and those of each key.
    pub limits: RequestLimits,
}

/// `[prices]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PriceSettings {
    /// `request_usd`: what a task that succeeded costs.
    pub request_usd: Dollars,
    /// `row_usd`: what each of its rows costs.
    pub row_usd: Dollars,
    /// `deposit_usd`: what each key has paid in; nobody is refused for spending more.
    pub deposit_usd: Dollars,
}

/// Why there are no settings. Never tells a value.
#[derive(Debug)]
#[non_exhaustive]
pub enum SettingError {
    /// A flag or an environment variable says nothing that can be used.
    Given {
        /// The flag or the variable.
        name: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The file is not as it must be.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl std::fmt::Display for SettingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given { name, reason } => write!(f, "{name}: {reason}"),
            Self::File { path, line, reason } => write!(f, "{}:{line}: {reason}", path.display()),
            Self::Unreadable { path, source } => write!(f, "cannot read {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for SettingError {}

impl From<SettingError> for Advised {
    fn from(error: SettingError) -> Self {
        let status = match &error {
            SettingError::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound => ExitStatus::NotFound,
            SettingError::Unreadable { .. } => ExitStatus::Failure,
            SettingError::Given { .. } | SettingError::File { .. } => ExitStatus::Usage,
        };
        Self { status, message: error.to_string(), hint: "docs/operations.md describes every setting" }
    }
}

/// What was given from outside.
#[derive(Debug)]
pub struct Given {
    /// The file that `--config` names.
    pub config: Option<PathBuf>,
    /// The other flags that are settings.
    pub flags: Vec<Flag>,
    /// What is logged when nobody says.
    pub usual_level: LevelFilter,
}

impl Settings {
    /// Resolves. `environment` gives the value of a variable; `folder` is where the file is looked for
    /// that nobody named.
    pub fn resolve(
        given: Given,
        environment: &dyn Fn(&str) -> Option<OsString>,
        folder: &Path,
    ) -> Result<Self, SettingError> {
        let named =
            given.config.or_else(|| environment(CONFIG_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from));
        let usual = folder.join(CONFIG_FILE);
        // A folder of that name, say, is told as a fault, not passed over.
        let path = named.or_else(|| usual.symlink_metadata().is_ok().then_some(usual));
        let file = path.as_deref().map(ConfigFile::read).transpose()?;
        let mut layers = Layers::new(given.flags, environment, file);
        let settings = Self {
            data: layers.path("data"),
            log: LogSettings {
                level: layers.read_or("log.level", values::level, given.usual_level)?,
                format: layers.read("log.format", values::format)?,
            },
            ingest: IngestSettings {
                memory_bytes: layers.read("ingest.memory", values::memory)?,
                buckets: layers.read("ingest.buckets", values::buckets)?,
                checkpoint: seconds_from(&layers, "ingest.checkpoint_seconds", 0)?,
            },
            build: BuildSettings {
                memory_bytes: layers.read("build.memory", values::memory)?,
                keep_hours: layers.read("build.keep_hours", values::number(0, HOURS_OF_TEN_YEARS))?,
                keep_snapshots: layers.read("build.keep_snapshots", values::number(1, MANY))?,
                countries: layers.paths("build.countries"),
            },
            serve: ServeSettings {
                listen: layers.read("serve.listen", values::address)?,
                memory_bytes: layers.read("serve.memory", values::memory)?,
                no_auth: layers.read("serve.no_auth", values::flag)?,
                options: server_options(&layers)?,
                limits: request_limits(&mut layers)?,
            },
            prices: PriceSettings {
                request_usd: layers.read("prices.request_usd", values::dollars)?,
                row_usd: layers.read("prices.row_usd", values::dollars)?,
                deposit_usd: layers.read("prices.deposit_usd", values::dollars)?,
            },
            file: path,
            shown: Vec::new(),
        };
        Ok(Self { shown: layers.into_shown(), ..settings })
    }

    /// The folder of the index, which most commands need.
    pub fn data(&self) -> anyhow::Result<&Path> {
        let missing = || Advised {
            status: ExitStatus::Usage,
            message: "no index is named".to_owned(),
            hint: "give --data DIR, set BACKLINKS_DATA, or write data = \"DIR\" in backlinks.toml",
        };
        Ok(self.data.as_deref().ok_or_else(missing)?)
    }
}

/// The process's environment; the only place that reads it.
pub fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Environment variables that look like ours and are none: most likely typed wrong. They are not refused,
/// because others may set them: a service called `backlinks` gets some from its orchestrator.
pub fn unknown_variables() -> Vec<String> {
    let is_known = |name: &str| name == CONFIG_VARIABLE || SETTINGS.iter().any(|setting| setting.variable == name);
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut unknown: Vec<String> = names.filter(|name| name.starts_with(VARIABLE_PREFIX) && !is_known(name)).collect();
    unknown.sort();
    unknown
}

const HOURS_OF_TEN_YEARS: u32 = 87_600;
const DAY_SECONDS: u32 = 86_400;
const MANY: u32 = 1_000_000;

fn seconds(layers: &Layers, key: &'static str) -> Result<Duration, SettingError> {
    seconds_from(layers, key, 1)
}

fn seconds_from(layers: &Layers, key: &'static str, least: u32) -> Result<Duration, SettingError> {
    Ok(Duration::from_secs(layers.read(key, values::number(least, DAY_SECONDS))?.into()))
}

fn count(layers: &Layers, key: &'static str) -> Result<usize, SettingError> {
    Ok(layers.read(key, values::number(1, MANY))? as usize)
}

fn server_options(layers: &Layers) -> Result<ServerOptions, SettingError> {
    let mut options = ServerOptions::default();
    options.connections = count(layers, "serve.connections")?;
    options.head_bytes = layers.read("serve.head_bytes", values::size(8 << 10, 1 << 20))? as usize;
    options.headers = count(layers, "serve.headers")?;
    options.head_timeout = seconds(layers, "serve.head_seconds")?;
    options.idle_timeout = seconds(layers, "serve.idle_seconds")?;
    options.write_timeout = seconds(layers, "serve.write_seconds")?;
    options.notice = seconds_from(layers, "serve.notice_seconds", 0)?;
    options.drain = seconds(layers, "serve.drain_seconds")?;
    Ok(options)
}

fn request_limits(layers: &mut Layers) -> Result<RequestLimits, SettingError> {
    let mut limits = RequestLimits::default();
    limits.body_bytes = layers.read("serve.body_bytes", values::size(1 << 10, 64 << 20))? as usize;
    limits.body_deadline = seconds(layers, "serve.body_seconds")?;
    limits.answer_deadline = seconds(layers, "serve.answer_seconds")?;
    let usual = u32::try_from(limits.answers_at_once).unwrap_or(MANY);
    limits.answers_at_once = layers.read_or("serve.answers_at_once", values::number(1, MANY), usual)? as usize;
    let usual = u32::try_from(limits.large_at_once).unwrap_or(MANY);
    limits.large_at_once = layers.read_or("serve.large_at_once", values::number(1, MANY), usual)? as usize;
    limits.large_waiting = layers.read("serve.large_waiting", values::number(0, MANY))? as usize;
    limits.answer_memory_bytes = layers.read("serve.answer_memory", values::size(1 << 20, 1 << 40))?;
    limits.rates.per_minute = layers.read("serve.requests_per_minute", values::number(1, MANY))?;
    limits.rates.at_once = layers.read("serve.requests_at_once", values::number(1, MANY))?;
    Ok(limits)
}

#[cfg(test)]
mod tests;
