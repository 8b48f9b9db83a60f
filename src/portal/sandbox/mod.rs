//! The *sandbox* is the built-in portal. Its HTTP API uses Callsheet's own model.
//!
//! Each kind is a collection at `/v1/{kind}`. An object is flat: `id`, `etag`, `system`, the key in the
//! field [`Kind::key_field`], and the other fields. A secret is written as a value and read as a version.

mod action;
mod body;
mod list;
mod read;
mod wire;
mod write;

use super::{
    Act, Acted, Adapter, Capabilities, Check, CredentialKind, Credentials, Description, Error,
    Example, Location, ObjectRef, Portal, Progress, Target, Verb, Write, Written, http,
    rest::settle::settle,
};
use crate::{
    model::{Address, Kind, Live, Message, Record},
    profile::{AfterFeatures, Profile},
    sandbox::Embedded,
};
use async_trait::async_trait;
use http::{Base, RateLimit, Request};
use read::Reading;
use reqwest::Method;
use secrecy::SecretString;
use std::{collections::BTreeSet, path::Path, sync::Arc};

/// The adapter for a sandbox. The fields are dropped in order: the client before the server.
pub(super) struct Sandbox {
    client: http::Client,
    profile: &'static Profile,
    capabilities: Arc<Capabilities>,
    /// Where an app is provisioned.
    provisioning: String,
    /// The server, if it runs inside the command; dropping it stops it.
    _embedded: Option<Embedded>,
}

impl Sandbox {
    /// The adapter for a sandbox that is served elsewhere.
    pub(super) fn new(
        base: Base,
        token: Option<&SecretString>,
        profile: &'static Profile,
        rate_limit: RateLimit,
    ) -> Result<Self, Error> {
        let provisioning = format!("{base}/v1/provisioning");
        let client = http::Client::new(base, token, rate_limit)?;
        Ok(Self {
            provisioning,
            client,
            profile,
            capabilities: Arc::new(profile.capabilities()),
            _embedded: None,
        })
    }

    /// Makes a change that is one request, or two for a create whose late fields are set afterwards.
    async fn save(&self, write: &Write<'_>) -> Result<Written, Error> {
        let change = async |write| {
            let mut change = write::Change {
                client: &self.client,
                profile: self.profile,
                write,
            };
            settle(&mut change, write).await
        };
        let Some(late) = write::late_fields(self.profile, write) else {
            return change(write).await;
        };
        let first = Write {
            target: &late.first,
            ..*write
        };
        let created = change(&first).await?;
        let second = Write {
            verb: Verb::Update(ObjectRef {
                id: &created.id,
                key: body::identity(self.profile, write),
                etag: created.etag.as_deref(),
            }),
            changes: &late.changes,
            ..*write
        };
        let changed = change(&second).await;
        changed.map_err(|error| partial(write, error))
    }

    /// Starts a sandbox in this process. Must be called within the tokio runtime.
    fn embedded(
        database: &Path,
        profile: &'static Profile,
        rate_limit: RateLimit,
    ) -> Result<Self, Error> {
        let started = Embedded::start(database, profile);
        let embedded = started.map_err(|error| Error::Misconfigured {
            setting: "portal.database",
            reason: http::plain(&format!("{} can't be opened: {error}", database.display())),
        })?;
        let base = Base::parse(embedded.url())?;
        let served = Self::new(base, Some(embedded.token()), profile, rate_limit)?;
        Ok(Self {
            _embedded: Some(embedded),
            ..served
        })
    }
}

/// The error if only a part of a write was done.
fn partial(write: &Write<'_>, error: Error) -> Error {
    Error::Partial {
        what: write.what(),
        reason: Box::new(error),
    }
}

fn open(target: &Target) -> Result<Box<dyn Portal>, Error> {
    let rate_limit = target.rate_limit.unwrap_or_default();
    let sandbox = match &target.location {
        Location::Embedded(database) => Sandbox::embedded(database, target.profile, rate_limit)?,
        Location::Url(url) => {
            let token = match &target.credentials {
                Credentials::None | Credentials::Login { .. } => None,
                Credentials::Token(token) => Some(token),
            };
            Sandbox::new(Base::parse(url)?, token, target.profile, rate_limit)?
        }
    };
    Ok(Box::new(sandbox))
}

