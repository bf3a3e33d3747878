//! What can be typed. What is a setting too stays a text here: `settings` puts it over environment and
//! file, and says what it means.

mod history;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::filter::LevelFilter;

pub use self::history::{Crawls, Diff, DiffFormat, Events, Forget, ForgetCommand, Snapshots};
use crate::settings::{Flag, Given};

/// An open backlink index: web archives in, backlinks out.
#[derive(Debug, Parser)]
#[command(name = "backlinks", version, propagate_version = true, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// The file of settings; without it backlinks.toml of this folder, if there is one [env: BACKLINKS_CONFIG].
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What is logged: off, error, warn, info, debug or trace [default: info for serve, else warn] [env: BACKLINKS_LOG].
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<OsString>,
    /// How: text, or json for one object a line [default: text] [env: BACKLINKS_LOG_FORMAT].
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<OsString>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a small synthetic web, index it and serve it.
    #[command(after_help = "Example:\n  backlinks demo --listen 127.0.0.1:8080")]
    Demo(Demo),
    /// Read web archives (WARC, ARC, WAT, WACZ) into a crawl.
    #[command(after_help = "Example:\n  backlinks ingest --data ./index --crawl 2026-11 ./archives")]
    Ingest(Ingest),
    /// Build the next snapshot from all crawls and publish it.
    #[command(after_help = "Example:\n  backlinks build --data ./index --memory 4GiB")]
    Build(Build),
    /// Serve the newest snapshot over HTTP.
    #[command(
        after_help = "Example:\n  backlinks keys create --data ./index --name me\n  backlinks serve --data ./index --listen 127.0.0.1:8080"
    )]
    Serve(Serve),
    /// Show the backlinks of a domain, subdomain or page.
    #[command(
        after_help = "Example:\n  backlinks query example.org --data ./index --filter '[\"dofollow\",\"=\",true]' --order-by rank,desc --mode one_per_domain --fields rank,url_from --format csv"
    )]
    Query(Query),
    /// Show what happened to the links to a domain, subdomain or page.
    #[command(after_help = "Example:\n  backlinks events example.org --data ./index --since 2026-11-01 --format jsonl")]
    Events(Events),
    /// List and remove crawls.
    #[command(subcommand, after_help = "Example:\n  backlinks crawls list --data ./index")]
    Crawls(Crawls),
    /// List, compare and remove snapshots.
    #[command(subcommand, after_help = "Example:\n  backlinks snapshots list --data ./index")]
    Snapshots(Snapshots),
    /// Erase hosts from crawls and snapshots, and keep them out.
    #[command(after_help = "Example:\n  backlinks forget example.org --data ./index")]
    Forget(Forget),
    /// Create, list and revoke API keys.
    #[command(subcommand, after_help = "Example:\n  backlinks keys create --data ./index --name reporting")]
    Keys(Keys),
    /// Show what an index holds; with --verify, read and check all of it.
    #[command(after_help = "Example:\n  backlinks inspect --data ./index --verify")]
    Inspect(Inspect),
    /// Show all settings and where each comes from, as `serve` would have them.
    #[command(after_help = "Example:\n  backlinks config --config /etc/backlinks.toml")]
    Config(Config),
}

/// Where the index is.
#[derive(Debug, Args)]
pub struct DataArgument {
    /// The folder of the index [env: BACKLINKS_DATA].
    #[arg(long, value_name = "DIR")]
    pub data: Option<OsString>,
}

/// How to report.
#[derive(Debug, Args)]
pub struct OutputArguments {
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,
    /// Show no progress.
    #[arg(long, short)]
    pub quiet: bool,
}

/// `backlinks demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to listen; port 0 takes any free one [default: 127.0.0.1:8080] [env: BACKLINKS_LISTEN].
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<OsString>,
    /// About how many links the synthetic web has.
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    pub links: u64,
    /// Seed of the synthetic web.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Make everything and print the curl line, but do not serve.
    #[arg(long)]
    pub no_serve: bool,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArguments,
}

/// `backlinks ingest`
#[derive(Debug, Args)]
pub struct Ingest {
    /// Where the index is; made if it is not there.
    #[command(flatten)]
    pub data: DataArgument,
    /// Name of the crawl; without one it is made from names and sizes of the inputs.
    #[arg(long, value_name = "NAME")]
    pub crawl: Option<String>,
    /// Memory to use, for instance 512MiB or 4GiB [default: 1GiB] [env: BACKLINKS_MEMORY].
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<OsString>,
    /// Buckets of a new index: more for more links, about one for 25 million [default: 16] [env: BACKLINKS_BUCKETS].
    #[arg(long, value_name = "N")]
    pub buckets: Option<OsString>,
    /// Archives, and folders of archives.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArguments,
}

