//! The *pages* of a kind. Each contains the number of objects of every kind, and the revision of the whole
//! portal, so a change between two pages is detected.

use super::{
    super::{
        Error,
        http::{Client, Request, plain},
        rest::list::{Pages, Part},
    },
    wire::{self, Head, Of},
};
use crate::{
    model::{Account, Kind, LiveObject},
    profile::Profile,
};
use reqwest::Method;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, PoisonError},
};

/// The page size: the maximum of the sandbox.
pub(super) const PAGE: u64 = 1000;
const LIMIT: &str = "1000";

/// A page whose objects are not yet parsed.
pub(super) struct Page {
    head: Head,
    body: Vec<u8>,
}

impl Page {
    /// Checks that the sandbox behaves like the expected system.
    fn check(&self, profile: &Profile) -> Result<(), Error> {
        let there = self.head.profile.as_deref().unwrap_or("sandbox");
        if there == profile.name {
            return Ok(());
        }
        Err(Error::Misconfigured {
            setting: "portal.profile",
            reason: plain(&format!(
                "the sandbox has the profile {there}, not {}; write `profile: {there}`, or use another sandbox",
                profile.name
            )),
        })
    }

    /// What the token may change, and the licences.
    pub(super) fn account(&self) -> Option<Account> {
        self.head.account.clone()
    }

    /// The number of objects of each kind.
    pub(super) fn totals(&self) -> BTreeMap<String, u64> {
        self.head.totals.clone()
    }
}

/// Requests one page, which begins behind so many objects.
pub(super) async fn page(
    client: &Client,
    profile: &Profile,
    kind: Kind,
    offset: Option<&str>,
) -> Result<Page, Error> {
    let mut query = vec![("limit", LIMIT)];
    query.extend(offset.map(|offset| ("offset", offset)));
    let path = ["v1", kind.name()];
    let request = Request::new(Method::GET, &path).with_query(&query);
    let answer = client.read(&request).await?;
    let answer = answer.ok_or_else(|| unreadable(kind, "the portal doesn't have them (404)"))?;
    let body = answer.body;
    let head = serde_json::from_slice(&body);
    let head = head.map_err(|error| unreadable(kind, &error_message(&error)))?;
    let page = Page { head, body };
    page.check(profile)?;
    Ok(page)
}

/// The pages of one kind. The cursor of a page is the number of objects before it.
pub(super) struct KindPages<'c> {
    client: &'c Client,
    profile: &'static Profile,
    kind: Kind,
    /// The first page, if it was already read.
    first: Mutex<Option<Page>>,
    /// The revision of the first page.
    revision: Mutex<Option<u64>>,
}

impl<'c> KindPages<'c> {
    pub(super) fn new(
        client: &'c Client,
        profile: &'static Profile,
        kind: Kind,
        first: Option<Page>,
    ) -> Self {
        Self {
            client,
            profile,
            kind,
            first: Mutex::new(first),
            revision: Mutex::default(),
        }
    }
}

impl Pages for KindPages<'_> {
    type Row = (Box<str>, LiveObject);
    type Rows = BTreeMap<Box<str>, LiveObject>;

    async fn page(&self, cursor: Option<&str>) -> Result<Option<Part<Self::Row>>, Error> {
        let kind = self.kind;
        let is_first = cursor.is_none();
        let first = locked(&self.first).take_if(|_| is_first);
        let Page { head, body } = match first {
            Some(first) => first,
            None => page(self.client, self.profile, kind, cursor).await?,
        };
        let mut revision = locked(&self.revision);
        if is_first {
            *revision = Some(head.revision);
        }
        let of_kind = head.totals.get(kind.name());
        let has_changed =
            *revision != Some(head.revision) || of_kind.is_some_and(|number| *number != head.total);
        drop(revision);
        let of = Of::new(self.profile, kind);
        let parsing = tokio::task::spawn_blocking(move || wire::rows(of, &body));
        let rows = async move {
            let rows = parsing.await.expect("parsing JSON doesn't panic");
            let rows = rows.map_err(|error| unreadable(kind, &error_message(&error)))?;
            let with_id = |row: (Box<str>, LiveObject)| (row.1.id.clone(), row);
            Ok(rows.into_iter().map(with_id).collect())
        };
        Ok(Some(Part {
            rows: Box::pin(rows),
            next: head.next.map(|_| {
                let offset: u64 = cursor.map_or(0, |cursor| cursor.parse().unwrap_or(0));
                (offset + PAGE).to_string()
            }),
            total: Some(head.total),
            doubt: has_changed.then(|| "it changed during the read".to_owned()),
        }))
    }

    fn nth(&self, page: u64, total: u64, _: &str) -> Option<String> {
        let offset = page.checked_mul(PAGE)?;
        (offset < total).then(|| offset.to_string())
    }

    fn add(
        &self,
        rows: &mut Self::Rows,
        _: Box<str>,
        (key, object): Self::Row,
    ) -> Result<(), String> {
        match rows.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(object);
                Ok(())
            }
            Entry::Occupied(entry) => Err(format!("`{}` is listed twice", plain(entry.key()))),
        }
    }

    fn what(&self) -> String {
        self.kind.to_string()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The message of a JSON error, without the quoted value, which may be a secret.
fn error_message(error: &serde_json::Error) -> String {
    let error = error.to_string();
    let (found, expected) = match error.rfind(", expected") {
        Some(at) => error.split_at(at),
        None => return error,
    };
    match found.find(['"', '`']) {
        Some(at) => format!("{}…{expected}", &found[..at]),
        None => error,
    }
}

fn unreadable(kind: Kind, reason: &str) -> Error {
    Error::unreadable(format!("GET /v1/{kind}"), plain(reason))
}
