//! Threads for work that blocks: a bounded number at once, and a deadline for who waits.
//!
//! There are two lanes, so that questions about large targets never stand before the others. Which
//! lane a question belongs in is found out by asking it: all begin in the first, where few rows may be
//! scanned, and one that needs more goes to the second, where few are worked on at once. One that finds
//! the second lane empty has all its places for as many threads.

use std::sync::Arc;
use std::time::Duration;

use query::Bounds;
use tokio::sync::Semaphore;

use crate::limits::RequestLimits;

/// Stored links that are scanned in the first lane: about a millisecond.
const SMALL_ROWS: u64 = 20_000;

/// Bounds the answers that are worked on at once.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// Those that are worked on or wait in the second lane.
    large_and_waiting: Arc<Semaphore>,
    deadline: Duration,
    memory_bytes: u64,
}

/// Why work brought no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PoolError {
    /// The deadline passed, in the queue or at work.
    #[error("the answer took longer than {0:?}")]
    Deadline(Duration),
    /// So many large questions wait that one more would only wait too.
    #[error("too many questions about large targets are waiting; ask again later")]
    Crowded,
    /// The work panicked, or the program is ending.
    #[error("the work did not come to its end")]
    Broken,
}

/// Calls work off when nobody waits for it any more.
struct Waiting(Bounds);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.call_off();
    }
}

impl Pool {
    pub(crate) fn new(limits: &RequestLimits) -> Self {
        let places = |count: usize| Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            small: places(limits.answers_at_once),
            large: places(limits.large_at_once),
            large_and_waiting: places(limits.large_at_once.saturating_add(limits.large_waiting)),
            deadline: limits.answer_deadline,
            memory_bytes: limits.answer_memory_bytes,
        }
    }

    /// Runs `work` on a thread that may block, within bounds: again with wider ones if it gives `None`
    /// the first time. If nobody waits any more (the deadline passed, or what this gives was dropped)
    /// the work is called off, and keeps its place until it has come to its end.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Fn(&Bounds) -> Option<T> + Send + Sync + 'static,
    ) -> Result<T, PoolError> {
        let work = Arc::new(work);
        let answer = async {
            if let Some(done) = self.attempt(&self.small, SMALL_ROWS, &work).await? {
                return Ok(done);
            }
            let _place = self.large_and_waiting.try_acquire().map_err(|_| PoolError::Crowded)?;
            self.attempt(&self.large, u64::MAX, &work).await?.ok_or(PoolError::Broken)
        };
        tokio::time::timeout(self.deadline, answer).await.unwrap_or(Err(PoolError::Deadline(self.deadline)))
    }

    async fn attempt<T: Send + 'static>(
        &self,
        lane: &Arc<Semaphore>,
        rows: u64,
        work: &Arc<impl Fn(&Bounds) -> Option<T> + Send + Sync + 'static>,
    ) -> Result<Option<T>, PoolError> {
        let mut places = vec![Arc::clone(lane).acquire_owned().await.map_err(|_| PoolError::Broken)?];
        if rows > SMALL_ROWS {
            // Places that nobody wants now are threads that help; whoever comes meanwhile waits the shorter.
            places.extend(std::iter::from_fn(|| Arc::clone(lane).try_acquire_owned().ok()));
        }
        let mut bounds = Bounds::new(rows, self.memory_bytes);
        bounds.threads = places.len();
        let _waiting = Waiting(bounds.clone());
        let work = Arc::clone(work);
        let thread = tokio::task::spawn_blocking(move || {
            let _places = places;
            work(&bounds)
        });
        thread.await.map_err(|_| PoolError::Broken)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn pool(at_once: usize, deadline_ms: u64) -> Pool {
        let mut limits = RequestLimits::default();
        (limits.answers_at_once, limits.large_at_once, limits.large_waiting) = (at_once, 1, 1);
        limits.answer_deadline = Duration::from_millis(deadline_ms);
        Pool::new(&limits)
    }

    #[tokio::test]
    async fn late_work_keeps_its_place_until_it_ends() {
        let pool = pool(1, 50);
        let sleep = |_: &Bounds| {
            std::thread::sleep(Duration::from_millis(120));
            Some(())
        };
        let slow = pool.run(sleep).await;
        assert!(matches!(slow, Err(PoolError::Deadline(_))));
        assert!(matches!(pool.run(|_| Some(())).await, Err(PoolError::Deadline(_))), "the place is still taken");
        assert!(pool.run(|_| Some(())).await.is_ok(), "and free again");
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_frees_the_place() {
        let pool = pool(1, 5000);
        assert!(matches!(pool.run(|_| panic!("on purpose")).await, Err::<(), _>(PoolError::Broken)));
        assert!(pool.run(|_| Some(())).await.is_ok());
    }

    /// Work that is large, tells when it began, and ends when it is told to.
    fn large() -> (impl Fn(&Bounds) -> Option<()> + Send + Sync, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let ((began, begins), (end, ends)) = (mpsc::channel(), mpsc::channel());
        let ends = std::sync::Mutex::new(ends);
        let work = move |bounds: &Bounds| {
            (bounds.rows > SMALL_ROWS).then(|| {
                began.send(()).ok();
                ends.lock().ok().and_then(|ends| ends.recv().ok()).unwrap_or_default();
            })
        };
        (work, begins, end)
    }

    #[tokio::test]
    async fn large_work_takes_no_place_of_small_work_and_its_queue_is_bounded() {
        let pool = pool(1, 20_000);
        let (first, first_begins, end_first) = large();
        let (second, second_begins, end_second) = large();
        let run = |work| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.run(work).await.map_err(|error| error.to_string()) })
        };
        let first = run(Box::new(first) as Box<dyn Fn(&Bounds) -> Option<()> + Send + Sync>);
        tokio::task::spawn_blocking(move || first_begins.recv()).await.unwrap().unwrap();
        let second = run(Box::new(second));
        while pool.large_and_waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(second_begins.try_recv(), Err(mpsc::TryRecvError::Empty), "one at a time");
        assert!(matches!(pool.run(|bounds| (bounds.rows > SMALL_ROWS).then_some(())).await, Err(PoolError::Crowded)));
        assert!(pool.run(|_| Some(())).await.is_ok(), "small work goes on");
        end_first.send(()).unwrap();
        end_second.send(()).unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(()), Ok(())));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_called_off() {
        let until_called_off = |bounds: &Bounds| {
            while !bounds.is_called_off() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Some(())
        };
        let pool = pool(1, 30);
        assert!(matches!(pool.run(until_called_off).await, Err(PoolError::Deadline(_))), "the deadline passed");
        let patient = self::pool(1, 60_000);
        let asked = tokio::spawn({
            let patient = patient.clone();
            async move { patient.run(until_called_off).await.is_ok() }
        });
        while patient.small.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        asked.abort();
        assert!(patient.run(|_| Some(())).await.is_ok(), "who asked left, and the place is free");
    }
}
