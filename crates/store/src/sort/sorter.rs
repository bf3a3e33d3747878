//! Filling runs.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::MAX_FAN_IN;
use super::merge::{Merge, Source};
use super::run::{Packing, Run, RunWriter};
use crate::error::Result;
use crate::manifest::FileEntry;

/// So many bytes of a key lie beside each other in its slot.
const PREFIX_BYTES: usize = 16;
/// So few records are compared as they are.
const FEW: usize = 8;

/// Where one record lies in the arena.
#[derive(Debug, Clone, Copy)]
struct Slot {
    bucket: u16,
    key_bytes: u32,
    value_bytes: u32,
    /// Bytes of the key from where those that it is compared with differ from it, for comparing without a look into the
    /// arena: at first its first ones. Eight would hold little more than `com` and a letter or two of a domain.
    prefix: [u64; PREFIX_BYTES / 8],
    offset: usize,
}

/// Collects records and sorts them by bucket and key, spilling to disk at its budget.
#[derive(Debug)]
pub struct Sorter {
    folder: PathBuf,
    buckets: usize,
    budget_bytes: usize,
    packing: Packing,
    memory: SorterMemory,
    runs: Vec<Run>,
    records: u64,
}

/// What a sorter fills, for the next one to fill again: fresh pages cost as much as what is done with them.
#[derive(Debug, Default)]
pub(crate) struct SorterMemory {
    arena: Vec<u8>,
    slots: Vec<Slot>,
}

/// The sorted runs of one or several sorters.
#[derive(Debug, Clone)]
pub struct SortedRuns {
    folder: PathBuf,
    buckets: usize,
    packing: Packing,
    runs: Vec<Run>,
    in_memory: Vec<Arc<SorterMemory>>,
    records: u64,
}

impl Sorter {
    /// A sorter for `buckets` buckets (1 to 65,536) that holds about `budget_bytes` in memory and
    /// spills into `folder`, which must exist.
    pub fn new(folder: &Path, buckets: usize, budget_bytes: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            buckets,
            budget_bytes: budget_bytes.max(1 << 16),
            packing: Packing::Plain,
            memory: SorterMemory::default(),
            runs: Vec::new(),
            records: 0,
        }
    }

    /// The same, with runs that take half the bytes on disk and more time.
    pub(crate) fn compressed(self) -> Self {
        Self { packing: Packing::Lz4, ..self }
    }

    /// The same, in the memory of another that has ended.
    pub(crate) fn within(self, memory: SorterMemory) -> Self {
        Self { memory, ..self }
    }

    /// Adds a record. A single record may exceed the budget; it then makes a run of its own.
    pub fn push(&mut self, bucket: u16, key: &[u8], value: &[u8]) -> Result<()> {
        self.push_parts(bucket, &[key], &[value])
    }

    /// The same with a key and a value in parts, one behind the other.
    pub(crate) fn push_parts(&mut self, bucket: u16, key: &[&[u8]], value: &[&[u8]]) -> Result<()> {
        let sum = |parts: &[&[u8]]| parts.iter().map(|part| part.len()).sum::<usize>();
        let (key_bytes, value_bytes) = (sum(key), sum(value));
        let bytes = key_bytes + value_bytes;
        let SorterMemory { arena, slots } = &mut self.memory;
        let used = arena.len() + slots.len() * size_of::<Slot>();
        if used + bytes + size_of::<Slot>() > self.budget_bytes && !slots.is_empty() {
            self.spill()?;
        }
        let SorterMemory { arena, slots } = &mut self.memory;
        // Growing by doubling would hold twice the budget for a moment.
        if arena.capacity() - arena.len() < bytes {
            let wanted = (arena.len() / 2).max(1 << 16).min(self.budget_bytes.saturating_sub(arena.len()));
            arena.reserve_exact(wanted.max(bytes));
        }
        let offset = arena.len();
        key.iter().chain(value).for_each(|part| arena.extend_from_slice(part));
        slots.push(Slot {
            bucket,
            key_bytes: key_bytes as u32,
            value_bytes: value_bytes as u32,
            prefix: prefix(&arena[offset..offset + key_bytes]),
            offset,
        });
        self.records += 1;
        Ok(())
    }

    fn sort(&mut self) {
        let SorterMemory { arena, slots } = &mut self.memory;
        for bucket in part(slots, self.buckets) {
            sort_from(0, &mut slots[bucket], arena);
        }
    }

    fn spill(&mut self) -> Result<()> {
        self.sort();
        let mut writer = RunWriter::create(&run_path(&self.folder), self.packing)?;
        let SorterMemory { arena, slots } = &mut self.memory;
        for slot in slots.iter() {
            writer.push(slot.bucket.into(), slot.key(arena), slot.value(arena))?;
        }
        self.runs.push(writer.finish(self.buckets)?);
        arena.clear();
        slots.clear();
        Ok(())
    }

    /// Spills what is in memory and gives all runs so far; the sorter goes on empty.
    pub(crate) fn take(&mut self) -> Result<SortedRuns> {
        if !self.memory.slots.is_empty() {
            self.spill()?;
        }
        let mut runs = SortedRuns { packing: self.packing, ..SortedRuns::empty(&self.folder, self.buckets) };
        (runs.runs, runs.records) = (std::mem::take(&mut self.runs), std::mem::take(&mut self.records));
        runs.limit_fan_in()?;
        Ok(runs)
    }

    /// Ends the sorter; what has not been spilled stays in memory if `keep_in_memory`.
    pub fn finish(mut self, keep_in_memory: bool) -> Result<SortedRuns> {
        let mut in_memory = Vec::new();
        if keep_in_memory && !self.memory.slots.is_empty() {
            self.sort();
            self.memory.arena.shrink_to_fit();
            in_memory.push(Arc::new(std::mem::take(&mut self.memory)));
        }
        Ok(SortedRuns { in_memory, ..self.take()? })
    }

    /// Ends the sorter with everything on disk; gives its memory to the next one.
    pub(crate) fn finish_on_disk(mut self) -> Result<(SortedRuns, SorterMemory)> {
        Ok((self.take()?, self.memory))
    }
}

