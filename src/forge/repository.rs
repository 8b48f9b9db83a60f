//! A *repository* on the forge: its pull requests with their comments, its issues, and the artefacts of its
//! pipelines.

use super::{Error, Event, Pull, archive};
use crate::portal::{
    self,
    http::{Answer, Base, Body, Client, Failure, Media, RateLimit, Request},
};
use reqwest::{Method, Url, header::ACCEPT};
use secrecy::SecretString;
use serde_json::{Value as Json, json};

/// The most pages that are read of a list, of a hundred entries each.
const PAGES: u32 = 30;
/// The entries of a full page.
const PAGE: usize = 100;

/// A repository.
pub struct Repository {
    client: Client,
    owner: String,
    name: String,
    /// The account that the token writes as: what somebody else wrote is never overwritten.
    author: String,
}

/// A comment or an issue that this program wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its number.
    pub id: u64,
    /// Its text.
    pub body: String,
}

/// Where notes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread {
    /// The comments of the pull request with a number.
    Pull(u64),
    /// The open issues.
    Issues,
}

impl Thread {
    const fn what(self) -> &'static str {
        match self {
            Self::Pull(_) => "comment on the pull request",
            Self::Issues => "write an issue",
        }
    }

    const fn permission(self) -> &'static str {
        match self {
            Self::Pull(_) => "pull-requests: write",
            Self::Issues => "issues: write",
        }
    }
}

/// An artefact of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    id: u64,
}

impl Repository {
    /// The repository `name`, such as `acme/phones`, at the API `url`. `author` is the login of the account that
    /// the token belongs to.
    ///
    /// # Errors
    /// The address, the name or the token is no such thing.
    pub fn new(url: &str, name: &str, token: &SecretString, author: &str) -> Result<Self, Error> {
        let failed = |error: portal::Error| Error::Event(format!("GITHUB_API_URL: {error}"));
        let Some((owner, name)) = name.split_once('/') else {
            return Err(Error::Event(format!(
                "GITHUB_REPOSITORY is `{name}`, and not an owner and a name"
            )));
        };
        let base = Base::parse(url).map_err(failed)?;
        Ok(Self {
            client: Client::new(base, Some(token), RateLimit::default()).map_err(failed)?,
            owner: owner.to_owned(),
            name: name.to_owned(),
            author: author.to_owned(),
        })
    }

    fn request(&self, method: Method, path: &[&str]) -> Request {
        let path = [&["repos", &*self.owner, &*self.name], path].concat();
        Request::new(method, &path).with_header(ACCEPT, "application/vnd.github+json")
    }

    /// The pull request that an event is about. For `workflow_run`, it is looked for by the branch and the commit
    /// of the pipeline that ended, never by what that pipeline says.
    ///
    /// # Errors
    /// The list can't be read.
    pub async fn pull_of(&self, event: &Event) -> Result<Option<Pull>, Error> {
        if event.pull.is_some() {
            return Ok(event.pull.clone());
        }
        let Some((owner, branch, commit)) = &event.of_run else {
            return Ok(None);
        };
        let head = format!("{owner}:{branch}");
        let query = [("state", "open"), ("head", &*head), ("per_page", "100")];
        let request = self.request(Method::GET, &["pulls"]).with_query(&query);
        let what = "list the pull requests";
        let answer = self.read(&request, what, "pull-requests: read").await?;
        let pulls = answer.as_array().into_iter().flatten().filter_map(pull);
        Ok(pulls.into_iter().find(|pull| pull.head == *commit))
    }

    /// The pull requests by which a commit was merged.
    ///
    /// # Errors
    /// The list can't be read.
    pub async fn pulls_of_commit(&self, commit: &str) -> Result<Vec<Pull>, Error> {
        let request = self.request(Method::GET, &["commits", commit, "pulls"]);
        let what = "list the pull requests of a commit";
        let answer = self.read(&request, what, "pull-requests: read").await?;
        let merged = answer.as_array().into_iter().flatten();
        let merged = merged.filter(|pull| !pull["merged_at"].is_null());
        Ok(merged.filter_map(pull).collect())
    }

    /// The notes of a thread that this account wrote and that begin with `marker`.
    ///
    /// # Errors
    /// The list can't be read.
    pub async fn notes(&self, thread: Thread, marker: &str) -> Result<Vec<Note>, Error> {
        let mut found = Vec::new();
        for page in 1..=PAGES {
            let number;
            let request = match thread {
                Thread::Pull(pull) => {
                    number = pull.to_string();
                    self.request(Method::GET, &["issues", &number, "comments"])
                }
                Thread::Issues => self
                    .request(Method::GET, &["issues"])
                    .with_query(&[("state", "open"), ("creator", &*self.author)]),
            };
            let page = page.to_string();
            let request = request.with_query(&[("per_page", "100"), ("page", &*page)]);
            let answer = self
                .read(&request, thread.what(), thread.permission())
                .await?;
            let entries = answer.as_array().map_or(&[][..], Vec::as_slice);
            found.extend(
                entries
                    .iter()
                    .filter(|note| self.is_own(note))
                    .filter_map(|note| {
                        let body = note["body"].as_str()?;
                        let id = match thread {
                            Thread::Pull(_) => &note["id"],
                            Thread::Issues => &note["number"],
                        };
                        body.starts_with(marker).then_some(Note {
                            id: id.as_u64()?,
                            body: body.to_owned(),
                        })
                    }),
            );
            if entries.len() < PAGE {
                break;
            }
        }
        Ok(found)
    }

