//! The thread that writes a ledger: answers only hand it their entries, and never wait for a disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::checkpoint::Checkpoint;
use super::record::Entry;
use super::retention::forget;
use super::segment::{Day, Fullness, Segment, private};
use crate::money::Usd;

/// What is written is on the disk at most so much later.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// A disk that fails is spoken of so often.
const COMPLAIN_EVERY: Duration = Duration::from_mins(1);
/// Bytes that are written at once.
const BATCH_BYTES: usize = 256 << 10;

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Message {
    Entry(Box<Entry>),
    /// Tell when everything before this can be read.
    Written(SyncSender<()>),
    /// Write what is there and end.
    Close,
}

/// What went wrong, counted.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Entries that are in no file.
    pub(super) lost: AtomicU64,
    /// Runs of bytes that were no record when they were read.
    pub(super) damaged: AtomicU64,
}

/// The state of the thread.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) folder: PathBuf,
    pub(super) health: Arc<Health>,
    /// The day of the file that is appended to.
    pub(super) day: Day,
    /// What was spent before that day.
    pub(super) sealed: BTreeMap<u16, Usd>,
    /// What was spent on that day, as far as it is in its file.
    pub(super) open: BTreeMap<u16, Usd>,
    pub(super) file: Option<File>,
    pub(super) retention: Option<JoinHandle<()>>,
    pub(super) complained: Option<Instant>,
}

/// Frames on their way into a file.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    costs: Vec<(u16, Usd)>,
}

impl Writer {
    /// Works until it is told to close, or nobody is left who could tell it.
    pub(super) fn run(mut self, messages: &Receiver<Message>) {
        let mut unsynced_since: Option<Instant> = None;
        loop {
            let patience = unsynced_since.map_or(SYNC_EVERY, |since| SYNC_EVERY.saturating_sub(since.elapsed()));
            let mut next = match messages.recv_timeout(patience) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Message::Close),
            };
            let mut batch = Batch::default();
            let mut waiting = Vec::new();
            let mut is_closing = false;
            while let Some(message) = next {
                match message {
                    Message::Entry(entry) => self.take(&mut batch, &entry),
                    Message::Written(reply) => waiting.push(reply),
                    Message::Close => is_closing = true,
                }
                next = if is_closing || batch.bytes.len() > BATCH_BYTES { None } else { messages.try_recv().ok() };
            }
            if !batch.costs.is_empty() {
                self.write(&mut batch);
                unsynced_since.get_or_insert_with(Instant::now);
            }
            for reply in waiting {
                // Who asked may have stopped waiting.
                let _ = reply.try_send(());
            }
            if is_closing || unsynced_since.is_some_and(|since| since.elapsed() >= SYNC_EVERY) {
                self.sync();
                unsynced_since = None;
            }
            if is_closing {
                break;
            }
        }
        if let Some(retention) = self.retention.take() {
            let _ = retention.join();
        }
    }

    fn take(&mut self, batch: &mut Batch, entry: &Entry) {
        // A clock that was set back does not open a file that is closed.
        let day = Day::of(entry.fixed.done).max(self.day);
        if day > self.day {
            self.write(batch);
            self.turn(day);
        }
        entry.write(&mut batch.bytes);
        batch.costs.push((entry.fixed.account, entry.fixed.cost));
    }

    /// Appends a batch. If that fails its entries are lost, and what is half written is cut away.
    fn write(&mut self, batch: &mut Batch) {
        let batch = std::mem::take(batch);
        if batch.costs.is_empty() {
            return;
        }
        if let Err(error) = self.append(&batch.bytes) {
            self.health.lost.fetch_add(batch.costs.len() as u64, Ordering::Relaxed);
            self.complain("cannot write the usage of answers; it is lost", &error);
            return;
        }
        for (account, cost) in batch.costs {
            let spent = self.open.entry(account).or_default();
            *spent = spent.plus(cost);
        }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut file = if let Some(file) = self.file.take() {
            file
        } else {
            let path = Segment::new(&self.folder, self.day, Fullness::Full).path;
            private().append(true).create(true).open(path)?
        };
        let length = file.metadata()?.len();
        match file.write_all(bytes) {
            Ok(()) => {
                self.file = Some(file);
                Ok(())
            }
            Err(error) => {
                // If this fails too, readers pass over the rest.
                let _ = file.set_len(length);
                Err(error)
            }
        }
    }

    fn sync(&mut self) {
        if let Some(Err(error)) = self.file.as_ref().map(File::sync_data) {
            self.complain("cannot sync the usage of answers", &error);
        }
    }

    /// Goes over to the file of another day: the sums of the days before are kept, and what is too
    /// old is forgotten.
    fn turn(&mut self, day: Day) {
        self.sync();
        self.file = None;
        self.day = day;
        for (account, cost) in std::mem::take(&mut self.open) {
            let spent = self.sealed.entry(account).or_default();
            *spent = spent.plus(cost);
        }
        self.seal(day);
    }

    /// Keeps the sums, then forgets. Without the sums nothing is forgotten.
    pub(super) fn seal(&mut self, today: Day) {
        let checkpoint = Checkpoint { before: self.day, spent: self.sealed.clone() };
        if let Err(error) = checkpoint.write(&self.folder) {
            self.complain("cannot write the sums of the usage", &error);
            return;
        }
        if self.retention.as_ref().is_some_and(|retention| !retention.is_finished()) {
            return;
        }
        let (folder, sealed) = (self.folder.clone(), self.day);
        let work = move || {
            if let Err(error) = forget(&folder, today, sealed) {
                tracing::warn!(error = %error, "cannot forget old usage; the next day it is tried again");
            }
        };
        self.retention = std::thread::Builder::new().name("ledger-retention".to_owned()).spawn(work).ok();
    }

    fn complain(&mut self, what: &'static str, error: &io::Error) {
        if self.complained.is_none_or(|at| at.elapsed() >= COMPLAIN_EVERY) {
            self.complained = Some(Instant::now());
            let lost = self.health.lost.load(Ordering::Relaxed);
            tracing::error!(error = %error, ledger.lost = lost, "{what}");
        }
    }
}
