//! The *sandbox* is the built-in portal: an HTTP API over SQLite.
//!
//! It supports the whole model, since it validates requests with the model's schemas
//! ([`crate::schema::wire`]). It doesn't know plans and workspaces: the engine uses it over HTTP like any
//! other portal.
//!
//! It behaves like the system of its [profile](crate::profile::Profile), and people can log in to it: each
//! request then needs a permission of the person's scope, groups or own.
//!
//! `GET /openapi.json` describes the API. The sandbox behaves like real portals: it returns every default
//! and never a secret, saves objects as a whole, and allows deleting objects in use.
// S1.22, S4.28, S3.11, S4.27, S3.14

mod access;
mod account;
mod body;
mod constraints;
mod defaults;
mod embedded;
mod greeting;
mod hash;
mod mail;
mod object;
mod openapi;
mod page;
mod password;
mod permission;
mod problem;
mod provisioning;
mod rebuild;
mod record;
mod request;
mod reset;
mod routes;
mod session;
mod store;

pub use access::Tokens;
pub use embedded::{Embedded, random_token};
pub use page::{Page, PageData};
pub use store::{Error, Store};

use axum::{Router, middleware, serve::ListenerExt as _};
use std::{io, sync::Arc};
use tokio::net::TcpListener;

/// The HTTP API of a store, for clients with one of the tokens, and the page at `/`, if there is one.
pub fn router(store: Store, tokens: Tokens, page: Option<Page>) -> Router {
    let guard = access::Guard {
        tokens,
        store: store.clone(),
    };
    routes::routes()
        .with_state(store)
        .merge(page.map_or_else(Router::new, page::routes))
        .layer(middleware::from_fn_with_state(
            Arc::new(guard),
            access::check,
        ))
}

/// Serves the API until `shutdown` resolves and pending requests are completed.
///
/// # Errors
/// The listener fails, or the database can't be written to disk.
pub async fn serve(
    listener: TcpListener,
    store: Store,
    tokens: Tokens,
    page: Option<Page>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = router(store.clone(), tokens, page);
    let listener = listener.tap_io(|connection| {
        // The end of a response must not wait until its start is acknowledged.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(error = %error, "a connection of the sandbox may be slow");
        }
    });
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await?;
    let settling = store.clone();
    let settled = match tokio::task::spawn_blocking(move || settling.checkpoint()).await {
        // A runtime that ends starts nothing more.
        Err(stopped) if stopped.is_cancelled() => store.checkpoint(),
        settled => settled?,
    };
    settled.map_err(io::Error::other)
}
