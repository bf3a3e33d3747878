//! Large targets, scanned by several threads: each takes a part of the rows and collects by itself, and what
//! they have collected is put together.

use crate::admission::{Collector, Scanned, collect};
use crate::candidate::Context;
use crate::filter::Filter;
use crate::index::QueryError;
use crate::link_counts::LinkCounts;
use crate::question::BacklinksQuestion;
use crate::target_rows::TargetRows;

/// [`collect`] on as many threads as the bounds allow and the rows are worth. Each thread may hold its part of
/// the memory.
pub(crate) fn collect_in_parts(
    context: &Context<'_>,
    rows: &TargetRows,
    question: &BacklinksQuestion,
    filter: Option<&Filter>,
    counts: Option<&LinkCounts>,
    collector: &mut impl Collector,
) -> Result<Scanned, QueryError> {
    let threads = context.bounds.threads.min(rows.len() / context.bounds.rows_of_a_thread.max(1));
    // A lowest rank is answered from a list of few rows, which parts would each go through.
    let asks_lowest = filter.is_some_and(|filter| *filter.narrowed().0.ranks.start() > 0);
    let parts = if threads > 1 && !asks_lowest { rows.parts(threads) } else { Vec::new() };
    let Some((first, others)) = parts.split_first() else {
        return collect(context, rows, question, filter, counts, collector);
    };
    let bounds = context.bounds.of_part(parts.len());
    let context = Context { bounds: &bounds, ..*context };
    let collectors: Option<Vec<_>> = others.iter().map(|_| collector.part()).collect();
    let Some(collectors) = collectors else {
        return collect(&context, rows, question, filter, counts, collector);
    };
    std::thread::scope(|scope| {
        let spawn = |(rows, mut collector)| {
            scope.spawn(move || {
                let scanned = collect(&context, rows, question, filter, counts, &mut collector)?;
                Ok::<_, QueryError>((scanned, collector))
            })
        };
        let threads: Vec<_> = others.iter().zip(collectors).map(spawn).collect();
        let mut scanned = collect(&context, first, question, filter, counts, collector);
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