/// `backlinks build`
#[derive(Debug, Args)]
pub struct Build {
    /// Where the index is.
    #[command(flatten)]
    pub data: DataArgument,
    /// Memory to use, for instance 512MiB or 4GiB [default: 1GiB] [env: BACKLINKS_MEMORY].
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<OsString>,
    /// Hours for which a snapshot stays after a newer one came [default: 24] [env: BACKLINKS_KEEP_HOURS].
    #[arg(long, value_name = "HOURS")]
    pub keep_hours: Option<OsString>,
    /// How many of the newest snapshots stay in any case, at least 1 [default: 2] [env: BACKLINKS_KEEP_SNAPSHOTS].
    #[arg(long, value_name = "N")]
    pub keep_snapshots: Option<OsString>,
    /// Files that say which country an address is in (`geoip` and `geoip6` of tor-geoipdb, or `.mmdb`),
    /// separated by commas [default: none] [env: BACKLINKS_COUNTRIES].
    #[arg(long, value_name = "FILES")]
    pub countries: Option<OsString>,
    /// Make everything anew, instead of folding new crawls into the snapshot before; the result is the same.
    #[arg(long)]
    pub full: bool,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArguments,
}

/// `backlinks serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// The settings that can be typed.
    #[command(flatten)]
    pub settings: ServeArguments,
}

/// What can be typed for `serve`, and for `config`, which shows what `serve` would make of it.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Where the index is.
    #[command(flatten)]
    pub data: DataArgument,
    /// Where to listen; port 0 takes any free one [default: 127.0.0.1:8080] [env: BACKLINKS_LISTEN].
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<OsString>,
    /// Ask for no key, and ignore any; on loopback addresses only [env: BACKLINKS_NO_AUTH].
    #[arg(long)]
    pub no_auth: bool,
    /// Memory for decoded blocks, for instance 512MiB or 4GiB [default: 512MiB] [env: BACKLINKS_MEMORY].
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<OsString>,
}

/// `backlinks config`
#[derive(Debug, Args)]
pub struct Config {
    /// The settings that can be typed.
    #[command(flatten)]
    pub settings: ServeArguments,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,
}

/// `backlinks query`
#[derive(Debug, Args)]
pub struct Query {
    /// A domain, a subdomain, or the absolute URL of a page.
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// Where the index is.
    #[command(flatten)]
    pub data: DataArgument,
    /// Only such links: JSON as `filters` of the API takes it.
    #[arg(long, value_name = "JSON")]
    pub filter: Option<String>,
    /// Sort by a field, `asc` or `desc`; up to three times, the first one first.
    #[arg(long, value_name = "FIELD,DIRECTION")]
    pub order_by: Vec<String>,
    /// In the newest snapshot that had been made by then, or in the one with this number.
    #[arg(long, value_name = "DATE|SNAPSHOT")]
    pub as_of: Option<String>,
    /// Which rows to keep.
    #[arg(long, value_enum, default_value_t)]
    pub mode: ModeArgument,
    /// Keep so many rows for each value of a field.
    #[arg(long, value_name = "FIELD:N", conflicts_with = "mode")]
    pub custom_mode: Option<String>,
    /// Links that are there, that are gone, or both.
    #[arg(long, value_enum, default_value_t)]
    pub status: StatusArgument,
    /// Not the subdomains of the target.
    #[arg(long)]
    pub no_subdomains: bool,
    /// Links from the target's own domain too.
    #[arg(long)]
    pub include_internal: bool,
    /// Not the links that reach the target through redirects or canonicals.
    #[arg(long)]
    pub no_indirect: bool,
    /// The scale of ranks: to 1000 or to 100.
    #[arg(long, value_enum, default_value_t)]
    pub rank_scale: RankScaleArgument,
    /// What a row is: a referring page with its best link, or a link.
    #[arg(long, value_enum, default_value_t)]
    pub rows: RowsArgument,
    /// Tell what ranks and spam scores were made of (a field `explain`), and the rank of all these links.
    #[arg(long)]
    pub explain: bool,
    /// Rows to show, 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Rows to pass over.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub offset: u32,
    /// Fields to show, by their names in the API [default: some in a table, else all].
    #[arg(long, value_name = "A,B")]
    pub fields: Vec<String>,
    /// How to write rows; text that looks like a formula gets an apostrophe in csv.
    #[arg(long, value_enum, default_value_t, conflicts_with = "json")]
    pub format: Format,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArguments,
}

/// How `query` writes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Columns for people.
    #[default]
    Table,
    /// One object with the number of rows and the rows.
    Json,
    /// One object a row.
    Jsonl,
    /// RFC 4180 with a header.
    Csv,
}

/// `mode` of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ModeArgument {
    /// All.
    #[default]
    AsIs,
    /// The best of each host of referring pages.
    OnePerDomain,
    /// The best of each text of a link.
    OnePerAnchor,
}

/// `backlinks_status_type` of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum StatusArgument {
    /// There at the last check.
    #[default]
    Live,
    /// Gone.
    Lost,
    /// Both.
    All,
}

/// `rank_scale` of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum RankScaleArgument {
    /// 0 to 1000.
    #[default]
    OneThousand,
    /// 0 to 100.
    OneHundred,
}

/// `rows` of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum RowsArgument {
    /// A referring page, with its best link.
    #[default]
    PerPage,
    /// A link.
    PerLink,
}

