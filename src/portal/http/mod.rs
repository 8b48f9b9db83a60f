//! The *client* sends all HTTP requests to a portal: it retries, limits the rate, and keeps secrets out of
//! the logs.
//!
//! A read is retried whenever that may help. A write is retried only if it certainly changed nothing;
//! every other failure of a write is [`Failure::Ambiguous`], and the adapter reads the object before it
//! sends anything more. Bodies, tokens and queries are never logged.

mod answer;
mod base;
mod body;
mod connection;
mod limit;
mod refusal;
mod request;
mod text;
mod window;

pub use answer::Answer;
pub use base::Base;
pub use body::{Body, Part};
pub use connection::{ConnectionFailure, TlsFailure};
pub use request::{Media, Request};
pub use text::{is_printable, plain};

use self::answer::{NoAnswer, receive};
use self::limit::Limiter;
use self::window::Sign;
use super::{Error, redact::Redactor};
use backon::{BackoffBuilder as _, ExponentialBuilder};
use reqwest::{
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH},
    redirect,
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{
        Arc, Once, PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Shorter than the timeout of most servers, so that a write rarely uses a connection that is closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
const FIRST_DELAY: Duration = Duration::from_millis(100);
const ATTEMPTS: usize = 5;

/// The timeout, concurrency and rate of requests to a portal.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    /// The timeout of one request, including its response.
    pub timeout: Duration,
    /// The maximum number of concurrent requests.
    pub concurrency: usize,
    /// The number of requests per second; unlimited if `None`.
    pub per_second: Option<NonZeroU32>,
    /// The number of requests that may start at once after a pause.
    pub burst: NonZeroU32,
    /// The wait before a change that the portal accepted, and doesn't show at once, is looked for again. It
    /// doubles with each look.
    pub look_after: Duration,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            concurrency: 8,
            per_second: None,
            burst: NonZeroU32::MIN,
            look_after: Duration::from_millis(200),
        }
    }
}

/// The HTTP client of a portal, shared by all tasks.
pub struct Client {
    http: reqwest::Client,
    base: Base,
    credential: RwLock<Option<Credential>>,
    shared: Arc<Shared>,
    delays: ExponentialBuilder,
    look_after: Duration,
    says_missing: fn(&Answer) -> bool,
    concurrency: usize,
}

/// What the clients of one portal share.
struct Shared {
    /// The secrets of all requests in progress, which are redacted from responses.
    redactors: RwLock<BTreeMap<u64, Arc<Redactor>>>,
    limiter: Arc<Limiter>,
    requests: AtomicU64,
}

/// Redacts secrets from responses until it is dropped.
#[must_use]
pub struct RedactionGuard<'c> {
    client: &'c Client,
    number: u64,
}

impl Drop for RedactionGuard<'_> {
    fn drop(&mut self) {
        self.client.redactors_mut().remove(&self.number);
    }
}

/// The header that authenticates each request.
#[derive(Clone)]
struct Credential {
    header: HeaderName,
    value: HeaderValue,
}

/// The reason why a write has no answer.
#[derive(Debug)]
pub enum Failure {
    /// The write certainly changed nothing.
    NotDone(Error),
    /// The write was sent, and may or may not have been applied.
    Ambiguous {
        /// The cause.
        reason: String,
    },
}

