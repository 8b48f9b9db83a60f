//! The *client* is the one way to speak HTTP with a portal: what is sent again and what isn't, how
//! fast, and what of it may be known to others.
//!
//! A read is sent again whenever that may help. A write is sent again only where it is certain that
//! nothing was done; everything else that goes wrong with it is [`Failure::Ambiguous`], and the
//! adapter looks before it sends anything more. Bodies, tokens and queries are never logged.

mod answer;
mod base;
mod limit;

pub use answer::{Answer, is_shown, plain};
pub use base::Base;

use self::answer::Trouble;
use self::limit::Limiter;
use super::{Error, redact::Redactor};
use backon::{BackoffBuilder as _, ExponentialBuilder};
use reqwest::{
    Method,
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
/// Shorter than most servers' own, so that a write seldom meets a connection that is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
const FIRST_DELAY: Duration = Duration::from_millis(100);
const ATTEMPTS: usize = 5;

/// How much a portal is asked to bear.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    /// How long one request may take, its answer included.
    pub timeout: Duration,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// How many may begin in one second.
    pub per_second: Option<NonZeroU32>,
    /// How many of them may begin at once, after a rest.
    pub burst: NonZeroU32,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            concurrency: 8,
            per_second: None,
            burst: NonZeroU32::MIN,
        }
    }
}

/// The one HTTP client of a portal, shared by every task.
pub struct Client {
    http: reqwest::Client,
    base: Base,
    credential: RwLock<Option<Credential>>,
    /// Every secret that may be under way, which no answer may repeat.
    redactors: RwLock<BTreeMap<u64, Arc<Redactor>>>,
    limiter: Limiter,
    delays: ExponentialBuilder,
    requests: AtomicU64,
}

/// Keeps secrets out of answers for as long as it lives.
#[must_use]
pub struct Redacted<'c> {
    client: &'c Client,
    number: u64,
}

impl Drop for Redacted<'_> {
    fn drop(&mut self) {
        self.client.redactors_mut().remove(&self.number);
    }
}

/// What a portal is shown with each request.
#[derive(Clone)]
struct Credential {
    header: HeaderName,
    value: HeaderValue,
}

/// One request.
pub struct Request<'r> {
    /// What is done.
    pub method: Method,
    /// Where, below the base: one name a level, as it is before any encoding.
    pub path: &'r [&'r str],
    /// What is asked, before any encoding.
    pub query: &'r [(&'r str, &'r str)],
    /// The version that the object must still have.
    pub if_match: Option<&'r str>,
    /// What is sent.
    pub body: Option<Body>,
    /// Whether it goes without the credentials, as what asks for some does.
    pub is_anonymous: bool,
}

/// What is sent with a request. It may hold secrets, so it can't be printed.
pub struct Body {
    /// Its media type.
    pub media_type: &'static str,
    /// JSON.
    pub text: Vec<u8>,
}

impl<'r> Request<'r> {
    /// A request without query, precondition or body.
    #[must_use]
    pub const fn new(method: Method, path: &'r [&'r str]) -> Self {
        Self {
            method,
            path,
            query: &[],
            if_match: None,
            body: None,
            is_anonymous: false,
        }
    }

    fn what(&self) -> String {
        plain(&format!("{} /{}", self.method, self.path.join("/")))
    }
}

/// Why a write has no answer.
#[derive(Debug)]
pub enum Failure {
    /// Nothing was done.
    NotDone(Error),
    /// It was sent, and whether it was done is not known.
    Ambiguous {
        /// What came instead of an answer.
        reason: String,
    },
}

