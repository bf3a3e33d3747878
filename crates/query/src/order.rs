//! Makes the lists that keep large targets' default answers ready.

use std::collections::{BTreeMap, HashMap};

use model::{Bucket, Host, Target};
use store::{Counters, OrderWriter, OrderedRow, Result, Scope, Snapshot};

use crate::bounds::Bounds;
use crate::candidate::Context;
use crate::index::QueryError;
use crate::question::{BacklinksQuestion, RankScale};
use crate::selection::select;
use crate::target_rows::TargetRows;

/// Targets with more stored links than this have a list.
pub const LARGE: u64 = 1000;

/// Rows kept of a list: more than an offset can reach. Past them the target is scanned.
const KEPT: usize = 32_768;

/// Asks the default question about every large host and domain of a bucket and hands the answers to
/// the writer.
///
/// Cost: each level of a large domain is scanned once; memory is about 40 bytes for each page
/// that links to the largest target.
pub fn fill_order(snapshot: &Snapshot, bucket: Bucket, writer: &mut OrderWriter) -> Result<()> {
    fill(snapshot, bucket, writer).map_err(|error| match error {
        QueryError::Store(error) => error,
        other => unreachable!("a build bounds no question: {other}"),
    })
}

fn fill(snapshot: &Snapshot, bucket: Bucket, writer: &mut OrderWriter) -> Result<(), QueryError> {
    let bounds = Bounds::none();
    let reader = snapshot.bucket(bucket)?;
    let newest_visit = snapshot.newest_visit();
    let context = Context { reader, newest_visit, scale: RankScale::OneThousand, bounds: &bounds };
    let mut exact: HashMap<String, u64> = HashMap::new();
    let mut below: HashMap<String, u64> = HashMap::new();
    for host in reader.hosts()? {
        let rows: u64 = host.ranges.iter().map(|range| range.rows.len() as u64).sum();
        let folded = host.host.without_www();
        *exact.entry(folded.to_owned()).or_default() += rows;
        let Some(registrable) = Host::parse(folded).map(|host| host.icann_registrable().to_owned()) else { continue };
        let mut name = folded;
        loop {
            *below.entry(name.to_owned()).or_default() += rows;
            if name.len() <= registrable.len() || host.host.is_ip() {
                break;
            }
            let Some((_, parent)) = name.split_once('.') else { break };
            name = parent;
        }
    }
    let mut targets: BTreeMap<Scope, Target> = BTreeMap::new();
    for (sums, include_subdomains) in [(exact, false), (below, true)] {
        for (name, rows) in sums {
            let Some(host) = Host::parse(&name).filter(|_| rows > LARGE) else { continue };
            targets.insert(Scope::of_host(&host, include_subdomains), Target::Host { host, include_subdomains });
        }
    }
    for (scope, target) in targets {
        let question = BacklinksQuestion::new(target);
        let rows = TargetRows::of(&context, &question.target)?;
        let selected = select(&context, &rows, &question, None, (0, KEPT))?;
        let met = selected.met;
        let counters = Counters {
            referring_pages: selected.count,
            live: met.live,
            lost: met.lost,
            internal: met.internal,
            indirect: met.indirect,
        };
        let rows = selected.shown.unwrap_or_default();
        writer.push(&scope, counters, &rows.into_iter().map(OrderedRow::from).collect::<Vec<_>>())?;
    }
    Ok(())
}