impl Client {
    /// Creates a client for the portal at `base`. Sends nothing.
    ///
    /// # Errors
    /// The token isn't a valid header value, or TLS can't be set up.
    pub fn new(
        base: Base,
        token: Option<&SecretString>,
        rate_limit: RateLimit,
    ) -> Result<Self, Error> {
        install_tls();
        let unusable = |error: &reqwest::Error| Error::Unreachable {
            url: base.to_string(),
            cause: ConnectionFailure::Other,
            reason: connection::cause(error),
        };
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("callsheet/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(rate_limit.timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never()); // retries are decided and counted here
        if base.is_loopback() {
            http = http.no_proxy();
        }
        let client = Self {
            http: http.build().map_err(|error| unusable(&error))?,
            credential: RwLock::default(),
            shared: Arc::new(Shared {
                redactors: RwLock::default(),
                limiter: Limiter::of(base.host(), rate_limit),
                requests: AtomicU64::new(0),
            }),
            delays: ExponentialBuilder::new()
                .with_min_delay(FIRST_DELAY)
                .with_factor(2.0)
                .with_jitter()
                .with_max_times(ATTEMPTS - 1),
            look_after: rate_limit.look_after,
            says_missing: |_| false,
            base,
            concurrency: rate_limit.concurrency,
        };
        if let Some(token) = token {
            client.set_token(AUTHORIZATION, "Bearer ", token)?;
        }
        Ok(client)
    }

    /// Creates a client without credentials for another API of the same portal. The two share the rate
    /// limit, the number of requests, and the secrets that are redacted.
    #[must_use]
    pub fn sibling(&self) -> Self {
        Self {
            http: self.http.clone(),
            base: self.base.clone(),
            credential: RwLock::default(),
            shared: Arc::clone(&self.shared),
            delays: self.delays,
            look_after: self.look_after,
            says_missing: self.says_missing,
            concurrency: self.concurrency,
        }
    }

    /// Sets how a 404 is recognized that says that the portal doesn't have such a request at all, and nothing
    /// about an object.
    #[must_use]
    pub fn with_missing_requests(self, says_missing: fn(&Answer) -> bool) -> Self {
        Self {
            says_missing,
            ..self
        }
    }

    /// The wait before a change that the portal accepted is looked for again.
    #[must_use]
    pub const fn look_after(&self) -> Duration {
        self.look_after
    }

    /// Sets the token for all following requests: the header that carries it, and the prefix of its
    /// value, such as `Bearer `.
    ///
    /// # Errors
    /// The token isn't a valid header value.
    pub fn set_token(
        &self,
        header: HeaderName,
        prefix: &str,
        token: &SecretString,
    ) -> Result<(), Error> {
        let value = HeaderValue::from_str(&format!("{prefix}{}", token.expose_secret()));
        let mut value = value.map_err(|_contains_the_token| Error::Misconfigured {
            setting: "portal.credentials",
            reason: "the token contains characters that are invalid in a header".to_owned(),
        })?;
        value.set_sensitive(true);
        let mut credential = self
            .credential
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *credential = Some(Credential { header, value });
        drop(credential);
        self.redact_always([token]);
        Ok(())
    }

    /// Redacts secrets from all following responses, in any encoding.
    pub fn redact_always<'s>(&self, secrets: impl IntoIterator<Item = &'s SecretString>) {
        std::mem::forget(self.redact(secrets));
    }

