//! What can be typed. Settings that were resolved are types of the commands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};

/// An open backlink index: web archives in, backlinks out.
#[derive(Debug, Parser)]
#[command(name = "backlinks", version, propagate_version = true, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
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
    #[command(after_help = "Example:\n  backlinks query example.org --data ./index --limit 20")]
    Query(Query),
    /// Create, list and revoke API keys.
    #[command(subcommand, after_help = "Example:\n  backlinks keys create --data ./index --name reporting")]
    Keys(Keys),
    /// Show what an index holds; with --verify, read and check all of it.
    #[command(after_help = "Example:\n  backlinks inspect --data ./index --verify")]
    Inspect(Inspect),
}

/// Where the index is.
#[derive(Debug, Args)]
pub struct DataArgument {
    /// The folder of the index.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
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
    /// Where to listen; port 0 takes any free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
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
    /// Memory to use, for instance 512MiB or 4GiB.
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub memory: ByteSize,
    /// Buckets of a new index: more for more links (about one for 25 million).
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub buckets: u16,
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
    /// Memory to use, for instance 512MiB or 4GiB.
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub memory: ByteSize,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArguments,
}

/// `backlinks serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Where the index is.
    #[command(flatten)]
    pub data: DataArgument,
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Ask for no key, and ignore any; on loopback addresses only.
    #[arg(long)]
    pub no_auth: bool,
    /// Memory for decoded blocks, for instance 512MiB or 4GiB.
    #[arg(long, value_name = "SIZE", default_value = "512MiB")]
    pub memory: ByteSize,
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
    /// Rows to show, 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Rows to pass over.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub offset: u32,
    /// How to report.
    #[command(flatten)]
    pub output: OutputArguments,
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

/// A number of bytes as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSize(pub u64);

/// Why a text is no size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotASize;

impl std::fmt::Display for NotASize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a size is a number and B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, and at least 64MiB")
    }
}

impl std::error::Error for NotASize {}

impl FromStr for ByteSize {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Self, NotASize> {
        let text = text.trim();
        let at = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let number: u64 = number.parse().map_err(|_| NotASize)?;
        let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" => 1000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "tb" => 1_000_000_000_000,
            "kib" | "k" => 1 << 10,
            "mib" | "m" => 1 << 20,
            "gib" | "g" => 1 << 30,
            "tib" | "t" => 1 << 40,
            _ => return Err(NotASize),
        };
        let bytes = number.checked_mul(factor).ok_or(NotASize)?;
        if bytes >= 64 << 20 { Ok(Self(bytes)) } else { Err(NotASize) }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [("1GiB", 1 << 30), ("512 mib", 512 << 20), ("2GB", 2_000_000_000), ("67108864", 64 << 20)]
        {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
        for text in ["", "1", "lots", "-1GiB", "1PiBB", "99999999999999999TiB"] {
            assert_eq!(text.parse::<ByteSize>(), Err(NotASize), "{text}");
        }
    }
}
