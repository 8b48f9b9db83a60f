//! The *limiter* enforces the [window](Window) of requests in progress, the request rate and the portal's
//! `Retry-After`.
//!
//! All tasks of a process share one limiter for each host. A `Retry-After` in response to one request applies to all of
//! them; a request that ignores it only extends the wait.

use super::{
    RateLimit,
    window::{Sign, Window},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference as _},
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

/// The longest pause that a portal can request; a wrong clock on its side must not block a run for hours.
const MAX_PAUSE: Duration = Duration::from_secs(120);

/// Limits the requests to one portal.
pub(super) struct Limiter {
    permits: Semaphore,
    pace: Mutex<Pace>,
    rate: Option<Rate>,
    burst: NonZeroU32,
    resume: Mutex<Option<Instant>>,
}

/// How many requests may be in progress.
struct Pace {
    window: Window,
    /// The permits to withdraw as soon as they are given back, since the window shrank.
    owed: usize,
}

/// Lets one request be in progress until it is dropped.
#[must_use]
pub(super) struct Permit<'l> {
    limiter: &'l Limiter,
    held: Option<SemaphorePermit<'l>>,
    round: u64,
}

impl Permit<'_> {
    /// Takes into account what the request tells of the portal.
    pub(super) fn observe(&self, sign: Sign) {
        let mut pace = self.limiter.pace();
        let before = pace.window.open();
        pace.window.observe(self.round, sign);
        let after = pace.window.open();
        if after < before {
            let withdrawn = self.limiter.permits.forget_permits(before - after);
            pace.owed += before - after - withdrawn;
        } else {
            let kept = pace.owed.min(after - before);
            pace.owed -= kept;
            self.limiter.permits.add_permits(after - before - kept);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut pace = self.limiter.pace();
        if let Some(held) = self.held.take_if(|_| pace.owed > 0) {
            pace.owed -= 1;
            held.forget();
        }
    }
}

type Rate = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>;

/// The clock of the tokio runtime. Tests can pause it, unlike governor's own clock.
#[derive(Clone, Copy)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Duration;
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The limiters in use, by what they limit: a host, the concurrency, the rate and the burst.
static IN_USE: Mutex<BTreeMap<Limited, Weak<Limiter>>> = Mutex::new(BTreeMap::new());

type Limited = (String, usize, Option<NonZeroU32>, NonZeroU32);

impl Limiter {
    /// The limiter of a host, which is shared by all clients that limit it alike: workspaces are planned side by side,
    /// and often have the same portal.
    pub(super) fn of(host: String, rate_limit: RateLimit) -> Arc<Self> {
        let RateLimit {
            concurrency,
            per_second,
            burst,
            ..
        } = rate_limit;
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.retain(|_, limiter| limiter.strong_count() > 0);
        let limiter = in_use.entry((host, concurrency, per_second, burst));
        let limiter = limiter.or_default();
        limiter.upgrade().unwrap_or_else(|| {
            let new = Arc::new(Self::new(rate_limit));
            *limiter = Arc::downgrade(&new);
            new
        })
    }

