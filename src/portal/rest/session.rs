//! A *session* is a login that is renewed before it expires, and once after the portal rejects it.

use super::{
    super::{
        Error,
        http::{Answer, Client, Failure, Request},
    },
    dialect::Link,
    settle::TRIES,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Mutex, time::Instant};

/// A login is renewed this long before it expires, or after three quarters of its lifetime if that is
/// later.
const MARGIN: Duration = Duration::from_secs(60);

/// How to log in to a portal.
pub trait Login: Send + Sync + 'static {
    /// What a login returns.
    type Open: Send + Sync + 'static;

    /// The client that sends all requests.
    fn client(&self) -> &Client;

    /// Whether logging in is a request, and not just a token that is known.
    fn is_request(&self) -> bool {
        true
    }

    /// Logs in, and sets the client's token. `previous` is the login that is renewed. Also returns how long
    /// the login is valid, if the portal tells it.
    fn log_in(
        &self,
        previous: Option<&Self::Open>,
    ) -> impl Future<Output = Result<(Self::Open, Option<Duration>), Error>> + Send;

    /// Adds what a request needs within a login, such as the account.
    fn within(&self, open: &Self::Open, request: &Request) -> Request;

    /// The request to send after an answer that asks for more, such as a consent.
    ///
    /// # Errors
    /// What the portal asks for isn't allowed. Nothing was changed.
    fn again(&self, request: &Request, answer: &Answer) -> Result<Option<Request>, Error> {
        let _unused = (request, answer);
        Ok(None)
    }
}

/// A login, and when it must be renewed.
type Current<O> = (Arc<O>, Option<Instant>);

/// A connection with a login.
pub struct Session<L: Login> {
    /// How to log in.
    pub login: L,
    open: Mutex<Option<Current<L::Open>>>,
    is_counted: AtomicBool,
}

impl<L: Login> Session<L> {
    /// Creates a session. Sends nothing.
    pub fn new(login: L) -> Self {
        Self {
            login,
            open: Mutex::default(),
            is_counted: AtomicBool::default(),
        }
    }

    /// Returns the current login, or logs in.
    ///
    /// # Errors
    /// The portal can't be reached or rejects the credentials.
    pub async fn open(&self) -> Result<Arc<L::Open>, Error> {
        self.open_after(None).await
    }

    /// The number of requests for logging in that the minimum of a read contains: one in the first read.
    pub fn minimum(&self) -> u64 {
        u64::from(self.login.is_request() && !self.is_counted.swap(true, Ordering::Relaxed))
    }

    /// `refused` is a login that the portal has rejected.
    async fn open_after(&self, refused: Option<&Arc<L::Open>>) -> Result<Arc<L::Open>, Error> {
        let mut open = self.open.lock().await;
        let now = Instant::now();
        let is_fresh = |(open, renewal): &&Current<L::Open>| {
            refused.is_none_or(|refused| !Arc::ptr_eq(open, refused))
                && renewal.is_none_or(|renewal| now < renewal)
        };
        if let Some((open, _)) = open.as_ref().filter(is_fresh) {
            return Ok(Arc::clone(open));
        }
        let previous = open.take();
        let previous = previous.as_ref().map(|(open, _)| &**open);
        let (fresh, lifetime) = self.login.log_in(previous).await?;
        let fresh = Arc::new(fresh);
        let renewal = lifetime.map(|life| now + life.saturating_sub(MARGIN.min(life / 4)));
        *open = Some((Arc::clone(&fresh), renewal));
        Ok(fresh)
    }

    /// Sends a write with a login. A rejected token means that nothing was changed, so the write is
    /// repeated once after a new login.
    async fn write_once(&self, request: &Request) -> Result<Answer, Failure> {
        let mut refused = None;
        loop {
            let open = self.open_after(refused.as_ref()).await;
            let open = open.map_err(Failure::NotDone)?;
            let request = self.login.within(&open, request);
            match self.login.client().write(&request).await {
                Err(Failure::NotDone(Error::Unauthorized { .. })) if refused.is_none() => {
                    refused = Some(open);
                }
                answer => return answer,
            }
        }
    }
}

impl<L: Login> Link for Session<L> {
    fn client(&self) -> &Client {
        self.login.client()
    }

    async fn read(&self, request: &Request) -> Result<Option<Answer>, Error> {
        let mut refused = None;
        loop {
            let open = self.open_after(refused.as_ref()).await?;
            let request = self.login.within(&open, request);
            match self.login.client().read(&request).await {
                Err(Error::Unauthorized { .. }) if refused.is_none() => refused = Some(open),
                answer => return answer,
            }
        }
    }

    async fn write(&self, request: &Request) -> Result<Answer, Failure> {
        let answer = self.write_once(request).await?;
        let again = self.login.again(request, &answer);
        match again.map_err(Failure::NotDone)? {
            Some(request) => self.write_once(&request).await,
            None => Ok(answer),
        }
    }
}

/// Sends the request of a login. It changes nothing, so it is repeated if its answer is lost. It carries no
/// token: concurrent requests still send the old one, which may remain valid for a while.
///
/// # Errors
/// The portal can't be reached, or the answer is invalid.
pub async fn send_login(client: &Client, mut request: Request) -> Result<Answer, Error> {
    request.is_anonymous = true;
    let mut tries = 0;
    loop {
        tries += 1;
        match client.write(&request).await {
            Ok(answer) => return Ok(answer),
            Err(Failure::NotDone(error)) => return Err(error),
            Err(Failure::Ambiguous { .. }) if tries < TRIES => {}
            Err(Failure::Ambiguous { reason }) => {
                let what = format!("{} /{}", request.method, request.path.join("/"));
                return Err(Error::Unreadable { what, reason });
            }
        }
    }
}