/// Writes records that come in order, of one bucket, for a later stage of the same build.
pub(crate) struct OrderedWriter {
    folder: PathBuf,
    writer: RunWriter,
    records: u64,
}

impl OrderedWriter {
    /// Begins a run in `folder`, which must exist.
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        let writer = RunWriter::create(&run_path(folder), Packing::Plain)?;
        Ok(Self { folder: folder.to_owned(), writer, records: 0 })
    }

    /// Appends a record.
    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.records += 1;
        self.writer.push(0, key, value)
    }

    /// The records, all in bucket 0.
    pub(crate) fn finish(self) -> Result<SortedRuns> {
        let run = self.writer.finish(1)?;
        Ok(SortedRuns { runs: vec![run], records: self.records, ..SortedRuns::empty(&self.folder, 1) })
    }
}

impl Slot {
    fn key<'a>(&self, arena: &'a [u8]) -> &'a [u8] {
        &arena[self.offset..self.offset + self.key_bytes as usize]
    }

    fn value<'a>(&self, arena: &'a [u8]) -> &'a [u8] {
        let start = self.offset + self.key_bytes as usize;
        &arena[start..start + self.value_bytes as usize]
    }
}

impl SorterMemory {
    /// The places of one bucket's records, once they are sorted: (key, value) each as start and end in the arena.
    pub(super) fn range(&self, bucket: usize) -> (usize, usize) {
        let start = self.slots.partition_point(|slot| usize::from(slot.bucket) < bucket);
        let end = self.slots.partition_point(|slot| usize::from(slot.bucket) <= bucket);
        (start, end)
    }

    pub(super) fn key(&self, at: usize) -> &[u8] {
        self.slots[at].key(&self.arena)
    }

    pub(super) fn value(&self, at: usize) -> &[u8] {
        self.slots[at].value(&self.arena)
    }
}

impl SortedRuns {
    /// No records.
    pub fn empty(folder: &Path, buckets: usize) -> Self {
        let packing = Packing::Plain;
        Self { folder: folder.to_owned(), buckets, packing, runs: Vec::new(), in_memory: Vec::new(), records: 0 }
    }

    /// Moves the runs into `folder`, where they stay whatever becomes of this process: the n-th as
    /// `NAME-n.run`. The folder is for the caller to sync. Nothing may be left in memory.
    pub(crate) fn keep(self, folder: &Path, name: &str) -> Result<Vec<FileEntry>> {
        debug_assert!(self.in_memory.is_empty(), "only what is on disk can be kept");
        let named = self.runs.into_iter().enumerate();
        named.map(|(number, run)| run.keep(&folder.join(format!("{name}-{number}.run")))).collect()
    }

    /// Runs that were kept, to be merged with others. They are opened when they are read; runs that a
    /// merge needs besides go to `scratch`.
    pub(crate) fn of_kept(folder: &Path, buckets: usize, files: &[FileEntry], scratch: &Path) -> Self {
        let runs: Vec<Run> = files.iter().map(|file| Run::of_kept(folder, buckets, file.clone())).collect();
        let records = files.iter().map(|file| file.rows).sum();
        Self { folder: scratch.to_owned(), buckets, packing: Packing::Lz4, runs, in_memory: Vec::new(), records }
    }

