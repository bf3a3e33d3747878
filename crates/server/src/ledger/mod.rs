//! What was answered to whom, and what it cost: the source of `cost` sums, `user_data`, `id_list` and
//! `errors`.
//!
//! Entries go to a thread that appends them to a file a day. They survive a kill of the process at
//! once, and a power cut a second later. Answers never wait: entries that cannot be written are
//! counted and lost. In memory are sums alone; lists are read from the files, a bounded piece at once.

mod checkpoint;
mod record;
mod retention;
mod segment;
#[cfg(test)]
mod tests;
mod usage;
mod writer;

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use model::Timestamp;

use self::checkpoint::Checkpoint;
pub(crate) use self::record::{Entry, EntryKind, Fixed};
use self::segment::{Day, Fullness, Records, Segment, private};
use self::usage::Sums;
pub(crate) use self::usage::{Period, Tally, Usage};
use self::writer::{Health, Message, Writer};
use crate::money::Usd;

/// Entries that may wait for the thread.
const QUEUE: usize = 2048;
/// Entries that a ledger without a folder keeps.
const IN_MEMORY: usize = 1000;
/// How long a list waits for the entries before it.
const PATIENCE: Duration = Duration::from_secs(5);

/// For how many days lists go back.
pub(crate) const DAYS: i64 = retention::DAYS;
/// For how many days what was posted is given out.
pub(crate) const METADATA_DAYS: i64 = retention::METADATA_DAYS;

/// The ledger of a data directory, or one in memory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    sums: Mutex<Sums>,
    health: Arc<Health>,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Memory(Mutex<VecDeque<Entry>>),
    Folder { folder: PathBuf, thread: Mutex<Option<Thread>> },
}

#[derive(Debug)]
struct Thread {
    messages: SyncSender<Message>,
    handle: JoinHandle<()>,
    /// Keeps other programs away until it is closed.
    _lock: File,
}

/// Why a ledger could not be opened or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A file or the folder could not be read or made.
    #[error("cannot read the usage in `{}`", path.display())]
    Read {
        /// The file or the folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process writes this ledger.
    #[error("another process keeps the usage in `{}`", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The thread that writes could not be started.
    #[error("cannot start the thread that writes the usage")]
    Thread(#[source] io::Error),
}

/// Which entries of an account a list has.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) account: u16,
    /// Both are inclusive. Of the time of posting, or of the answer for errors.
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) what: What,
    pub(crate) offset: u64,
    pub(crate) limit: usize,
    pub(crate) newest_first: bool,
}

/// The kind of a list.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Tasks,
    /// Tasks and requests that were not answered with this code, perhaps of one function alone.
    Errors {
        ok: u16,
        function: Option<String>,
    },
}

impl Ledger {
    /// Opens the ledger in a folder, which is made if it is not there. Reads the days that are in no
    /// sum yet; a torn end is cut off.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, LedgerError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| LedgerError::Read { path, source }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let path = folder.join("lock");
        let lock = private().write(true).create(true).truncate(false).open(&path).map_err(failed(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(LedgerError::Locked { path: folder.to_owned() }),
            Err(fs::TryLockError::Error(source)) => return Err(failed(&path)(source)),
        }
        let health = Arc::new(Health::default());
        let checkpoint = Checkpoint::read(folder).unwrap_or_else(|error| {
            tracing::warn!(error = %error, "the sums of the usage cannot be read; the days that are there are added up");
            health.damaged.fetch_add(1, Ordering::Relaxed);
            None
        });
        let (before, mut sealed) = checkpoint.map_or((None, BTreeMap::new()), |kept| (Some(kept.before), kept.spent));
        let mut sums = Sums::of_spent(&sealed);
        let mut open = BTreeMap::new();
        let segments = Segment::list(folder).map_err(failed(folder))?;
        let today = Day::of(now);
        let newest = segments.last().map(|segment| segment.day);
        let day = newest.max(before).unwrap_or(today);
        for segment in segments.iter().filter(|segment| before.is_none_or(|before| segment.day >= before)) {
            let spent = if segment.day == day { &mut open } else { &mut sealed };
            let records = add_up(segment, &mut sums, spent).map_err(failed(&segment.path))?;
            health.damaged.fetch_add(records.damaged, Ordering::Relaxed);
            if segment.day == day && segment.fullness == Fullness::Full {
                cut(segment, records.good_end).map_err(failed(&segment.path))?;
            }
        }
        let (messages, received) = sync_channel(QUEUE);
        let mut writer = Writer {
            folder: folder.to_owned(),
            health: Arc::clone(&health),
            day,
            sealed,
            open,
            file: None,
            retention: None,
            complained: None,
        };
        writer.seal(today);
        let thread = std::thread::Builder::new().name("ledger".to_owned());
        let handle = thread.spawn(move || writer.run(&received)).map_err(LedgerError::Thread)?;
        let thread = Mutex::new(Some(Thread { messages, handle, _lock: lock }));
        let kept = Kept::Folder { folder: folder.to_owned(), thread };
        Ok(Self(Arc::new(Parts { sums: Mutex::new(sums), health, kept })))
    }

