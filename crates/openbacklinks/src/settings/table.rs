//! Every setting there is: its key in the file, its environment variable, its flag, its default and
//! what it means. Nothing else names an environment variable of ours; `docs/operations.md` prints this
//! table, and a test compares the two.

/// Names the file of settings, as `--config` does.
pub const CONFIG_VARIABLE: &str = "BACKLINKS_CONFIG";

/// The file that is read when none is named: in the current folder, if it is there.
pub const CONFIG_FILE: &str = "backlinks.toml";

/// What all our environment variables begin with.
pub const VARIABLE_PREFIX: &str = "BACKLINKS_";

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its key in the file, with the section: `serve.listen`.
    pub key: &'static str,
    /// Its environment variable. `BACKLINKS_MEMORY` is that of whichever command runs.
    pub variable: &'static str,
    /// Its flag, and the commands that have it; most settings have none.
    pub flag: Option<(&'static str, &'static [&'static str])>,
    /// What it is when nobody says.
    pub default: Preset,
    /// What it means.
    pub meaning: &'static str,
}

/// What a setting is when nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// This, written as it would be in the file.
    Text(&'static str),
    /// Something that depends on the command or the machine; this says what.
    Depends(&'static str),
    /// Nothing.
    Nothing,
}

impl Preset {
    /// As documents write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text(text) | Self::Depends(text) => text,
            Self::Nothing => "none",
        }
    }
}

/// The setting of a key.
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

const ALL: &[&str] =
    &["ingest", "build", "serve", "query", "events", "crawls", "snapshots", "forget", "keys", "inspect", "config"];
const EVERY: &[&str] = &[
    "demo",
    "ingest",
    "build",
    "serve",
    "query",
    "events",
    "crawls",
    "snapshots",
    "forget",
    "keys",
    "inspect",
    "config",
];

const fn row(key: &'static str, variable: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting { key, variable, flag: None, default: Preset::Text(default), meaning }
}