    /// Reads every block and checks it.
    pub(crate) fn verify(&self) -> Result<()> {
        self.runs.iter().try_for_each(Run::verify)
    }

    #[cfg(test)]
    pub(super) fn runs_on_disk(&self) -> Vec<FileEntry> {
        self.runs.iter().map(|run| run.about().clone()).collect()
    }

    /// How many records there are in all.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Puts the runs of several sorters together.
    pub fn join(parts: Vec<Self>) -> Option<Result<Self>> {
        let mut parts = parts.into_iter();
        let mut all = parts.next()?;
        for part in parts {
            all.runs.extend(part.runs);
            all.in_memory.extend(part.in_memory);
            all.records += part.records;
        }
        Some(all.limit_fan_in().map(|()| all))
    }

    /// One bucket's records of all runs, in key order.
    pub fn merge(&self, bucket: u16) -> Result<Merge> {
        let bucket = usize::from(bucket);
        let disk = self.runs.iter().map(|run| Ok(Source::Disk(run.bucket(bucket)?)));
        let memory = self.in_memory.iter().map(|part| Ok(Source::memory(Arc::clone(part), bucket)));
        Merge::new(disk.chain(memory).collect::<Result<_>>()?)
    }

    /// Merges runs into longer ones until a merge needs few enough at once.
    fn limit_fan_in(&mut self) -> Result<()> {
        while self.runs.len() > MAX_FAN_IN {
            let first: Vec<Run> = self.runs.drain(..MAX_FAN_IN).collect();
            let mut writer = RunWriter::create(&run_path(&self.folder), self.packing)?;
            for bucket in 0..self.buckets {
                let sources = first.iter().map(|run| Ok(Source::Disk(run.bucket(bucket)?)));
                let mut merge = Merge::new(sources.collect::<Result<_>>()?)?;
                while merge.advance()? {
                    writer.push(bucket, merge.key(), merge.value())?;
                }
            }
            self.runs.push(writer.finish(self.buckets)?);
        }
        Ok(())
    }
}

/// Moves the slots of each bucket together, where they lie; returns where that is, bucket by bucket.
fn part(slots: &mut [Slot], buckets: usize) -> Vec<Range<usize>> {
    let mut ranges = vec![0..0; buckets];
    for slot in slots.iter() {
        ranges[usize::from(slot.bucket)].end += 1;
    }
    let mut start = 0;
    for range in &mut ranges {
        *range = start..start + range.end;
        start = range.end;
    }
    let mut next: Vec<usize> = ranges.iter().map(|range| range.start).collect();
    for (bucket, range) in ranges.iter().enumerate() {
        while next[bucket] < range.end {
            let at = next[bucket];
            let home = usize::from(slots[at].bucket);
            slots.swap(at, next[home]);
            next[home] += 1;
        }
    }
    ranges
}

/// Sorts records whose keys are the same up to `depth`, where their prefixes are from. Those whose prefixes are the
/// same too are sorted by what follows: a record is looked at in the arena once for each prefix of its key, and not
/// whenever it is compared.
fn sort_from(depth: usize, slots: &mut [Slot], arena: &[u8]) {
    slots.sort_unstable_by_key(|slot| slot.prefix);
    let depth = depth + PREFIX_BYTES;
    for same in slots.chunk_by_mut(|left, right| left.prefix == right.prefix) {
        // A key that ended is as one that goes on with zeros; only the keys themselves tell them apart.
        if same.len() <= FEW || same[0].key_bytes as usize <= depth {
            same.sort_unstable_by(|left, right| {
                (left.key(arena).cmp(right.key(arena))).then_with(|| left.value(arena).cmp(right.value(arena)))
            });
        } else {
            for slot in &mut *same {
                slot.prefix = prefix(slot.key(arena).get(depth..).unwrap_or_default());
            }
            sort_from(depth, same, arena);
        }
    }
}

fn prefix(key: &[u8]) -> [u64; PREFIX_BYTES / 8] {
    let mut bytes = [0; PREFIX_BYTES];
    let length = key.len().min(PREFIX_BYTES);
    bytes[..length].copy_from_slice(&key[..length]);
    let both = u128::from_be_bytes(bytes);
    [(both >> 64) as u64, both as u64]
}

fn run_path(folder: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    folder.join(format!("run-{:08}", NEXT.fetch_add(1, Ordering::Relaxed)))
}
