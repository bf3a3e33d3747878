//! Large targets, scanned by several threads: each takes a part of the rows and collects by itself, and what
//! they have collected is put together.

use crate::admission::{Collector, Scan, Scanned};
use crate::candidate::Context;
use crate::index::QueryError;
use crate::target_rows::TargetRows;

/// [`Scan::collect`] on as many threads as the bounds allow and the rows are worth. Each thread may hold its part
/// of the memory.
pub(crate) fn collect_in_parts(
    scan: &Scan<'_>,
    context: &Context<'_>,
    rows: &TargetRows,
    collector: &mut impl Collector,
) -> Result<Scanned, QueryError> {
    let threads = context.bounds.threads.min(rows.len() / context.bounds.rows_of_a_thread.max(1));
    // A lowest rank is answered from a list of few rows, which parts would each go through.
    let parts = if threads > 1 && scan.lowest() == 0 { rows.parts(threads) } else { Vec::new() };
    let (first, others) = parts.split_first().unwrap_or((rows, &[]));
    let Some(collectors) = others.iter().map(|_| collector.part()).collect::<Option<Vec<_>>>() else {
        return scan.collect(context, rows, collector);
    };
    let bounds = context.bounds.of_part(1 + others.len());
    let context = Context { bounds: &bounds, ..*context };
    std::thread::scope(|scope| {
        let spawn = |(rows, mut collector)| {
            scope.spawn(move || {
                let scanned = scan.collect(&context, rows, &mut collector)?;
                Ok::<_, QueryError>((scanned, collector))
            })
        };
        let threads: Vec<_> = others.iter().zip(collectors).map(spawn).collect();
        let mut scanned = scan.collect(&context, first, collector);
        for thread in threads {
            let part = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            scanned = scanned.and_then(|mut scanned| {
                let (more, part) = part?;
                scanned.join(&more);
                collector.join(part);
                Ok(scanned)
            });
        }
        scanned
    })
}