/// `backlinks keys`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a key; it is shown once.
    Create {
        /// Where the index is.
        #[command(flatten)]
        data: DataArgument,
        /// What to call it.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// How to report.
        #[command(flatten)]
        output: OutputArguments,
    },
    /// List all keys ever made.
    List {
        /// Where the index is.
        #[command(flatten)]
        data: DataArgument,
        /// How to report.
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Make a key void.
    Revoke {
        /// Where the index is.
        #[command(flatten)]
        data: DataArgument,
        /// The key's id.
        #[arg(value_name = "ID")]
        id: String,
        /// How to report.
        #[command(flatten)]
        output: OutputArguments,
    },
}

/// `backlinks inspect`
#[derive(Debug, Args)]
pub struct Inspect {
    /// Where the index is.
    #[command(flatten)]
    pub data: DataArgument,
    /// Read every file and check every block.
    #[arg(long)]
    pub verify: bool,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArguments,
}

impl Arguments {
    /// What of this is a setting.
    pub fn given(&self) -> Given {
        let mut flags = Flags(Vec::new());
        flags.add("log.level", self.log.as_ref());
        flags.add("log.format", self.log_format.as_ref());
        let mut usual_level = LevelFilter::WARN;
        match &self.command {
            Command::Demo(demo) => flags.add("serve.listen", demo.listen.as_ref()),
            Command::Ingest(ingest) => {
                flags.add("data", ingest.data.data.as_ref());
                flags.add("ingest.memory", ingest.memory.as_ref());
                flags.add("ingest.buckets", ingest.buckets.as_ref());
            }
            Command::Build(build) => {
                flags.add("data", build.data.data.as_ref());
                flags.add("build.memory", build.memory.as_ref());
                flags.add("build.keep_hours", build.keep_hours.as_ref());
                flags.add("build.keep_snapshots", build.keep_snapshots.as_ref());
                flags.add("build.countries", build.countries.as_ref());
            }
            Command::Serve(Serve { settings }) | Command::Config(Config { settings, .. }) => {
                usual_level = LevelFilter::INFO;
                flags.add("data", settings.data.data.as_ref());
                flags.add("serve.listen", settings.listen.as_ref());
                flags.add("serve.memory", settings.memory.as_ref());
                flags.add("serve.no_auth", settings.no_auth.then(|| "true".into()).as_ref());
            }
            Command::Query(query) => flags.add("data", query.data.data.as_ref()),
            Command::Keys(Keys::Create { data, .. } | Keys::List { data, .. } | Keys::Revoke { data, .. }) => {
                flags.add("data", data.data.as_ref());
            }
            Command::Inspect(inspect) => flags.add("data", inspect.data.data.as_ref()),
            Command::Events(events) => flags.add("data", events.data.data.as_ref()),
            Command::Crawls(crawls) => flags.add("data", crawls.data().data.as_ref()),
            Command::Snapshots(snapshots) => flags.add("data", snapshots.data().data.as_ref()),
            Command::Forget(forget) => forget.add_flags(&mut flags),
        }
        Given { config: self.config.clone(), flags: flags.0, usual_level }
    }

    /// Whether notes are unwanted.
    pub fn is_quiet(&self) -> bool {
        match &self.command {
            Command::Demo(Demo { output, .. })
            | Command::Ingest(Ingest { output, .. })
            | Command::Build(Build { output, .. })
            | Command::Query(Query { output, .. })
            | Command::Events(Events { output, .. })
            | Command::Keys(Keys::Create { output, .. } | Keys::List { output, .. } | Keys::Revoke { output, .. })
            | Command::Inspect(Inspect { output, .. }) => output.quiet,
            Command::Crawls(crawls) => crawls.output().quiet,
            Command::Snapshots(snapshots) => snapshots.output().quiet,
            Command::Forget(forget) => forget.output().quiet,
            Command::Serve(_) | Command::Config(_) => false,
        }
    }
}

struct Flags(Vec<Flag>);

impl Flags {
    fn add(&mut self, key: &'static str, value: Option<&OsString>) {
        self.0.extend(value.map(|value| Flag { key, value: value.clone() }));
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::settings::{Preset, SETTINGS};

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_flag_is_where_the_table_says_and_its_help_tells_variable_and_default() {
        let mut program = Arguments::command();
        program.build();
        for command in program.get_subcommands().filter(|command| command.get_subcommands().next().is_none()) {
            for setting in SETTINGS {
                let Some((flag, commands)) = setting.flag else { continue };
                let argument = command.get_arguments().find(|argument| argument.get_long() == flag.strip_prefix("--"));
                if !commands.contains(&command.get_name()) {
                    continue;
                }
                let help = argument.and_then(|argument| argument.get_help());
                let help = help.unwrap_or_else(|| panic!("{} has no {flag}", command.get_name())).to_string();
                assert!(
                    help.contains(&format!("[env: {}]", setting.variable)),
                    "{} {flag}: {help}",
                    command.get_name()
                );
                let default = match setting.default {
                    Preset::Text("false") | Preset::Nothing => continue,
                    other => format!("[default: {}]", other.as_str().replace('`', "")),
                };
                assert!(help.contains(&default), "{} {flag}: {help}", command.get_name());
            }
        }
    }
}