    /// Whether this account wrote a note. The account of a deleted author is null, and can't edit it any more.
    fn is_own(&self, note: &Json) -> bool {
        let author = note["user"]["login"].as_str();
        author.is_none_or(|author| author == self.author) && note["pull_request"].is_null()
    }

    /// Writes a note: a comment, or an issue with a title.
    ///
    /// # Errors
    /// The token may not, or the request failed.
    pub async fn write(&self, thread: Thread, title: &str, body: &str) -> Result<(), Error> {
        let (request, content) = match thread {
            Thread::Pull(number) => {
                let number = number.to_string();
                let request = self.request(Method::POST, &["issues", &number, "comments"]);
                (request, json!({ "body": body }))
            }
            Thread::Issues => {
                let request = self.request(Method::POST, &["issues"]);
                (request, json!({ "title": title, "body": body }))
            }
        };
        self.send(request, content, thread).await
    }

    /// Replaces the text of a note.
    ///
    /// # Errors
    /// The token may not, or the request failed.
    pub async fn edit(&self, thread: Thread, note: &Note, body: &str) -> Result<(), Error> {
        self.send(
            self.request_of(thread, note),
            json!({ "body": body }),
            thread,
        )
        .await
    }

    /// Closes an issue, with its last text.
    ///
    /// # Errors
    /// The token may not, or the request failed.
    pub async fn close(&self, note: &Note, body: &str) -> Result<(), Error> {
        let content = json!({ "body": body, "state": "closed", "state_reason": "completed" });
        let request = self.request_of(Thread::Issues, note);
        self.send(request, content, Thread::Issues).await
    }

    fn request_of(&self, thread: Thread, note: &Note) -> Request {
        let id = note.id.to_string();
        match thread {
            Thread::Pull(_) => self.request(Method::PATCH, &["issues", "comments", &id]),
            Thread::Issues => self.request(Method::PATCH, &["issues", &id]),
        }
    }

    /// The artefacts of the pipelines of a pull request whose names begin with `name`, newest first; those that
    /// are expired left out. Only pipelines of this repository's own branches count, and those that a
    /// `workflow_run` started: whoever proposes from a fork can upload what they like.
    ///
    /// # Errors
    /// The list can't be read.
    pub async fn artifacts(&self, pull: &Pull, name: &str) -> Result<Vec<Artifact>, Error> {
        let what = "list the artefacts of the pipelines";
        let query = [("head_sha", &*pull.head), ("per_page", "100")];
        let runs = self.request(Method::GET, &["actions", "runs"]);
        let runs = self
            .read(&runs.with_query(&query), what, "actions: read")
            .await?;
        let is_own = |run: &&Json| {
            let full_name = run["head_repository"]["full_name"].as_str();
            run["head_sha"].as_str() == Some(&*pull.head)
                && full_name == Some(&*format!("{}/{}", self.owner, self.name))
        };
        let runs = runs["workflow_runs"].as_array().into_iter().flatten();
        let mut runs: Vec<u64> = runs
            .filter(is_own)
            .filter_map(|run| run["id"].as_u64())
            .collect();
        runs.sort_unstable_by(|one, other| other.cmp(one));
        let mut found = Vec::new();
        for run in runs {
            let run = run.to_string();
            let request = self
                .request(Method::GET, &["actions", "runs", &run, "artifacts"])
                .with_query(&[("per_page", "100")]);
            let answer = self.read(&request, what, "actions: read").await?;
            found.extend(newest(&answer, |one| {
                one["name"]
                    .as_str()
                    .is_some_and(|its| its.starts_with(name))
            }));
        }
        // A plan of a fork's pull request is made by a pipeline of the default branch, and named after it.
        let of_pull = format!("{name}-pr-{}", pull.number);
        let request = self
            .request(Method::GET, &["actions", "artifacts"])
            .with_query(&[("name", &*of_pull), ("per_page", "100")]);
        let answer = self.read(&request, what, "actions: read").await?;
        found.extend(newest(&answer, |one| {
            let run = &one["workflow_run"];
            let is_own = run["repository_id"].is_u64()
                && run["repository_id"] == run["head_repository_id"]
                && run["head_sha"].as_str() != Some(&*pull.head);
            one["name"].as_str() == Some(&*of_pull) && is_own
        }));
        Ok(found)
    }

