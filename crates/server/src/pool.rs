//! Threads for work that blocks: a bounded number at once, and a deadline for who waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

/// Bounds the answers that are worked on at once.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    places: Arc<Semaphore>,
    deadline: Duration,
}

/// Why work brought no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PoolError {
    /// The deadline passed, in the queue or at work.
    #[error("the answer took longer than {0:?}")]
    Deadline(Duration),
    /// The work panicked, or the program is ending.
    #[error("the work did not come to its end")]
    Broken,
}

impl Pool {
    pub(crate) fn new(at_once: usize, deadline: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS))), deadline }
    }

    /// Runs `work` on a thread that may block. Work whose deadline has passed keeps its place until
    /// it ends, for it cannot be interrupted: so a crowd of slow questions cannot pile up threads.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let places = Arc::clone(&self.places);
        let answer = async move {
            let place = places.acquire_owned().await.map_err(|_| PoolError::Broken)?;
            let thread = tokio::task::spawn_blocking(move || {
                let _place = place;
                work()
            });
            thread.await.map_err(|_| PoolError::Broken)
        };
        tokio::time::timeout(self.deadline, answer).await.unwrap_or(Err(PoolError::Deadline(self.deadline)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn late_work_keeps_its_place_until_it_ends() {
        let pool = Pool::new(1, Duration::from_millis(50));
        let slow = pool.run(|| std::thread::sleep(Duration::from_millis(120))).await;
        assert!(matches!(slow, Err(PoolError::Deadline(_))));
        assert!(matches!(pool.run(|| ()).await, Err(PoolError::Deadline(_))), "the place is still taken");
        assert!(pool.run(|| ()).await.is_ok(), "and free again");
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_frees_the_place() {
        let pool = Pool::new(1, Duration::from_secs(5));
        assert!(matches!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(PoolError::Broken)));
        assert!(pool.run(|| ()).await.is_ok());
    }
}