const fn flagged(
    (flag, commands): (&'static str, &'static [&'static str]),
    key: &'static str,
    variable: &'static str,
    default: Preset,
    meaning: &'static str,
) -> Setting {
    Setting { key, variable, flag: Some((flag, commands)), default, meaning }
}

/// All settings, in the order in which they are shown.
pub const SETTINGS: &[Setting] = &[
    flagged(("--data", ALL), "data", "BACKLINKS_DATA", Preset::Nothing, "the folder of the index"),
    flagged(
        ("--log", EVERY),
        "log.level",
        "BACKLINKS_LOG",
        Preset::Depends("`info` for `serve`, else `warn`"),
        "what is logged: `off`, `error`, `warn`, `info`, `debug` or `trace`",
    ),
    flagged(
        ("--log-format", EVERY),
        "log.format",
        "BACKLINKS_LOG_FORMAT",
        Preset::Text("text"),
        "`text`, or `json` for one JSON object a line",
    ),
    flagged(
        ("--memory", &["ingest"]),
        "ingest.memory",
        "BACKLINKS_MEMORY",
        Preset::Text("1GiB"),
        "memory for reading and sorting, all threads together",
    ),
    flagged(
        ("--buckets", &["ingest"]),
        "ingest.buckets",
        "BACKLINKS_BUCKETS",
        Preset::Text("16"),
        "parts of a new index, 1 to 4096: about one for 25 million links",
    ),
    row(
        "ingest.checkpoint_seconds",
        "BACKLINKS_CHECKPOINT_SECONDS",
        "10",
        "how much time of each thread a killed ingest may lose, beside the archive that it is reading; `0` for none",
    ),
    flagged(
        ("--memory", &["build", "forget"]),
        "build.memory",
        "BACKLINKS_MEMORY",
        Preset::Text("1GiB"),
        "memory for sorting and for ranks",
    ),
    flagged(
        ("--keep-hours", &["build"]),
        "build.keep_hours",
        "BACKLINKS_KEEP_HOURS",
        Preset::Text("24"),
        "how long a snapshot stays after a newer one came",
    ),
    flagged(
        ("--keep-snapshots", &["build"]),
        "build.keep_snapshots",
        "BACKLINKS_KEEP_SNAPSHOTS",
        Preset::Text("2"),
        "how many of the newest snapshots stay in any case, the one that is served among them; at least 1",
    ),
    flagged(
        ("--countries", &["build", "forget"]),
        "build.countries",
        "BACKLINKS_COUNTRIES",
        Preset::Nothing,
        "files that say which country an address is in (`geoip` and `geoip6` of tor-geoipdb, or `.mmdb`), separated by commas",
    ),
    flagged(
        ("--listen", &["demo", "serve", "config"]),
        "serve.listen",
        "BACKLINKS_LISTEN",
        Preset::Text("127.0.0.1:8080"),
        "address and port; port 0 takes any free one",
    ),
    flagged(
        ("--memory", &["serve", "config"]),
        "serve.memory",
        "BACKLINKS_MEMORY",
        Preset::Text("512MiB"),
        "memory for decoded blocks",
    ),
    flagged(
        ("--no-auth", &["serve", "config"]),
        "serve.no_auth",
        "BACKLINKS_NO_AUTH",
        Preset::Text("false"),
        "ask for no key; on loopback addresses only",
    ),
    row("serve.connections", "BACKLINKS_CONNECTIONS", "1024", "open connections; more wait in the system's queue"),
    row("serve.head_bytes", "BACKLINKS_HEAD_BYTES", "32KiB", "size of the head of a request, 8KiB to 1MiB"),
    row("serve.headers", "BACKLINKS_HEADERS", "100", "header lines of a request"),
    row("serve.head_seconds", "BACKLINKS_HEAD_SECONDS", "10", "time for the head of a request"),
    row("serve.idle_seconds", "BACKLINKS_IDLE_SECONDS", "60", "time between two requests of a connection"),
    row("serve.write_seconds", "BACKLINKS_WRITE_SECONDS", "30", "how long a client may read nothing of its answer"),
    row(
        "serve.notice_seconds",
        "BACKLINKS_NOTICE_SECONDS",
        "0",
        "how long `/health/readyz` says 503 before nothing is accepted any more",
    ),
    row("serve.drain_seconds", "BACKLINKS_DRAIN_SECONDS", "30", "time for running requests when the server is stopped"),
    row("serve.body_bytes", "BACKLINKS_BODY_BYTES", "1MiB", "size of a body, 1KiB to 64MiB"),
    row("serve.body_seconds", "BACKLINKS_BODY_SECONDS", "20", "time for a body"),
    row("serve.answer_seconds", "BACKLINKS_ANSWER_SECONDS", "120", "time for an answer, the queue included"),
    Setting {
        key: "serve.answers_at_once",
        variable: "BACKLINKS_ANSWERS_AT_ONCE",
        flag: None,
        default: Preset::Depends("twice the cores"),
        meaning: "answers worked on at once; more wait",
    },
    Setting {
        key: "serve.large_at_once",
        variable: "BACKLINKS_LARGE_AT_ONCE",
        flag: None,
        default: Preset::Depends("half the cores"),
        meaning: "questions that scan many links, worked on at once besides",
    },
    row("serve.large_waiting", "BACKLINKS_LARGE_WAITING", "64", "such questions that may wait; one more is refused"),
    row("serve.answer_memory", "BACKLINKS_ANSWER_MEMORY", "512MiB", "memory of one question, beside decoded blocks"),
    row("serve.requests_per_minute", "BACKLINKS_REQUESTS_PER_MINUTE", "2000", "requests of one key in a minute"),
    row("serve.requests_at_once", "BACKLINKS_REQUESTS_AT_ONCE", "30", "requests of one key under way at once"),
    row("prices.request_usd", "BACKLINKS_REQUEST_USD", "0", "what a task that succeeded costs, in US dollars"),
    row("prices.row_usd", "BACKLINKS_ROW_USD", "0", "what each of its rows costs, in US dollars"),
    row(
        "prices.deposit_usd",
        "BACKLINKS_DEPOSIT_USD",
        "0",
        "what each key has paid in, in US dollars; nobody is refused for spending more",
    ),
];