    fn new(rate_limit: RateLimit) -> Self {
        let rate = |per_second: NonZeroU32| {
            let quota = Quota::per_second(per_second).allow_burst(rate_limit.burst);
            Rate::direct_with_clock(quota, TokioClock(Instant::now()))
        };
        let concurrency = rate_limit.concurrency.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            permits: Semaphore::new(concurrency),
            pace: Mutex::new(Pace {
                window: Window::new(concurrency),
                owed: 0,
            }),
            rate: rate_limit.per_second.map(rate),
            burst: rate_limit.burst,
            resume: Mutex::new(None),
        }
    }

    /// Waits until a request may start. The returned permit must be held until the response is read.
    pub(super) async fn acquire(&self) -> Permit<'_> {
        let held = self
            .permits
            .acquire()
            .await
            .expect("the semaphore is never closed");
        if let Some(rate) = &self.rate {
            while let Err(early) = rate.check() {
                let now = rate.clock().now();
                let wait = early.earliest_possible().duration_since(now);
                tokio::time::sleep(wait.into()).await;
            }
        }
        // Checked last, and again after each wait: a pause may start or grow in the meantime.
        while let Some(resume) = self.paused() {
            tokio::time::sleep_until(resume).await;
        }
        Permit {
            limiter: self,
            held: Some(held),
            round: self.pace().window.round(),
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks new requests for a while.
    pub(super) fn pause(&self, wait: Duration) {
        // A throttled client has used up its burst, so it continues at the steady rate after the pause.
        if let Some(rate) = &self.rate {
            let _spent = (0..self.burst.get()).try_for_each(|_| rate.check());
        }
        let until = Instant::now() + wait.min(MAX_PAUSE);
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
    use super::{Arc, Limiter, RateLimit, Sign};
    use std::{num::NonZeroU32, time::Duration};
    use tokio::time::Instant;

    fn seconds(started: Instant) -> u64 {
        started.elapsed().as_secs()
    }

    #[test]
    fn a_host_has_one_limiter_as_long_as_it_is_used() {
        let of = |host: &str, concurrency: usize| {
            let limit = RateLimit {
                concurrency,
                ..RateLimit::default()
            };
            Limiter::of(host.to_owned(), limit)
        };
        let one = of("https://one.example", 2);
        assert!(Arc::ptr_eq(&one, &of("https://one.example", 2)));
        for other in [of("https://two.example", 2), of("https://one.example", 3)] {
            assert!(!Arc::ptr_eq(&one, &other));
        }
        let before = Arc::downgrade(&one);
        drop(one);
        assert!(before.upgrade().is_none());
        assert_eq!(of("https://one.example", 2).permits.available_permits(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_applies_to_all_tasks_and_is_bounded() {
        let limiter = Limiter::new(RateLimit::default());
        let started = Instant::now();
        limiter.pause(Duration::from_secs(7));
        limiter.pause(Duration::from_secs(3)); // a shorter one doesn't end the longer
        let waits = (0..4).map(|_| async {
            drop(limiter.acquire().await);
            seconds(started)
        });
        assert_eq!(futures::future::join_all(waits).await, [7; 4]);

        limiter.pause(Duration::from_secs(86_400));
        drop(limiter.acquire().await);
        assert_eq!(seconds(started), 7 + 120);
    }

    #[tokio::test(start_paused = true)]
    async fn concurrency_is_limited() {
        let limiter = Limiter::new(RateLimit {
            concurrency: 2,
            ..RateLimit::default()
        });
        let started = Instant::now();
        let work = (0..6).map(|_| async {
            let permit = limiter.acquire().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(permit);
        });
        futures::future::join_all(work).await;
        assert_eq!(seconds(started), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_client_continues_with_half_as_many_requests() {
        let limiter = Limiter::new(RateLimit {
            concurrency: 4,
            ..RateLimit::default()
        });
        let started = Instant::now();
        let work = (0..12).map(|at| {
            let limiter = &limiter;
            async move {
                let permit = limiter.acquire().await;
                tokio::time::sleep(Duration::from_secs(1)).await;
                if at < 4 {
                    permit.observe(Sign::Throttled);
                }
                drop(permit);
                seconds(started)
            }
        });
        let ended = futures::future::join_all(work).await;
        assert_eq!(ended, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_withdrawn_is_given_back() {
        let limiter = Limiter::new(RateLimit {
            concurrency: 4,
            ..RateLimit::default()
        });
        let first = limiter.acquire().await;
        let (second, third) = (limiter.acquire().await, limiter.acquire().await);
        first.observe(Sign::Throttled);
        // One was free, so one is owed.
        assert_eq!(limiter.permits.available_permits(), 0);
        drop((first, second));
        assert_eq!(limiter.permits.available_permits(), 1);
        drop(third);
        assert_eq!(limiter.permits.available_permits(), 2);
        for _ in 0..9 {
            limiter.acquire().await.observe(Sign::Answered);
        }
        assert_eq!(limiter.permits.available_permits(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_followed_by_the_steady_rate() {
        let limiter = Limiter::new(RateLimit {
            per_second: NonZeroU32::new(2),
            burst: NonZeroU32::new(5).unwrap(),
            ..RateLimit::default()
        });
        let started = Instant::now();
        for _ in 0..9 {
            drop(limiter.acquire().await);
        }
        assert_eq!(seconds(started), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_uses_up_the_burst() {
        let limiter = Limiter::new(RateLimit {
            per_second: NonZeroU32::new(2),
            burst: NonZeroU32::new(80).unwrap(),
            ..RateLimit::default()
        });
        let started = Instant::now();
        limiter.pause(Duration::from_millis(100));
        for _ in 0..4 {
            drop(limiter.acquire().await);
        }
        assert_eq!(seconds(started), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_limited() {
        let limiter = Limiter::new(RateLimit {
            per_second: NonZeroU32::new(2),
            ..RateLimit::default()
        });
        let started = Instant::now();
        for _ in 0..9 {
            drop(limiter.acquire().await);
        }
        assert_eq!(seconds(started), 4);
    }
}
