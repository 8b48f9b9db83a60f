//! A *rebuild* of an instance brings the features of its users to their phones.

use super::{
    access::Access,
    account::{offered, sent},
    problem::Problem,
    routes::{At, blocking, existing},
    store::Store,
};
use crate::model::{Kind, PortalAction};
use axum::{
    Extension, Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};

pub(super) fn routes() -> Router<Store> {
    Router::new().route("/v1/instances/{id}/rebuild", get(read).post(rebuild))
}

/// Tells of the last rebuild.
async fn read(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    offered(&store, PortalAction::Rebuild)?;
    access.readable(Kind::Instances)?;
    let rebuilt = blocking(move || {
        store.read(|tx| {
            let instance = existing(tx, Kind::Instances, &id)?;
            Ok::<_, Problem>(tx.rebuilt(instance.seq)?)
        })
    });
    Ok(sent(&rebuilt.await?))
}

async fn rebuild(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    access.require(&["instances.rebuild", "instances.manage"])?;
    offered(&store, PortalAction::Rebuild)?;
    let rebuilt = blocking(move || {
        store.write(|tx| {
            let instance = existing(tx, Kind::Instances, &id)?;
            tx.rebuild(instance.seq, &instance.key)?;
            Ok::<_, Problem>(tx.rebuilt(instance.seq)?)
        })
    });
    Ok(sent(&rebuilt.await?))
}
