//! What the stages of a build share, and how one is run over all buckets.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use model::{Bucket, BucketCount};

use super::enrichment::Assess;
use super::plan::Plan;
use super::{BuildOptions, HostOfKey, StageProgress};
use crate::error::{Result, corrupt};
use crate::layout::DataDir;
use crate::manifest::FileEntry;
use crate::parallel::for_each;
use crate::record::RecordScan;
use crate::snapshot::Snapshot;
use crate::sort::{SortedRuns, Sorter};

/// What the stages of a build share.
pub(super) struct Context<'a> {
    pub(super) data: &'a DataDir,
    /// Where the snapshot is made.
    pub(super) folder: &'a Path,
    /// Where runs are spilled.
    pub(super) runs: &'a Path,
    pub(super) plan: &'a Plan,
    pub(super) buckets: BucketCount,
    pub(super) options: BuildOptions,
    pub(super) assess: Assess<'a>,
    /// Names of the files that are those of the snapshot before.
    pub(super) shared: &'a Mutex<BTreeSet<String>>,
    /// Seconds of the stages that have ended; rounds of one stage add up.
    pub(super) seconds: &'a Mutex<Vec<(&'static str, f64)>>,
}

impl Context<'_> {
    /// A sorter's share if `count` of them fill at once on every thread.
    pub(super) fn sorter(&self, count: usize) -> Sorter {
        // Half of the memory sorts; the rest is for what is being read, written and merged.
        let budget = self.options.memory_bytes / 2 / self.options.threads.max(1) / count;
        Sorter::new(self.runs, self.buckets.get().into(), budget)
    }

    /// What the buckets told, together.
    pub(super) fn joined(&self, parts: Vec<SortedRuns>) -> Result<SortedRuns> {
        SortedRuns::join(parts).unwrap_or_else(|| Ok(SortedRuns::empty(self.runs, self.buckets.get().into())))
    }

    /// The snapshot that rows are taken over from, if there is one.
    pub(super) fn known(&self) -> Option<&Snapshot> {
        self.plan.previous.as_ref()
    }

    /// The records of a table of that snapshot.
    pub(super) fn previous_records(&self, name: &str) -> Result<Option<RecordScan>> {
        self.known().map(|snapshot| snapshot.records(name)).transpose()
    }

    /// Takes a file over as it is.
    pub(super) fn share(&self, name: &str) -> Result<FileEntry> {
        let snapshot = self.known().ok_or_else(|| corrupt(self.folder, name, "nothing to share it with"))?;
        let entry = snapshot.entry(name)?.clone();
        crate::durable::share_file(&snapshot.folder().join(name), &self.folder.join(name))?;
        self.shared.lock().expect("no thread panics while it holds the lock").insert(name.to_owned());
        Ok(entry)
    }

    /// Whether rows of a page are told anew, so that those that are known go.
    pub(super) fn is_rebuilt(&self, source: &[u8], host: &mut HostOfKey) -> Result<bool> {
        Ok(self.plan.has_rebuilt() && self.plan.is_rebuilt(host.bucket(source, self)?))
    }

    /// Runs a stage over all buckets.
    pub(super) fn stage<T: Send>(
        &self,
        name: &'static str,
        progress: StageProgress<'_>,
        work: impl Fn(Bucket) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let count = usize::from(self.buckets.get());
        let done = AtomicUsize::new(0);
        let started = Instant::now();
        progress(name, 0, count);
        let outcomes = for_each(count, self.options.threads, |bucket| {
            let outcome = work(Bucket(bucket as u16))?;
            progress(name, done.fetch_add(1, Ordering::Relaxed) + 1, count);
            Ok(outcome)
        })?;
        crate::kill_point(name);
        let mut seconds = self.seconds.lock().expect("no thread panics while it holds the lock");
        match seconds.last_mut().filter(|(last, _)| *last == name) {
            Some((_, sum)) => *sum += started.elapsed().as_secs_f64(),
            None => seconds.push((name, started.elapsed().as_secs_f64())),
        }
        Ok(outcomes)
    }
}
