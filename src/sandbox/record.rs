//! The *records* of the sandbox: for each workspace, which commit was applied last. The sandbox stores
//! them for its clients and doesn't interpret them.

use super::{
    access::Access,
    problem::{Problem, Reason},
    request,
    routes::{At, blocking, json},
    store::Store,
};
use crate::model::Record;
use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::get,
};

pub(super) fn routes() -> Router<Store> {
    Router::new().route("/v1/records/{workspace}", get(read).put(write))
}

async fn read(State(store): State<Store>, at: At<String>) -> Result<Response, Problem> {
    let Path(workspace) = at?;
    let record = blocking(move || Ok(store.read(|tx| tx.record(&workspace))?)).await?;
    match record {
        Some(record) => Ok(json(StatusCode::OK, record.into_bytes())),
        None => Err(Problem::new(
            Reason::NotFound,
            "The workspace has no record.",
        )),
    }
}

async fn write(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    request: Request,
) -> Result<Response, Problem> {
    access.require(&["users.manage"])?;
    let Path(workspace) = at?;
    let body = request::body(request, &["application/json"]).await?;
    let record = serde_json::Value::Object(body).to_string();
    if record.len() > Record::MAX_LENGTH || workspace.len() > Record::MAX_LENGTH {
        let detail = format!("A record has at most {} bytes.", Record::MAX_LENGTH);
        return Err(Problem::new(Reason::TooLarge, detail));
    }
    blocking(move || Ok(store.write(|tx| tx.set_record(&workspace, &record))?)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
