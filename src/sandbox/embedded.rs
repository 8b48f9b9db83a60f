//! An *embedded* sandbox runs inside a command, on its own port and with a random token.

use super::{
    Tokens,
    store::{Error, Store},
};
use crate::profile::Profile;
use secrecy::SecretString;
use std::{net::Ipv4Addr, path::Path};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// A sandbox inside this process. Dropping it stops the server.
pub struct Embedded {
    url: String,
    token: SecretString,
    store: Store,
    /// Stops the server when dropped.
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Opens a database that behaves like a profile, creating its directories, and serves it on the current tokio runtime.
    ///
    /// # Errors
    /// The database can't be opened, or there is no free port or no runtime.
    pub fn start(database: &Path, profile: &'static Profile) -> Result<Self, Error> {
        if let Some(folder) = database.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let store = Store::open(database, profile)?;
        let runtime = tokio::runtime::Handle::try_current().map_err(std::io::Error::other)?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let listener = TcpListener::from_std(listener)?;
        let token = random_token();
        let tokens = Tokens {
            write: token.clone(),
            read: None,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let served = super::serve(listener, store.clone(), tokens, None, async {
            // The sender is dropped, never used.
            drop(stopped.await);
        });
        let server = runtime.spawn(async {
            if let Err(error) = served.await {
                tracing::error!(error = %error, "the sandbox stopped");
            }
        });
        Ok(Self {
            url,
            token,
            store,
            stop: Some(stop),
            server: Some(server),
        })
    }

    /// The URL: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The token for full access.
    #[must_use]
    pub fn token(&self) -> &SecretString {
        &self.token
    }

    /// The store, for bulk loading.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Stops the server after pending requests are completed and written to disk.
    pub async fn stop(mut self) {
        self.stop.take();
        if let Some(server) = self.server.take()
            && let Err(error) = server.await
        {
            tracing::error!(error = %error, "the sandbox stopped badly");
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.take();
        // What was answered is in the log of the database already; this brings it to the disk.
        if let Err(error) = self.store.checkpoint() {
            tracing::error!(error = %error, "the sandbox's database was not settled");
        }
    }
}

/// A random token with 244 bits.
#[must_use]
pub fn random_token() -> SecretString {
    let half = || uuid::Uuid::new_v4().simple();
    format!("{}{}", half(), half()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn tokens_differ() {
        let (one, other) = (random_token(), random_token());
        assert_eq!(one.expose_secret().len(), 64);
        assert_ne!(one.expose_secret(), other.expose_secret());
    }
}
