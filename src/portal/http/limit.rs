//! The *limiter* is who lets requests through: so many at once, so many a second, and none at all
//! while the portal asks for patience.
//!
//! There is one for all tasks of a portal. A portal that says `Retry-After` to one of them means
//! everybody, and a task that goes on regardless only makes the wait longer.

use super::RateLimit;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference as _},
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

/// What a portal can make us wait at the most: a broken clock there must not stop us for a year.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Lets requests through.
pub(super) struct Limiter {
    slots: Semaphore,
    rate: Option<Rate>,
    burst: NonZeroU32,
    resume: Mutex<Option<Instant>>,
}

type Rate = RateLimiter<NotKeyed, InMemoryState, Watch, NoOpMiddleware<Duration>>;

/// The runtime's clock, which tests can stop; governor's own can't be.
#[derive(Clone, Copy)]
struct Watch(Instant);

impl Clock for Watch {
    type Instant = Duration;
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Limiter {
    pub(super) fn new(rate_limit: RateLimit) -> Self {
        let rate = |per_second: NonZeroU32| {
            let quota = Quota::per_second(per_second).allow_burst(rate_limit.burst);
            Rate::direct_with_clock(quota, Watch(Instant::now()))
        };
        Self {
            slots: Semaphore::new(rate_limit.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            rate: rate_limit.per_second.map(rate),
            burst: rate_limit.burst,
            resume: Mutex::new(None),
        }
    }

    /// Waits for one's turn, which lasts until the permit is dropped.
    pub(super) async fn admit(&self) -> SemaphorePermit<'_> {
        let slot = self.slots.acquire().await.expect("it is never closed");
        if let Some(rate) = &self.rate {
            while let Err(early) = rate.check() {
                let now = rate.clock().now();
                let wait = early.earliest_possible().duration_since(now);
                tokio::time::sleep(wait.into()).await;
            }
        }
        // Last, and asked again after each wait: the pause may begin or grow while one waits.
        while let Some(resume) = self.paused() {
            tokio::time::sleep_until(resume).await;
        }
        slot
    }

    /// Nobody begins for a while.
    pub(super) fn pause(&self, wait: Duration) {
        // Whoever is told that it is too much has spent what may begin at once: after the wait it goes on
        // at the pace of each second.
        if let Some(rate) = &self.rate {
            let _spent = (0..self.burst.get()).try_for_each(|_| rate.check());
        }
        let until = Instant::now() + wait.min(LONGEST_PAUSE);
        let mut resume = self.resume.lock().unwrap_or_else(PoisonError::into_inner);
        *resume = (*resume).max(Some(until));
    }

    fn paused(&self) -> Option<Instant> {
        let resume = self.resume.lock().unwrap_or_else(PoisonError::into_inner);
        resume.filter(|resume| Instant::now() < *resume)
    }
}

#[cfg(test)]
mod tests {
    use super::{Limiter, RateLimit};
    use std::{num::NonZeroU32, time::Duration};
    use tokio::time::Instant;

    fn seconds(begun: Instant) -> u64 {
        begun.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_everybodys_and_has_an_end() {
        let limiter = Limiter::new(RateLimit::default());
        let begun = Instant::now();
        limiter.pause(Duration::from_secs(7));
        limiter.pause(Duration::from_secs(3)); // a shorter one doesn't end the longer
        let waits = (0..4).map(|_| async {
            drop(limiter.admit().await);
            seconds(begun)
        });
        assert_eq!(futures::future::join_all(waits).await, [7; 4]);

        limiter.pause(Duration::from_secs(86_400));
        drop(limiter.admit().await);
        assert_eq!(seconds(begun), 7 + 120);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_at_once_than_allowed() {
        let limiter = Limiter::new(RateLimit {
            concurrency: 2,
            ..RateLimit::default()
        });
        let begun = Instant::now();
        let work = (0..6).map(|_| async {
            let slot = limiter.admit().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(slot);
        });
        futures::future::join_all(work).await;
        assert_eq!(seconds(begun), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_only_at_the_beginning() {
        let limiter = Limiter::new(RateLimit {
            per_second: NonZeroU32::new(2),
            burst: NonZeroU32::new(5).unwrap(),
            ..RateLimit::default()
        });
        let begun = Instant::now();
        for _ in 0..9 {
            drop(limiter.admit().await);
        }
        assert_eq!(seconds(begun), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_told_to_wait_has_no_burst_left() {
        let limiter = Limiter::new(RateLimit {
            per_second: NonZeroU32::new(2),
            burst: NonZeroU32::new(80).unwrap(),
            ..RateLimit::default()
        });
        let begun = Instant::now();
        limiter.pause(Duration::from_millis(100));
        for _ in 0..4 {
            drop(limiter.admit().await);
        }
        assert_eq!(seconds(begun), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn no_faster_than_allowed() {
        let limiter = Limiter::new(RateLimit {
            per_second: NonZeroU32::new(2),
            ..RateLimit::default()
        });
        let begun = Instant::now();
        for _ in 0..9 {
            drop(limiter.admit().await);
        }
        assert_eq!(seconds(begun), 4);
    }
}
