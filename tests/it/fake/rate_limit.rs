//! The *rate limit* of a server: a bucket of tokens, one for each request, refilled over time.

use std::time::Instant;

/// A token, in billionths.
const WHOLE: u128 = 1_000_000_000;

pub(crate) struct Bucket {
    most: u128,
    per_second: u128,
    tokens: u128,
    filled: Instant,
}

impl Bucket {
    pub(crate) fn new(burst: u32, per_second: u32) -> Self {
        let most = u128::from(burst) * WHOLE;
        Self {
            most,
            per_second: per_second.into(),
            tokens: most,
            filled: Instant::now(),
        }
    }

    /// Takes a token and says how many are left, if there is one.
    pub(crate) fn take(&mut self) -> Option<u64> {
        let now = Instant::now();
        let passed = now.duration_since(self.filled).as_nanos();
        self.filled = now;
        self.tokens = (self.tokens + passed * self.per_second).min(self.most);
        self.tokens = self.tokens.checked_sub(WHOLE)?;
        u64::try_from(self.tokens / WHOLE).ok()
    }
}
