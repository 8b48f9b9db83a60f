//! An *embedded* portal lives and ends with the command that needs one: on a port of its own, with a
//! token that nobody else knows.

use super::{
    Tokens,
    store::{Error, Store},
};
use secrecy::SecretString;
use std::{net::Ipv4Addr, path::Path};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// A portal inside this process. Dropping it stops it.
pub struct Embedded {
    url: String,
    token: SecretString,
    store: Store,
    /// Tells the server to stop, by being dropped.
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Opens the database at a path, with the folders that lead to it, and serves it on the current
    /// tokio runtime.
    ///
    /// # Errors
    /// The database can't be opened, or there is no port, or no runtime.
    pub fn start(database: &Path) -> Result<Self, Error> {
        if let Some(folder) = database.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let store = Store::open(database)?;
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
        let served = super::serve(listener, store.clone(), tokens, async {
            // It is dropped, never sent: either way it is time to stop.
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

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The token that opens it.
    #[must_use]
    pub fn token(&self) -> &SecretString {
        &self.token
    }

    /// What it remembers, for those who would fill it in bulk.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Stops it, and waits until the last request is answered and on the disk.
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
        if let Err(error) = self.store.settle() {
            tracing::error!(error = %error, "the sandbox's database was not settled");
        }
    }
}

/// A token that nobody can guess: 244 random bits.
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
