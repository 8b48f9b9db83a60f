//! A stand-in for the *API* of GitHub: comments, issues, pull requests and artefacts of one repository.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse as _, Response},
    routing::any,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, mpsc},
};
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

/// The repository.
pub(super) const REPOSITORY: &str = "acme/phones";
/// The token of a job that may write.
pub(super) const TOKEN: &str = "job-token";
/// The token of a job that may not.
pub(super) const READ_ONLY: &str = "fork-token";
/// Whom the token writes as.
pub(super) const AUTHOR: &str = "github-actions[bot]";

/// What the repository holds.
#[derive(Default)]
pub(super) struct Repository {
    /// The comments of each pull request.
    pub(super) comments: Vec<(u64, Value)>,
    pub(super) issues: Vec<Value>,
    pub(super) pulls: Vec<Value>,
    /// The pull requests by which a commit was merged.
    pub(super) merged: BTreeMap<String, Vec<Value>>,
    pub(super) runs: Vec<Value>,
    pub(super) artifacts: Vec<(Value, Vec<u8>)>,
    /// Every request, as `POST /issues/1/comments`.
    pub(super) requests: Vec<String>,
    last: u64,
}

/// A server.
pub(super) struct Api {
    pub(super) url: String,
    repository: Arc<Mutex<Repository>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Api {
    pub(super) fn new() -> Self {
        let repository = Arc::new(Mutex::new(Repository::default()));
        let (stop, stopped) = oneshot::channel::<()>();
        let (send, receive) = mpsc::channel();
        let shared = Arc::clone(&repository);
        let thread = std::thread::spawn(move || {
            Runtime::new().unwrap().block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                let url = format!("http://{}", listener.local_addr().unwrap());
                send.send(url.clone()).unwrap();
                let router = Router::new()
                    .route("/storage/{id}", any(storage))
                    .route("/repos/acme/phones/{*path}", any(answer))
                    .with_state((shared, url));
                let stopped = async { drop(stopped.await) };
                axum::serve(listener, router)
                    .with_graceful_shutdown(stopped)
                    .await
                    .unwrap();
            });
        });
        Self {
            url: receive.recv().unwrap(),
            repository,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(super) fn repository(&self) -> MutexGuard<'_, Repository> {
        self.repository.lock().unwrap()
    }

