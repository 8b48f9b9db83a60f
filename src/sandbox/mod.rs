//! The *sandbox* is the built-in portal: a phone system's people behind an HTTP API, kept in SQLite.
//!
//! It holds whatever the model holds, because its bodies are checked by the model's own schemas
//! ([`crate::schema::wire`]) and stored by the model's own shapes. It knows nothing of plans and
//! workspaces: to the engine it is a portal like any other, reached over HTTP only.
//!
//! `GET /openapi.json` says all of the API. What a portal is known to do, and this one does: it tells
//! every default (S1.22), never a secret (S4.28), saves an object whole (S3.11, S4.27), and lets
//! what is in use be deleted, whatever breaks (S3.14).

mod access;
mod body;
mod embedded;
mod filled;
mod neighbours;
mod object;
mod openapi;
mod problem;
mod request;
mod routes;
mod store;

pub use access::Tokens;
pub use embedded::{Embedded, random_token};
pub use store::{Error, Store};

use axum::{Router, middleware, serve::ListenerExt as _};
use std::{io, sync::Arc};
use tokio::net::TcpListener;

/// The portal over a store, for those who hold one of the tokens.
pub fn router(store: Store, tokens: Tokens) -> Router {
    routes::routes()
        .layer(middleware::from_fn_with_state(
            Arc::new(tokens),
            access::check,
        ))
        .with_state(store)
}

/// Serves the portal until `shutdown` comes and the requests that are under way then are answered.
///
/// # Errors
/// The listener fails, or what was written can't be brought to the disk.
pub async fn serve(
    listener: TcpListener,
    store: Store,
    tokens: Tokens,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = router(store.clone(), tokens);
    let listener = listener.tap_io(|connection| {
        // The end of an answer must not wait until its beginning is acknowledged.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(error = %error, "a connection of the sandbox may be slow");
        }
    });
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await?;
    let settling = store.clone();
    let settled = match tokio::task::spawn_blocking(move || settling.settle()).await {
        // A runtime that ends starts nothing more.
        Err(stopped) if stopped.is_cancelled() => store.settle(),
        settled => settled?,
    };
    settled.map_err(io::Error::other)
}