    /// The texts of the files in an artefact whose last name is `wanted`.
    ///
    /// # Errors
    /// It can't be read, or is no archive.
    pub async fn files_of(&self, artifact: &Artifact, wanted: &str) -> Result<Vec<String>, Error> {
        let what = "serve the artefact";
        let failed = |reason: String| Error::Failed { what, reason };
        let id = artifact.id.to_string();
        let mut request = self.request(Method::GET, &["actions", "artifacts", &id, "zip"]);
        request.accepts = Media::Redirect;
        let answer = self.answer(&request, what, "actions: read").await?;
        let bytes = match (&answer.location, answer.status) {
            (Some(location), 300..=399) => download(location).await.map_err(failed)?,
            (_, 200..=299) => answer.body,
            _ => return Err(failed(format!("the answer was {}", answer.status))),
        };
        archive::files(&bytes, wanted).map_err(failed)
    }

    async fn read(
        &self,
        request: &Request,
        what: &'static str,
        permission: &'static str,
    ) -> Result<Json, Error> {
        let answer = self.answer(request, what, permission).await?;
        serde_json::from_slice(&answer.body).map_err(|error| Error::Failed {
            what,
            reason: format!("its answer isn't JSON: {error}"),
        })
    }

    async fn answer(
        &self,
        request: &Request,
        what: &'static str,
        permission: &'static str,
    ) -> Result<Answer, Error> {
        match self.client.read(request).await {
            Ok(Some(answer)) => Ok(answer),
            // A repository that the token may not see is one that isn't there.
            Ok(None) => Err(Error::Forbidden {
                what,
                permission,
                detail: " (404)".to_owned(),
            }),
            Err(error) => Err(described(&error, what, permission)),
        }
    }

    async fn send(&self, request: Request, content: Json, thread: Thread) -> Result<(), Error> {
        let (what, permission) = (thread.what(), thread.permission());
        let request = request.with_body(Body::json(&content));
        match self.client.write(&request).await {
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) if answer.status == 404 => Err(Error::Forbidden {
                what,
                permission,
                detail: " (404)".to_owned(),
            }),
            Ok(answer) => Err(described(&answer.refusal(), what, permission)),
            Err(Failure::NotDone(error)) => Err(described(&error, what, permission)),
            Err(Failure::Ambiguous { reason }) => Err(Error::Failed { what, reason }),
        }
    }
}

/// The artefacts of an answer that are wanted and not expired, newest first.
fn newest(answer: &Json, is_wanted: impl Fn(&Json) -> bool) -> Vec<Artifact> {
    let artifacts = answer["artifacts"].as_array().into_iter().flatten();
    let mut own: Vec<u64> = artifacts
        .filter(|one| one["expired"].as_bool() != Some(true) && is_wanted(one))
        .filter_map(|one| one["id"].as_u64())
        .collect();
    own.sort_unstable_by(|one, other| other.cmp(one));
    own.into_iter().map(|id| Artifact { id }).collect()
}

/// A pull request of a list.
fn pull(json: &Json) -> Option<Pull> {
    Some(Pull {
        number: json["number"].as_u64()?,
        head: json["head"]["sha"].as_str()?.to_owned(),
    })
}

/// What happened at the forge, in its terms: the error's own are those of a portal.
fn described(error: &portal::Error, what: &'static str, permission: &'static str) -> Error {
    let failed = |reason: String| Error::Failed { what, reason };
    match error {
        portal::Error::Forbidden { detail, .. } => Error::Forbidden {
            what,
            permission,
            detail: detail.clone(),
        },
        portal::Error::Unauthorized { detail, .. } => {
            failed(format!("it doesn't accept GITHUB_TOKEN (401){detail}"))
        }
        portal::Error::Refused { status, detail, .. } => {
            failed(format!("the answer was {status}: {detail}"))
        }
        portal::Error::NotReady { status, attempts } => failed(format!(
            "it is not ready ({status}) after {attempts} attempts"
        )),
        other => failed(other.to_string()),
    }
}

/// Downloads what the forge keeps elsewhere: without credentials, which are for the forge alone.
async fn download(location: &str) -> Result<Vec<u8>, String> {
    let url = Url::parse(location).map_err(|error| format!("it names no address: {error}"))?;
    let mut place = url.clone();
    place.set_query(None);
    place.set_fragment(None);
    place.set_path("");
    let base = Base::parse(place.as_str()).map_err(|error| error.to_string())?;
    let client =
        Client::new(base, None, RateLimit::default()).map_err(|error| error.to_string())?;
    let path = url.path_segments().into_iter().flatten().map(decoded);
    let path = path.collect::<Vec<_>>();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let query: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut request = Request::new(Method::GET, &path);
    request.query = query;
    request.accepts = Media::Any;
    match client.read(&request).await {
        Ok(Some(answer)) => Ok(answer.body),
        Ok(None) => Err("it isn't there any more (404)".to_owned()),
        // The address is a credential of its own, so it isn't shown.
        Err(_) => Err("its storage can't be reached".to_owned()),
    }
}

/// A segment of a path without its escapes; the client escapes it again.
fn decoded(segment: &str) -> String {
    let pair = format!("{}=", segment.replace('+', "%2B"));
    let mut decoded = form_urlencoded::parse(pair.as_bytes());
    decoded
        .next()
        .map_or_else(|| segment.to_owned(), |(name, _)| name.into_owned())
}