/// The sandbox in the registry.
pub(super) static ADAPTER: Adapter = Adapter {
    description: DESCRIPTION,
    capabilities: |config| config.profile().capabilities(),
    mapping: Vec::new,
    credentials: &[CredentialKind::Token("the token")],
    is_embeddable: true,
    example: Example {
        portal: include_str!("example/portal.yaml"),
        people: include_str!("example/people.yaml"),
    },
    open,
};

/// The description for the docs.
const DESCRIPTION: Description = Description {
    title: "Sandbox, the built-in portal",
    address: "`database:`, inside the command, or `url:`, where one is served",
    credentials: "inside the command nothing; else `token:`",
    secrets: "with the object",
    reading: "a page for each 1,000 objects of a kind",
};

#[async_trait]
impl Portal for Sandbox {
    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    async fn read(&self, kinds: &BTreeSet<Kind>, progress: &dyn Progress) -> Result<Live, Error> {
        match Reading::begin(self, kinds).await? {
            Some(reading) => reading.all(progress).await,
            None => Ok(Live::default()),
        }
    }

    async fn read_selected(
        &self,
        kinds: &BTreeSet<Kind>,
        selected: &BTreeSet<Address>,
        progress: &dyn Progress,
    ) -> Result<Live, Error> {
        match Reading::begin(self, kinds).await? {
            Some(reading) => reading.selected(selected, progress).await,
            None => Ok(Live::default()),
        }
    }

    async fn write(&self, write: &Write<'_>) -> Result<Written, Error> {
        let _redacted = self.client.redact(write.secrets.values());
        let Some(upload) = write::upload(write) else {
            let whole = Write {
                greeting: None,
                ..*write
            };
            return self.save(&whole).await;
        };
        let before = match write.verb {
            Verb::Update(object) if upload.is_all(self.profile, write, object) => Some(object),
            _ => None,
        };
        let saved = match before {
            Some(object) => Written {
                id: object.id.into(),
                etag: object.etag.map(Into::into),
            },
            None => self.save(&upload.first(write)).await?,
        };
        let second = Write {
            verb: Verb::Update(ObjectRef {
                id: &saved.id,
                key: body::identity(self.profile, write),
                etag: saved.etag.as_deref(),
            }),
            changes: &upload.digest,
            ..*write
        };
        let uploaded = self.save(&second).await;
        uploaded.map_err(|error| match before {
            Some(_) => error,
            None => partial(write, error),
        })
    }

    /// A system that brings features to its phones only by a rebuild says so once, at the end.
    async fn settle(&self, written: &[&Address]) -> Result<Vec<Check>, Error> {
        let is_needed = self.profile.habits.after_features == Some(AfterFeatures::Rebuild)
            && written.iter().any(|address| address.kind == Kind::Users);
        let told = "the phones don't know it yet where features of users were changed; rebuild the instance: callsheet run rebuild instances/KEY";
        Ok(is_needed
            .then(|| Check::failed("rebuild", told))
            .into_iter()
            .collect())
    }

    fn keeps_records(&self) -> bool {
        true
    }

    async fn record(&self, workspace: &str) -> Result<Option<String>, Error> {
        let name = Record::encoded_name(workspace);
        let path = ["v1", "records", &name];
        let answer = self.client.read(&Request::new(Method::GET, &path)).await?;
        Ok(answer.map(|answer| String::from_utf8_lossy(&answer.body).into_owned()))
    }

    async fn set_record(&self, workspace: &str, record: &str) -> Result<(), Error> {
        let mut replacement = write::RecordReplacement {
            client: &self.client,
            name: Record::encoded_name(workspace),
            record,
        };
        settle(&mut replacement, &write::RECORD).await
    }

    async fn messages(&self, user: &Address, id: &str) -> Result<Option<Vec<Message>>, Error> {
        let path = ["v1", "users", id, "messages"];
        let what = format!("the messages of {user}");
        let answer = self.client.read(&Request::new(Method::GET, &path)).await?;
        let answer = answer.ok_or_else(|| Error::Stale { what: what.clone() })?;
        let list: wire::MessageList = serde_json::from_slice(&answer.body)
            .map_err(|_not_a_list| Error::unreadable(what, "it is not a list of messages"))?;
        Ok(Some(list.items))
    }

    async fn check_action(&self, act: &Act<'_>) -> Result<(), Error> {
        action::check(&self.client, act).await
    }

    async fn act(&self, act: &Act<'_>) -> Result<Acted, Error> {
        action::perform(&self.client, act, &self.provisioning).await
    }

    fn requests(&self) -> u64 {
        self.client.requests()
    }

    fn concurrency(&self) -> usize {
        self.client.concurrency()
    }
}