impl Client {
    /// A client of the portal at `base`. Nothing is sent yet.
    ///
    /// # Errors
    /// The token can't be sent in a header, or TLS can't be set up.
    pub fn new(
        base: Base,
        token: Option<&SecretString>,
        rate_limit: RateLimit,
    ) -> Result<Self, Error> {
        install_tls();
        let unusable = |reason: &str| Error::Unreachable {
            url: base.to_string(),
            reason: reason.to_owned(),
        };
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("callsheet/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(rate_limit.timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never()); // what is sent again is decided, and counted, here
        if base.is_loopback() {
            http = http.no_proxy();
        }
        let client = Self {
            http: http
                .build()
                .map_err(|error| unusable(&answer::cause(&error)))?,
            credential: RwLock::default(),
            redactors: RwLock::default(),
            limiter: Limiter::new(rate_limit),
            delays: ExponentialBuilder::new()
                .with_min_delay(FIRST_DELAY)
                .with_factor(2.0)
                .with_jitter()
                .with_max_times(ATTEMPTS - 1),
            requests: AtomicU64::new(0),
            base,
        };
        if let Some(token) = token {
            client.present(AUTHORIZATION, "Bearer ", token)?;
        }
        Ok(client)
    }

    /// Shows a token from now on, in the header that the portal looks for it in, behind a word such as
    /// `Bearer `.
    ///
    /// # Errors
    /// The token can't be sent in a header.
    pub fn present(
        &self,
        header: HeaderName,
        word: &str,
        token: &SecretString,
    ) -> Result<(), Error> {
        let value = HeaderValue::from_str(&format!("{word}{}", token.expose_secret()));
        let mut value = value.map_err(|_holds_the_token| Error::Unreachable {
            url: self.base.to_string(),
            reason: "the token holds characters that a header can't".to_owned(),
        })?;
        value.set_sensitive(true);
        let mut credential = self
            .credential
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *credential = Some(Credential { header, value });
        drop(credential);
        self.never_show([token]);
        Ok(())
    }

    /// Keeps secrets out of what answers say from now on, whatever spelling they are repeated in.
    pub fn never_show<'s>(&self, secrets: impl IntoIterator<Item = &'s SecretString>) {
        std::mem::forget(self.redact(secrets));
    }

