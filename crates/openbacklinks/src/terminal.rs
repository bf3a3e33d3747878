//! What people see: progress on stderr, reports on stdout, exit codes. The only place that prints.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write, stderr, stdin, stdout};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use store::StoreError;

use crate::settings::{LogFormat, LogSettings};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// All well.
    Success,
    /// Something failed.
    Failure,
    /// The command line is wrong.
    Usage,
    /// What was asked for is not there.
    NotFound,
    /// Done, but some inputs were rejected.
    Partial,
    /// Stored bytes are not what was written, or of another format.
    Integrity,
    /// Interrupted.
    Interrupted,
}

impl ExitStatus {
    /// The code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Partial => 4,
            Self::Integrity => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

/// An error together with its exit status and advice.
#[derive(Debug)]
pub struct Advised {
    /// How to end.
    pub status: ExitStatus,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

impl fmt::Display for Advised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Advised {}

/// Sends logs to stderr.
pub fn start_log(settings: LogSettings) {
    let log = tracing_subscriber::fmt().with_writer(stderr).with_max_level(settings.level);
    // A second call in one process (tests) changes nothing.
    let _ = match settings.format {
        LogFormat::Text => log.with_ansi(stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// Tells an error and its advice, and says how to end. Whoever reads logs as JSON gets it as JSON.
pub fn report_error(error: &anyhow::Error, format: LogFormat) -> ExitStatus {
    let (status, hint) = classify(error);
    if format == LogFormat::Json && tracing::enabled!(tracing::Level::ERROR) {
        tracing::error!(exit.code = status.code(), hint = hint.unwrap_or_default(), "{error:#}");
        return status;
    }
    let advice = hint.map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
    let text = format!("error: {error:#}\n{advice}");
    // Nobody is left to tell if stderr is closed.
    let _ = stderr().write_all(text.as_bytes());
    status
}

const DISK_FULL: &str = "free some space and run the same command again; what was there before is as it was";

/// Exit status and advice for an error.
pub fn classify(error: &anyhow::Error) -> (ExitStatus, Option<&'static str>) {
    let is_full = |kind| matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    if error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|cause| is_full(cause.kind())) {
        return (ExitStatus::Failure, Some(DISK_FULL));
    }
    for cause in error.chain() {
        if let Some(advised) = cause.downcast_ref::<Advised>() {
            return (advised.status, Some(advised.hint));
        }
        let stored = match cause.downcast_ref() {
            Some(query::QueryError::Store(error)) => Some(error),
            _ => cause.downcast_ref::<StoreError>(),
        };
        if let Some(error) = stored {
            return classify_stored(error);
        }
        if let Some(query::QueryError::NoSnapshot) = cause.downcast_ref() {
            return (ExitStatus::NotFound, Some("run `backlinks build` first"));
        }
        if let Some(query::QueryError::NoSnapshotAsOf { .. }) = cause.downcast_ref() {
            return (ExitStatus::NotFound, Some("leave --as-of out to ask the snapshot that is served"));
        }
    }
    (ExitStatus::Failure, None)
}

fn classify_stored(error: &StoreError) -> (ExitStatus, Option<&'static str>) {
    match error {
        StoreError::NotFound { .. } => {
            (ExitStatus::NotFound, Some("`backlinks ingest` makes an index, `backlinks build` a snapshot"))
        }
        StoreError::Corrupt { .. } | StoreError::Manifest { .. } => {
            (ExitStatus::Integrity, Some("`backlinks inspect --verify` lists every damaged file"))
        }
        StoreError::Format { .. } => (
            ExitStatus::Integrity,
            Some("ingest the archives into a new folder, or use the program that made this index; it is left as it is"),
        ),
        StoreError::Served { .. } => {
            (ExitStatus::Usage, Some("`backlinks build` makes a newer one, then this one can go"))
        }
        StoreError::CrawlExists { .. } => (ExitStatus::Usage, Some("choose another --crawl")),
        StoreError::Locked { .. } => (ExitStatus::Failure, Some("try again when the other command has ended")),
        StoreError::TooMany { .. } => (ExitStatus::Failure, Some("see --buckets of `backlinks ingest`")),
        _ => (ExitStatus::Failure, None),
    }
}

/// Prints a line of a report. A closed pipe is no error: whoever read has read enough.
pub fn print(text: impl fmt::Display) -> anyhow::Result<()> {
    match writeln!(stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints a text that has its own ends of lines. On a terminal it is made harmless first; into a file or a
/// pipe it goes as it is.
pub fn print_text(text: &str) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    let written = if out.is_terminal() {
        let lines: Vec<String> = text.lines().map(|line| plain(line) + "\n").collect();
        out.write_all(lines.concat().as_bytes())
    } else {
        out.write_all(text.as_bytes())
    };
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Standard output for many lines, one after another.
#[derive(Debug)]
pub struct Lines {
    out: BufWriter<StdoutLock<'static>>,
    is_terminal: bool,
}

impl Lines {
    /// Takes standard output for itself.
    pub fn new() -> Self {
        Self { is_terminal: stdout().is_terminal(), out: BufWriter::new(stdout().lock()) }
    }

    /// Writes a line; see [`print_text`]. `false` if nobody reads any more.
    pub fn write(&mut self, line: &str) -> anyhow::Result<bool> {
        let written =
            if self.is_terminal { writeln!(self.out, "{}", plain(line)) } else { writeln!(self.out, "{line}") };
        is_read(written)
    }

    /// Writes what is waiting.
    pub fn finish(mut self) -> anyhow::Result<()> {
        is_read(self.out.flush()).map(|_| ())
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

fn is_read(written: io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        other => Ok(other.map(|()| true)?),
    }
}

/// Asks whoever sits at the terminal; only `yes` is yes. `None` if nobody does.
pub fn confirm(question: impl fmt::Display) -> anyhow::Result<Option<bool>> {
    if !stdin().is_terminal() {
        return Ok(None);
    }
    write!(stderr(), "{question} Type yes to go on: ")?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(Some(answer.trim() == "yes"))
}

/// Columns of the terminal, if results go to one.
pub fn terminal_width() -> Option<usize> {
    let terminal = console::Term::stdout();
    terminal.is_term().then(|| terminal.size_checked()).flatten().map(|(_, columns)| columns.into())
}

/// Text of strangers without what could steer a terminal, begin a line or turn text around.
pub fn plain(text: &str) -> String {
    let is_hostile = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|letter| if is_hostile(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Progress of long work: a bar on a terminal, a line every ten seconds elsewhere.
pub struct Progress {
    shown: Shown,
}

enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines(Mutex<Instant>),
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").finish_non_exhaustive()
    }
}

const LINE_EVERY: Duration = Duration::from_secs(10);

impl Progress {
    /// Progress on stderr, unless `quiet`.
    pub fn new(quiet: bool) -> Self {
        let shown = if quiet {
            Shown::Nothing
        } else if stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{msg:24} {wide_bar} {pos}/{len} {elapsed}");
            if let Ok(style) = style {
                bar.set_style(style);
            }
            Shown::Bar(bar)
        } else {
            Shown::Lines(Mutex::new(Instant::now()))
        };
        Self { shown }
    }

    /// Tells how far a stage is.
    pub fn tell(&self, stage: &str, done: u64, all: u64) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                bar.set_message(stage.to_owned());
                bar.set_length(all);
                bar.set_position(done);
            }
            Shown::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    // Progress is a courtesy: a closed stderr must not stop the work.
                    let _ = writeln!(stderr(), "{stage}: {done} of {all}");
                }
            }
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

/// A note to whoever watches, on stderr.
pub fn note(text: impl fmt::Display) {
    // See `Progress::tell`.
    let _ = writeln!(stderr(), "{text}");
}

/// The most memory this process has used, in bytes, where the system says so.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// `1.5 GiB`
pub fn human_bytes(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", units[unit]) }
}
