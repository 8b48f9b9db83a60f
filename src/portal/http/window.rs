//! The *window* is the number of requests that may be in progress at once. It is at most what the portal allows, and
//! smaller while the portal can't keep up: it halves when the portal throttles, shrinks by one while writes take much
//! longer than before, and grows again by one with each round of answers.

use std::time::Duration;

/// Writes that take so many times as long as before wait in the portal.
const SLOW: u32 = 4;

/// A write that takes less is fast enough.
const FAST_ENOUGH: Duration = Duration::from_millis(500);

/// What one request tells of the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It was refused because there were too many.
    Throttled,
    /// It was answered, and the time that it took tells nothing: reads differ in size, and refusals are quick.
    Answered,
    /// It wrote something, in so much time.
    Written(Duration),
}

/// How many requests may be in progress.
#[derive(Debug)]
pub(super) struct Window {
    most: usize,
    open: usize,
    /// Increases whenever it shrinks.
    round: u64,
    /// The answers since it changed.
    answers: usize,
    /// The time of a write, as a moving average.
    usual: Option<Duration>,
    /// The least that the average was at the end of a round.
    least: Option<Duration>,
}

impl Window {
    pub(super) const fn new(most: usize) -> Self {
        Self {
            most,
            open: most,
            round: 0,
            answers: 0,
            usual: None,
            least: None,
        }
    }

    /// How many requests may be in progress.
    pub(super) const fn open(&self) -> usize {
        self.open
    }

    /// The round in which a request begins: what it tells is of use until the window shrinks.
    pub(super) const fn round(&self) -> u64 {
        self.round
    }

    /// Takes into account what a request tells that began in a round. What began earlier was sent through a wider window.
    pub(super) fn observe(&mut self, round: u64, sign: Sign) {
        if round != self.round {
            return;
        }
        match sign {
            Sign::Throttled => return self.open_to(self.open / 2),
            Sign::Answered => {}
            Sign::Written(time) => {
                self.usual = Some(self.usual.map_or(time, |usual| (usual * 7 + time) / 8));
            }
        }
        self.answers += 1;
        if self.answers < self.open {
            return;
        }
        match self.is_slow() {
            true => self.open_to(self.open - 1),
            false => self.open_to(self.open + 1),
        }
    }

    /// Whether writes take much longer than before, at the end of a round. What stays slow although fewer are in progress
    /// isn't slow because of them, so that the standard becomes lower with each such round.
    fn is_slow(&mut self) -> bool {
        let Some(usual) = self.usual else {
            return false;
        };
        let least = self.least.map_or(usual, |least| least.min(usual));
        let is_slow = usual > (least * SLOW).max(FAST_ENOUGH);
        self.least = Some(if is_slow { least * 5 / 4 } else { least });
        is_slow
    }

    fn open_to(&mut self, open: usize) {
        self.round += u64::from(open < self.open);
        self.open = open.clamp(1, self.most);
        self.answers = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::{Sign, Window};
    use std::time::Duration;

    /// Tells the same of every request of so many rounds.
    fn observe(window: &mut Window, rounds: usize, sign: Sign) {
        for _ in 0..rounds {
            let round = window.round();
            for _ in 0..window.open() {
                window.observe(round, sign);
            }
        }
    }

    #[test]
    fn it_halves_once_for_all_requests_that_are_throttled_together() {
        let mut window = Window::new(8);
        let round = window.round();
        for _ in 0..8 {
            window.observe(round, Sign::Throttled);
        }
        assert_eq!(window.open(), 4);
        observe(&mut window, 9, Sign::Throttled);
        assert_eq!(window.open(), 1);
    }

    #[test]
    fn it_grows_by_one_with_each_round_and_never_too_far() {
        let mut window = Window::new(8);
        observe(&mut window, 1, Sign::Throttled);
        observe(&mut window, 2, Sign::Answered);
        assert_eq!(window.open(), 6);
        observe(&mut window, 9, Sign::Answered);
        assert_eq!(window.open(), 8);
    }

    #[test]
    fn it_shrinks_while_writes_wait_in_the_portal() {
        let mut window = Window::new(8);
        observe(&mut window, 1, Sign::Written(Duration::from_millis(200)));
        observe(&mut window, 5, Sign::Written(Duration::from_secs(3)));
        assert!(window.open() < 6, "{window:?}");
        observe(&mut window, 30, Sign::Written(Duration::from_millis(200)));
        assert_eq!(window.open(), 8);
    }

    #[test]
    fn a_portal_that_is_slow_with_few_requests_too_gets_as_many_as_before() {
        let mut window = Window::new(8);
        observe(&mut window, 30, Sign::Written(Duration::from_secs(3)));
        assert_eq!(window.open(), 8, "from the start");
        let mut window = Window::new(8);
        observe(&mut window, 1, Sign::Written(Duration::from_millis(50)));
        observe(&mut window, 60, Sign::Written(Duration::from_millis(900)));
        assert_eq!(window.open(), 8, "from the second round on");
    }
}