    /// Keeps secrets out of what answers say, for as long as what is returned lives.
    pub fn redact<'s>(&self, secrets: impl IntoIterator<Item = &'s SecretString>) -> Redacted<'_> {
        let redactor = Arc::new(Redactor::of(secrets));
        let mut redactors = self.redactors_mut();
        let number = redactors.last_key_value().map_or(0, |(last, _)| last + 1);
        redactors.insert(number, redactor);
        Redacted {
            client: self,
            number,
        }
    }

    fn redactors_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<u64, Arc<Redactor>>> {
        let redactors = self.redactors.write();
        redactors.unwrap_or_else(PoisonError::into_inner)
    }

    /// Every secret that may be under way.
    fn redactor(&self) -> Redactor {
        let redactors = self.redactors.read();
        let redactors = redactors.unwrap_or_else(PoisonError::into_inner);
        Redactor::all(redactors.values().map(|one| &**one))
    }

    /// One that waits for nothing between two attempts.
    #[cfg(test)]
    pub(super) fn impatient(mut self) -> Self {
        self.delays = self.delays.with_min_delay(Duration::ZERO);
        self
    }

    /// How many requests were made so far, retries included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Evidence for something; nothing where the portal itself says that it doesn't exist. A proxy that
    /// says so, or any other failure, is an error: what couldn't be read is not absent.
    ///
    /// # Errors
    /// No answer, or none that can be read.
    pub async fn read(&self, request: &Request<'_>) -> Result<Option<Vec<u8>>, Error> {
        match self.exchange(request, true).await {
            Ok(answer) if answer.status == 404 => Ok(None),
            Ok(answer) if answer.is_success() => Ok(Some(answer.body)),
            Ok(answer) => Err(answer.refusal()),
            Err((trouble, attempts)) => Err(self.error(request, trouble, attempts)),
        }
    }

    /// Sends a change. The answer is a success, or a refusal in the portal's own words: its status is
    /// the adapter's to read.
    ///
    /// # Errors
    /// Says whether the change may have been made all the same.
    pub async fn write(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        match self.exchange(request, false).await {
            Ok(answer) => Ok(answer),
            Err((trouble, attempts)) if trouble.nothing_done() => {
                Err(Failure::NotDone(self.error(request, trouble, attempts)))
            }
            Err((trouble, _)) => Err(Failure::Ambiguous {
                reason: trouble.reason(),
            }),
        }
    }

    /// Sends a request until there is an answer, or no reason to send it again.
    async fn exchange(
        &self,
        request: &Request<'_>,
        is_read: bool,
    ) -> Result<Answer, (Trouble, u32)> {
        let mut delays = self.delays.build();
        let mut attempt = 1;
        loop {
            let trouble = match self.attempt(request, attempt).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            match delays.next() {
                // Too much of us all: everybody waits, and whoever waits is admitted again.
                Some(delay) if trouble.is_throttling() => self.limiter.pause(delay),
                Some(delay) if trouble.may_pass(is_read) => tokio::time::sleep(delay).await,
                _ => return Err((trouble, attempt)),
            }
            attempt += 1;
        }
    }

    async fn attempt(&self, request: &Request<'_>, attempt: u32) -> Result<Answer, Trouble> {
        let slot = self.limiter.admit().await;
        let credential = self.credential().filter(|_| !request.is_anonymous);
        let built = self.build(request, credential.as_ref())?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let (method, path) = (built.method().clone(), built.url().path().to_owned());
        let answer = match self.http.execute(built).await {
            Ok(response) => {
                let status = response.status().as_u16();
                let redactor = self.redactor();
                let answer = answer::receive(response, &self.limiter, &redactor).await;
                tracing::debug!(%method, path, status, attempt, elapsed = ?begun.elapsed());
                answer
            }
            Err(error) => {
                tracing::debug!(%method, path, attempt, elapsed = ?begun.elapsed(), "no answer");
                Err(Trouble::from_sending(&error))
            }
        };
        drop(slot);
        answer
    }

    fn credential(&self) -> Option<Credential> {
        let credential = self.credential.read();
        credential.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn build(
        &self,
        request: &Request<'_>,
        credential: Option<&Credential>,
    ) -> Result<reqwest::Request, Trouble> {
        let unsendable = |what: &str| Trouble::Unsendable(format!("{what} can't be sent"));
        let url = self
            .base
            .join(request.path, request.query)
            .ok_or_else(|| unsendable("its name"))?;
        let mut built = reqwest::Request::new(request.method.clone(), url);
        let headers = built.headers_mut();
        if let Some(Credential { header, value }) = credential {
            headers.insert(header, value.clone());
        }
        if let Some(etag) = request.if_match {
            let etag = HeaderValue::from_str(etag);
            let etag = etag.map_err(|_names_no_place| unsendable("its version"))?;
            headers.insert(IF_MATCH, etag);
        }
        if let Some(body) = &request.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.media_type));
            *built.body_mut() = Some(body.text.clone().into());
        }
        Ok(built)
    }

    fn error(&self, request: &Request<'_>, trouble: Trouble, attempts: u32) -> Error {
        let url = self.base.to_string();
        let what = request.what();
        match trouble {
            Trouble::Unauthorized => Error::Unauthorized { url },
            Trouble::Forbidden { detail } => Error::Forbidden { what, detail },
            Trouble::Throttled { status } | Trouble::Broken { status } => {
                Error::NotReady { status, attempts }
            }
            Trouble::NoConnection(reason) | Trouble::Lost(reason) => {
                Error::Unreachable { url, reason }
            }
            Trouble::Unreadable(reason) | Trouble::Unsendable(reason) => {
                Error::Unreadable { what, reason }
            }
        }
    }
}

/// TLS needs to be told once who does its arithmetic. Whoever was faster is as good.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

#[cfg(test)]
mod tests;