    /// Redacts secrets from responses until the returned guard is dropped.
    pub fn redact<'s>(
        &self,
        secrets: impl IntoIterator<Item = &'s SecretString>,
    ) -> RedactionGuard<'_> {
        let redactor = Arc::new(Redactor::of(secrets));
        let mut redactors = self.redactors_mut();
        let number = redactors.last_key_value().map_or(0, |(last, _)| last + 1);
        redactors.insert(number, redactor);
        RedactionGuard {
            client: self,
            number,
        }
    }

    fn redactors_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<u64, Arc<Redactor>>> {
        let redactors = self.shared.redactors.write();
        redactors.unwrap_or_else(PoisonError::into_inner)
    }

    /// A redactor for the secrets of all requests in progress.
    fn redactor(&self) -> Redactor {
        let redactors = self.shared.redactors.read();
        let redactors = redactors.unwrap_or_else(PoisonError::into_inner);
        Redactor::all(redactors.values().map(|redactor| &**redactor))
    }

    /// Retries without a delay.
    #[cfg(test)]
    pub(super) fn without_delays(mut self) -> Self {
        self.delays = self.delays.with_min_delay(Duration::ZERO);
        self
    }

    /// The number of requests that may be in progress at once.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// The number of requests sent so far, including retries.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Sends a read. Returns `None` only for a 404 of the portal itself. A proxy's 404, like any other
    /// failure, is an error: an unreadable object is not absent.
    ///
    /// # Errors
    /// There is no answer, or it is invalid.
    pub async fn read(&self, request: &Request) -> Result<Option<Answer>, Error> {
        match self.exchange(request, true).await {
            Ok(answer) if answer.status == 404 && (self.says_missing)(&answer) => {
                Err(Error::NoRequest {
                    what: request.what(),
                    detail: answer.message(),
                })
            }
            Ok(answer) if answer.status == 404 => Ok(None),
            // A redirection is an answer only to a request that accepts one.
            Ok(answer) if answer.status < 400 => Ok(Some(answer)),
            Ok(answer) => Err(answer.refusal()),
            Err((no_answer, attempts)) => Err(self.error(request, no_answer, attempts)),
        }
    }

    /// Sends a write. The answer is a success or a refusal; the adapter interprets its status.
    ///
    /// # Errors
    /// [`Failure`] says whether the write may have been applied.
    pub async fn write(&self, request: &Request) -> Result<Answer, Failure> {
        match self.exchange(request, false).await {
            Ok(answer) => Ok(answer),
            Err((no_answer, attempts)) if no_answer.is_unapplied() => {
                Err(Failure::NotDone(self.error(request, no_answer, attempts)))
            }
            Err((no_answer, _)) => Err(Failure::Ambiguous {
                reason: no_answer.reason(),
            }),
        }
    }

    /// Sends a request until there is an answer or a failure that can't be retried.
    async fn exchange(&self, request: &Request, is_read: bool) -> Result<Answer, (NoAnswer, u32)> {
        let mut delays = self.delays.build();
        let mut attempt = 1;
        loop {
            let no_answer = match self.attempt(request, attempt, is_read).await {
                Ok(answer) => return Ok(answer),
                Err(no_answer) => no_answer,
            };
            match delays.next() {
                // The rate limit counts all tasks together, so all of them pause.
                Some(delay) if no_answer.is_throttling() => self.shared.limiter.pause(delay),
                Some(delay) if no_answer.is_retryable(is_read) => tokio::time::sleep(delay).await,
                _ => return Err((no_answer, attempt)),
            }
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        request: &Request,
        attempt: u32,
        is_read: bool,
    ) -> Result<Answer, NoAnswer> {
        let permit = self.shared.limiter.acquire().await;
        let credential = self.credential().filter(|_| !request.is_anonymous);
        let built = self.build(request, credential.as_ref())?;
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let (method, path) = (built.method().clone(), built.url().path().to_owned());
        let answer = match self.http.execute(built).await {
            Ok(response) => {
                let status = response.status().as_u16();
                let redactor = self.redactor();
                let answer =
                    receive(response, request.accepts, &self.shared.limiter, &redactor).await;
                tracing::debug!(%method, path, status, attempt, elapsed = ?started.elapsed());
                answer
            }
            Err(error) => {
                tracing::debug!(%method, path, attempt, elapsed = ?started.elapsed(), "no answer");
                Err(NoAnswer::from_sending(&error))
            }
        };
        match &answer {
            Ok(answer) if is_read || answer.status >= 400 => permit.observe(Sign::Answered),
            Ok(_) => permit.observe(Sign::Written(started.elapsed())),
            Err(no_answer) if no_answer.is_throttling() => permit.observe(Sign::Throttled),
            Err(_) => {}
        }
        drop(permit);
        answer
    }

    fn credential(&self) -> Option<Credential> {
        let credential = self.credential.read();
        credential.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn build(
        &self,
        request: &Request,
        credential: Option<&Credential>,
    ) -> Result<reqwest::Request, NoAnswer> {
        let unsendable = |what: &str| NoAnswer::Unsendable(format!("{what} can't be sent"));
        let url = self
            .base
            .join(&request.path, &request.query)
            .ok_or_else(|| unsendable("its name"))?;
        let mut built = reqwest::Request::new(request.method.clone(), url);
        let headers = built.headers_mut();
        if let Some(Credential { header, value }) = credential {
            headers.insert(header, value.clone());
        }
        let value = |value: &str, what: &str| {
            HeaderValue::from_str(value).map_err(|_is_no_header_value| unsendable(what))
        };
        for (name, text) in &request.headers {
            headers.append(name, value(text, "a header")?);
        }
        if let Some(etag) = &request.if_match {
            headers.insert(IF_MATCH, value(etag, "its version")?);
        }
        if let Some(body) = &request.body {
            headers.insert(CONTENT_TYPE, value(&body.media_type, "its media type")?);
            *built.body_mut() = Some(body.content.clone().into());
        }
        Ok(built)
    }

    fn error(&self, request: &Request, no_answer: NoAnswer, attempts: u32) -> Error {
        let url = self.base.to_string();
        let what = request.what();
        match no_answer {
            NoAnswer::Unauthorized { detail } => Error::Unauthorized { url, detail },
            NoAnswer::Forbidden { detail } => Error::Forbidden { what, detail },
            NoAnswer::Throttled { status } | NoAnswer::Broken { status } => {
                Error::NotReady { status, attempts }
            }
            NoAnswer::NoConnection(cause, reason) | NoAnswer::Lost(cause, reason) => {
                Error::Unreachable { url, cause, reason }
            }
            NoAnswer::Unreadable(reason) | NoAnswer::Unsendable(reason) => {
                Error::Unreadable { what, reason }
            }
        }
    }
}

/// Installs the TLS crypto provider once for the process; an existing provider is kept.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

#[cfg(test)]
mod tests;
