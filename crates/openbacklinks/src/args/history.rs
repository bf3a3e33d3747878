//! What can be typed about crawls and snapshots, what happened between them, and what is to be forgotten.

use std::ffi::OsString;

use clap::{Args, Subcommand, ValueEnum};

use super::{DataArgument, Format, OutputArguments};
use crate::args::Flags;

/// `backlinks crawls`
#[derive(Debug, Subcommand)]
pub enum Crawls {
    /// List all crawls: what they hold, and whether the snapshot that is served was made from them.
    #[command(after_help = "Example:\n  backlinks crawls list --data ./index")]
    List {
        /// Where the index is.
        #[command(flatten)]
        data: DataArgument,
        /// How to report.
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Remove crawls for good; the next build takes them out of the index.
    #[command(after_help = "Example:\n  backlinks crawls remove 2025-11 --data ./index")]
    Remove {
        /// Where the index is.
        #[command(flatten)]
        data: DataArgument,
        /// Their names.
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
        /// How to report.
        #[command(flatten)]
        output: OutputArguments,
    },
}

/// `backlinks snapshots`
#[derive(Debug, Subcommand)]
pub enum Snapshots {
    /// List all snapshots that are kept.
    #[command(after_help = "Example:\n  backlinks snapshots list --data ./index")]
    List {
        /// Where the index is.
        #[command(flatten)]
        data: DataArgument,
        /// How to report.
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Remove snapshots, whatever their age; never the one that is served.
    #[command(after_help = "Example:\n  backlinks snapshots remove 3 4 --data ./index")]
    Remove {
        /// Where the index is.
        #[command(flatten)]
        data: DataArgument,
        /// Their numbers.
        #[arg(value_name = "N", required = true)]
        numbers: Vec<String>,
        /// How to report.
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Show which direct links changed from one snapshot to another.
    #[command(after_help = "Example:\n  backlinks snapshots diff 3 4 example.org --data ./index --format jsonl")]
    Diff(Diff),
}

/// `backlinks snapshots diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// Number of the earlier snapshot.
    #[arg(value_name = "A")]
    pub before: String,
    /// Number of the later one.
    #[arg(value_name = "B")]
    pub after: String,
    /// Only links to this domain, subdomain or page.
    #[arg(value_name = "TARGET")]
    pub target: Option<String>,
    /// Where the index is.
    #[command(flatten)]
    pub data: DataArgument,
    /// Not the subdomains of the target.
    #[arg(long)]
    pub no_subdomains: bool,
    /// Numbers as text or json, or with jsonl everything that changed, one object each.
    #[arg(long, value_enum, default_value_t, conflicts_with = "json")]
    pub format: DiffFormat,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArguments,
}

/// How `snapshots diff` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DiffFormat {
    /// Numbers for people.
    #[default]
    Text,
    /// Numbers as one object.
    Json,
    /// One object for each link, and each target of links, that changed.
    Jsonl,
}

/// `backlinks events`
#[derive(Debug, Args)]
pub struct Events {
    /// A domain, a subdomain, or the absolute URL of a page.
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// Where the index is.
    #[command(flatten)]
    pub data: DataArgument,
    /// Only what was found out since: a date, a time, or the number of a snapshot for what that one does not
    /// hold.
    #[arg(long, value_name = "DATE|TIME|SNAPSHOT")]
    pub since: Option<String>,
    /// Not the subdomains of the target.
    #[arg(long)]
    pub no_subdomains: bool,
    /// Of links from the target's own domain too.
    #[arg(long)]
    pub include_internal: bool,
    /// Only the newest so many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// How to write events; text that looks like a formula gets an apostrophe in csv.
    #[arg(long, value_enum, default_value_t, conflicts_with = "json")]
    pub format: Format,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArguments,
}

/// `backlinks forget`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Forget {
    /// What else can be done.
    #[command(subcommand)]
    pub command: Option<ForgetCommand>,
    /// The hosts, each with everything below it.
    #[arg(value_name = "HOST", required = true)]
    pub hosts: Vec<String>,
    /// The hosts alone, not what is below them; `www.` is folded.
    #[arg(long)]
    pub exact: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
    /// Where the index is.
    #[command(flatten)]
    pub data: DataArgument,
    /// Memory for the build [default: 1GiB] [env: BACKLINKS_MEMORY].
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<OsString>,
    /// Files that say which country an address is in, for the build [default: none] [env: BACKLINKS_COUNTRIES].
    #[arg(long, value_name = "FILES")]
    pub countries: Option<OsString>,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArguments,
}

/// What `backlinks forget` can do besides.
#[derive(Debug, Subcommand)]
pub enum ForgetCommand {
    /// List the hosts that are kept out.
    #[command(after_help = "Example:\n  backlinks forget list --data ./index")]
    List {
        /// Where the index is.
        #[command(flatten)]
        data: DataArgument,
        /// How to report.
        #[command(flatten)]
        output: OutputArguments,
    },
}

impl Crawls {
    pub(super) fn data(&self) -> &DataArgument {
        let (Self::List { data, .. } | Self::Remove { data, .. }) = self;
        data
    }

    pub(super) fn output(&self) -> &OutputArguments {
        let (Self::List { output, .. } | Self::Remove { output, .. }) = self;
        output
    }
}

impl Snapshots {
    pub(super) fn data(&self) -> &DataArgument {
        let (Self::List { data, .. } | Self::Remove { data, .. } | Self::Diff(Diff { data, .. })) = self;
        data
    }

    pub(super) fn output(&self) -> &OutputArguments {
        let (Self::List { output, .. } | Self::Remove { output, .. } | Self::Diff(Diff { output, .. })) = self;
        output
    }
}

impl Forget {
    pub(super) fn add_flags(&self, flags: &mut Flags) {
        let data = match &self.command {
            Some(ForgetCommand::List { data, .. }) => data,
            None => &self.data,
        };
        flags.add("data", data.data.as_ref());
        flags.add("build.memory", self.memory.as_ref());
        flags.add("build.countries", self.countries.as_ref());
    }

    pub(super) fn output(&self) -> &OutputArguments {
        match &self.command {
            Some(ForgetCommand::List { output, .. }) => output,
            None => &self.output,
        }
    }
}