    /// The bodies of a pull request's comments.
    pub(super) fn comments(&self, pull: u64) -> Vec<String> {
        let repository = self.repository();
        let own = repository.comments.iter().filter(|(of, _)| *of == pull);
        own.map(|(_, comment)| comment["body"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Somebody writes a comment.
    pub(super) fn comment(&self, pull: u64, login: &str, body: &str) {
        let mut repository = self.repository();
        repository.last += 1;
        let comment = json!({ "id": repository.last, "body": body, "user": { "login": login } });
        repository.comments.push((pull, comment));
    }

    /// A pipeline ran, and kept files.
    pub(super) fn keep(&self, run: &Value, name: &str, archive: Vec<u8>) {
        let mut repository = self.repository();
        repository.last += 1;
        let artifact = json!({
            "id": repository.last, "name": name, "expired": false,
            "workflow_run": {
                "id": run["id"], "repository_id": 1, "head_sha": run["head_sha"],
                "head_repository_id": if run["head_repository"]["full_name"] == REPOSITORY { 1 } else { 2 },
            },
        });
        if !repository.runs.contains(run) {
            repository.runs.push(run.clone());
        }
        repository.artifacts.push((artifact, archive));
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server stops in peace");
        }
    }
}

type Shared = (Arc<Mutex<Repository>>, String);

/// What is kept elsewhere is had by its address alone; credentials are refused.
async fn storage(
    State((shared, _)): State<Shared>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let is_signed = uri.query() == Some("sig=a%2Bb%3D&se=2026-11-29");
    if headers.contains_key("authorization") || !is_signed {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let repository = shared.lock().unwrap();
    let found = repository.artifacts.iter().find(|(one, _)| one["id"] == id);
    match found {
        Some((_, archive)) => {
            ([("content-type", "application/zip")], archive.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn answer(
    State((shared, url)): State<Shared>,
    method: Method,
    Path(path): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut repository = shared.lock().unwrap();
    repository.requests.push(format!("{method} /{path}"));
    let token = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let may_write = match token {
        Some("Bearer job-token") => true,
        Some("Bearer fork-token") => false,
        _ => {
            return (
                StatusCode::UNAUTHORIZED,
                Json(json!({ "message": "Bad credentials" })),
            )
                .into_response();
        }
    };
    if method != Method::GET && !may_write {
        let message = json!({ "message": "Resource not accessible by integration" });
        return (StatusCode::FORBIDDEN, Json(message)).into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let parts: Vec<&str> = path.split('/').collect();
    let asked = |name: &str| query.get(name).map_or("", String::as_str);
    let found = match (method.as_str(), &*parts) {
        ("GET", ["issues", number, "comments"]) => {
            let number: u64 = number.parse().unwrap();
            let own = repository.comments.iter().filter(|(of, _)| *of == number);
            Some(paged(
                own.map(|(_, comment)| comment.clone()).collect(),
                &query,
            ))
        }
        ("POST", ["issues", number, "comments"]) => {
            if body["body"].as_str().unwrap().chars().count() > 65_536 {
                return (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    Json(json!({ "message": "body is too long" })),
                )
                    .into_response();
            }
            repository.last += 1;
            let comment =
                json!({ "id": repository.last, "body": body["body"], "user": { "login": AUTHOR } });
            repository
                .comments
                .push((number.parse().unwrap(), comment.clone()));
            Some(comment)
        }
        ("PATCH", ["issues", "comments", id]) => {
            let id: u64 = id.parse().unwrap();
            let comment = repository
                .comments
                .iter_mut()
                .find(|(_, one)| one["id"] == id);
            comment.map(|(_, comment)| {
                comment["body"] = body["body"].clone();
                comment.clone()
            })
        }
        ("GET", ["issues"]) => {
            let open = repository
                .issues
                .iter()
                .filter(|issue| issue["state"] == "open");
            Some(paged(open.cloned().collect(), &query))
        }
        ("POST", ["issues"]) => {
            let number = repository.issues.len() + 100;
            let issue = json!({ "number": number, "title": body["title"], "body": body["body"], "state": "open", "user": { "login": AUTHOR } });
            repository.issues.push(issue.clone());
            Some(issue)
        }
        ("PATCH", ["issues", number]) => {
            let number: u64 = number.parse().unwrap();
            let issue = repository
                .issues
                .iter_mut()
                .find(|one| one["number"] == number);
            issue.map(|issue| {
                for name in ["body", "state"] {
                    if !body[name].is_null() {
                        issue[name] = body[name].clone();
                    }
                }
                issue.clone()
            })
        }
        ("GET", ["pulls"]) => {
            let own = repository
                .pulls
                .iter()
                .filter(|pull| pull["head"]["label"] == asked("head"));
            Some(paged(own.cloned().collect(), &query))
        }
        ("GET", ["commits", commit, "pulls"]) => Some(json!(
            repository.merged.get(*commit).cloned().unwrap_or_default()
        )),
        ("GET", ["actions", "runs"]) => {
            let own = repository
                .runs
                .iter()
                .filter(|run| run["head_sha"] == asked("head_sha"));
            Some(json!({ "workflow_runs": own.collect::<Vec<_>>() }))
        }
        ("GET", ["actions", "runs", id, "artifacts"]) => {
            let id: u64 = id.parse().unwrap();
            let own = repository.artifacts.iter().map(|(one, _)| one);
            let own = own.filter(|one| one["workflow_run"]["id"] == id);
            Some(json!({ "artifacts": own.collect::<Vec<_>>() }))
        }
        ("GET", ["actions", "artifacts"]) => {
            let own = repository.artifacts.iter().map(|(one, _)| one);
            let own = own.filter(|one| one["name"] == asked("name"));
            Some(json!({ "artifacts": own.collect::<Vec<_>>() }))
        }
        ("GET", ["actions", "artifacts", id, "zip"]) => {
            let place = format!("{url}/storage/{id}?sig=a%2Bb%3D&se=2026-11-29");
            return (StatusCode::FOUND, [("location", place)]).into_response();
        }
        _ => None,
    };
    match found {
        Some(found) => Json(found).into_response(),
        None => (
            StatusCode::NOT_FOUND,
            Json(json!({ "message": "Not Found" })),
        )
            .into_response(),
    }
}

fn paged(entries: Vec<Value>, query: &BTreeMap<String, String>) -> Value {
    let number = |name: &str, otherwise| {
        query
            .get(name)
            .map_or(otherwise, |text| text.parse().unwrap())
    };
    let (page, size): (usize, usize) = (number("page", 1), number("per_page", 30));
    Value::Array(
        entries
            .into_iter()
            .skip((page - 1) * size)
            .take(size)
            .collect(),
    )
}