    /// A ledger that keeps the last thousand entries and ends with the process.
    pub fn in_memory() -> Self {
        let kept = Kept::Memory(Mutex::default());
        Self(Arc::new(Parts { sums: Mutex::default(), health: Arc::default(), kept }))
    }

    /// Writes what is under way to the disk and ends the thread. Entries that come later are lost.
    pub fn close(&self) {
        self.0.close();
    }

    /// Adds an entry. Does not wait.
    pub(crate) fn add(&self, entry: Entry) {
        lock(&self.0.sums).add(&entry.fixed, &entry.function);
        match &self.0.kept {
            Kept::Memory(entries) => {
                let mut entries = lock(entries);
                if entries.len() >= IN_MEMORY {
                    entries.pop_front();
                }
                entries.push_back(entry);
            }
            Kept::Folder { thread, .. } => {
                let messages = lock(thread).as_ref().map(|thread| thread.messages.clone());
                let is_taken =
                    messages.is_some_and(|messages| messages.try_send(Message::Entry(Box::new(entry))).is_ok());
                if !is_taken {
                    self.0.health.lost.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// What an account has used.
    pub(crate) fn usage(&self, account: u16, now: Timestamp) -> Usage {
        lock(&self.0.sums).usage(account, now)
    }

    /// Entries that are in no file, and damage that was found.
    pub(crate) fn faults(&self) -> (u64, u64) {
        (self.0.health.lost.load(Ordering::Relaxed), self.0.health.damaged.load(Ordering::Relaxed))
    }

    /// A list, in the order of the answers. Blocks.
    pub(crate) fn list(&self, wanted: &Wanted) -> Result<Vec<Entry>, LedgerError> {
        match &self.0.kept {
            Kept::Memory(entries) => {
                let entries = lock(entries);
                let found = entries.iter().filter(|entry| wanted.has(&entry.fixed, Some(&entry.function)));
                let (offset, limit) = (usize::try_from(wanted.offset).unwrap_or(usize::MAX), wanted.limit);
                Ok(if wanted.newest_first {
                    found.rev().skip(offset).take(limit).cloned().collect()
                } else {
                    found.skip(offset).take(limit).cloned().collect()
                })
            }
            Kept::Folder { folder, thread } => {
                wait(thread);
                read(folder, wanted)
            }
        }
    }
}

impl Wanted {
    fn has(&self, entry: &Fixed, function: Option<&str>) -> bool {
        if entry.account != self.account {
            return false;
        }
        let within = |at: Timestamp| self.from <= at && at <= self.to;
        match &self.what {
            What::Tasks => entry.kind != EntryKind::Request && within(entry.posted),
            What::Errors { ok, function: wanted } => {
                entry.code != *ok && within(entry.done) && (wanted.is_none() || wanted.as_deref() == function)
            }
        }
    }
}

impl Parts {
    fn close(&self) {
        let Kept::Folder { thread, .. } = &self.kept else { return };
        let Some(Thread { messages, handle, _lock }) = lock(thread).take() else { return };
        // The thread is only gone if it panicked; then there is nothing to wait for.
        let _ = messages.send(Message::Close);
        drop(messages);
        if handle.join().is_err() {
            tracing::error!("the thread that writes the usage broke");
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.close();
    }
}

/// Reads a list from the files of a folder.
fn read(folder: &Path, wanted: &Wanted) -> Result<Vec<Entry>, LedgerError> {
    let failed = |path: &Path, source| LedgerError::Read { path: path.to_owned(), source };
    let mut segments = Segment::list(folder).map_err(|source| failed(folder, source))?;
    // What was posted before midnight may have been answered after it.
    let days = Day::of(wanted.from)..=Day(Day::of(wanted.to).0.saturating_add(1));
    segments.retain(|segment| days.contains(&segment.day));
    if wanted.newest_first {
        segments.reverse();
    }
    let (mut found, mut offset) = (Vec::new(), wanted.offset);
    for segment in segments {
        let failed = |source| failed(&segment.path, source);
        let missing = wanted.limit - found.len();
        if missing == 0 {
            break;
        }
        if wanted.newest_first {
            let count = scan(&segment, wanted, |_, _| true).map_err(failed)?;
            let end = count.saturating_sub(offset);
            let begin = end.saturating_sub(missing as u64);
            offset = offset.saturating_sub(count);
            let mut piece = Vec::new();
            let take = |number: u64, entry: &dyn Fn() -> Option<Entry>| {
                if number >= begin && number < end {
                    piece.extend(entry());
                }
                number < end
            };
            if begin < end {
                scan(&segment, wanted, take).map_err(failed)?;
            }
            found.extend(piece.into_iter().rev());
        } else {
            let end = offset.saturating_add(missing as u64);
            let take = |number: u64, entry: &dyn Fn() -> Option<Entry>| {
                if number >= offset && number < end {
                    found.extend(entry());
                }
                number < end
            };
            let count = scan(&segment, wanted, take).map_err(failed)?;
            offset = offset.saturating_sub(count);
        }
    }
    Ok(found)
}

/// Numbers the wanted entries of a segment, as long as `take` asks for more; says how many it saw.
fn scan(
    segment: &Segment,
    wanted: &Wanted,
    mut take: impl FnMut(u64, &dyn Fn() -> Option<Entry>) -> bool,
) -> io::Result<u64> {
    let mut records = segment.records()?;
    let mut count = 0;
    while let Some(record) = records.next()? {
        if wanted.has(&record.fixed, record.function()) {
            let goes_on = take(count, &|| record.entry());
            count += 1;
            if !goes_on {
                break;
            }
        }
    }
    Ok(count)
}

/// Waits until the entries before this can be read from the files, but not for ever.
fn wait(thread: &Mutex<Option<Thread>>) {
    let Some(messages) = lock(thread).as_ref().map(|thread| thread.messages.clone()) else { return };
    let (reply, answer) = sync_channel(1);
    if messages.try_send(Message::Written(reply)).is_ok() {
        let _ = answer.recv_timeout(PATIENCE);
    }
}

/// Adds the records of a segment to sums.
fn add_up(
    segment: &Segment,
    sums: &mut Sums,
    spent: &mut BTreeMap<u16, Usd>,
) -> io::Result<Records<Box<dyn io::Read>>> {
    let mut records = segment.records()?;
    while let Some(record) = records.next()? {
        sums.add(&record.fixed, record.function().unwrap_or_default());
        let spent = spent.entry(record.fixed.account).or_default();
        *spent = spent.plus(record.fixed.cost);
    }
    Ok(records)
}

/// Cuts off what is behind the last record. A file that cannot be changed stays as it is.
fn cut(segment: &Segment, good_end: u64) -> io::Result<()> {
    if fs::metadata(&segment.path)?.len() > good_end {
        let cut = private().write(true).open(&segment.path).and_then(|file| file.set_len(good_end));
        if let Err(error) = cut {
            tracing::warn!(error = %error, "the torn end of the usage stays; readers pass over it");
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
