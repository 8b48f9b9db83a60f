//! The *store* contains the documents of a portal. Reading goes through the cache, and writing through a
//! [`Writer`](super::Writer).

use super::{
    super::{Error, Progress},
    cache::{Cache, Document, Entry},
    dialect::{Collection as _, Dialect, Link as _, Op},
    doc::{Doc, contains},
    fingerprint::Fingerprint,
    list::{self, Listed, Pages, Part},
    lock::Locks,
};
use crate::portal::http::{Answer, Failure, Request, plain};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::future::try_join_all;
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The cache of a dialect.
pub type CacheOf<D> = Cache<<D as Dialect>::Of, <D as Dialect>::Index>;

/// Rows of a list with their IDs in the cache.
pub type Rows = Vec<(String, Doc)>;

/// The documents of a portal.
pub struct Store<D: Dialect> {
    /// The dialect.
    pub dialect: D,
    /// The connection.
    pub link: D::Link,
    /// The locks of writes.
    pub locks: Locks,
    cache: Mutex<CacheOf<D>>,
}

impl<D: Dialect> Store<D> {
    /// Creates an empty store. Sends nothing.
    pub fn new(dialect: D, link: D::Link) -> Self {
        Self {
            dialect,
            link,
            locks: Locks::default(),
            cache: Mutex::default(),
        }
    }

    /// The documents that have been read. The lock must not be held across a request.
    pub fn cache(&self) -> MutexGuard<'_, CacheOf<D>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists a collection. Returns `None` if the portal doesn't have it. `report` receives the number of
    /// additional documents.
    ///
    /// # Errors
    /// A page can't be read.
    pub async fn list(
        &self,
        of: D::Of,
        parent: &str,
        query: &[(&str, &str)],
        report: &(dyn Fn(usize, Option<u64>) + Sync),
    ) -> Result<Option<Listed<Rows>>, Error> {
        let pages = DocPages {
            store: self,
            of,
            parent,
            query,
        };
        list::all(&pages, report).await
    }

    /// Lists a collection without storing it. Returns `None` if the portal doesn't have it.
    ///
    /// # Errors
    /// A page can't be read.
    pub async fn rows(
        &self,
        of: D::Of,
        parent: &str,
        query: &[(&str, &str)],
        progress: &dyn Progress,
    ) -> Result<Option<Listed<Rows>>, Error> {
        let report = |more: usize, total| {
            progress.seen(of.kind(), more.try_into().unwrap_or(u64::MAX), total);
        };
        self.list(of, parent, query, &report).await
    }

    /// Lists a collection into the cache. Returns the minimum number of requests; `None` if the portal doesn't
    /// have the collection.
    ///
    /// # Errors
    /// A page can't be read.
    pub async fn load(
        &self,
        of: D::Of,
        parent: &str,
        query: &[(&str, &str)],
        progress: &dyn Progress,
    ) -> Result<Option<u64>, Error> {
        let listed = self.rows(of, parent, query, progress).await?;
        let Some(listed) = listed else {
            return Ok(None);
        };
        let pages = listed.min_pages(self.dialect.page_size());
        let mut cache = self.cache();
        for (id, row) in listed.rows {
            match self.dialect.row(of, query, row) {
                Ok(document) => cache.store(of, &id, document),
                Err(summary) => cache.store_summary(of, &id, summary),
            }
        }
        if let Some(reason) = listed.doubt {
            cache.set_doubt(of, reason);
        }
        Ok(Some(pages))
    }

    /// Lists a collection into the cache that every portal has. Returns the minimum number of requests.
    ///
    /// # Errors
    /// A page can't be read, or there is no such collection.
    pub async fn load_needed(
        &self,
        of: D::Of,
        query: &[(&str, &str)],
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let pages = self.load(of, "", query, progress).await?;
        pages.ok_or_else(|| Error::Unreadable {
            what: format!("the list of {}", of.name()),
            reason: format!("the portal doesn't have them (404){}", D::NOT_FOUND),
        })
    }

    /// Lists the documents within another one into the cache, unless that was done. Returns the minimum number
    /// of requests. Nothing is within a document that has gone.
    ///
    /// # Errors
    /// A page can't be read.
    pub async fn load_within(
        &self,
        of: D::Of,
        outer: &str,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        if self.cache().has_listed(of, outer) {
            return Ok(0);
        }
        let pages = self.load(of, outer, &[], progress).await?;
        self.cache().set_listed(of, outer);
        Ok(pages.unwrap_or(1))
    }

    /// Lists collections within each document that contains them, as far as those are in the cache. Returns the
    /// minimum number of requests.
    ///
    /// # Errors
    /// A page can't be read, or a document doesn't have the collection.
    pub async fn load_all_within(
        &self,
        collections: &[D::Of],
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let parents = |of: D::Of| {
            let cache = self.cache();
            let all = of.within().into_iter().flat_map(|outer| cache.of(outer));
            all.map(|(id, _)| (of, id.to_owned())).collect::<Vec<_>>()
        };
        let lists = collections.iter().flat_map(|of| parents(*of));
        let lists = lists.map(async |(of, parent)| {
            let pages = self.load(of, &parent, &[], progress).await?;
            pages.ok_or_else(|| {
                let what = format!("the list of {}", of.name());
                Error::unreadable(what, "the portal doesn't have them (404)")
            })
        });
        Ok(try_join_all(lists).await?.into_iter().sum())
    }

    /// Does something that changes no document, such as a rebuild. It isn't repeated.
    ///
    /// # Errors
    /// The portal can't be reached, or refuses.
    pub async fn post(&self, path: &[&str]) -> Result<(), Error> {
        let request = self.dialect.complete(Request::new(Method::POST, path));
        match self.link.write(&request).await {
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) => Err(self.dialect.refusal(None, &answer)),
            Err(Failure::NotDone(error)) => Err(error),
            Err(Failure::Ambiguous { reason }) => {
                let what = format!("POST /{}", path.join("/"));
                Err(Error::Unknown { what, reason })
            }
        }
    }

    /// Reads a document from the portal. Returns `None` if it doesn't exist.
    ///
    /// # Errors
    /// The document can't be read, or the answer is another one.
    pub async fn fetch(&self, of: D::Of, id: &str) -> Result<Option<Document>, Error> {
        let request = self.dialect.encode(&Op::Get { of, id });
        let Some(answer) = self.link.read(&request).await? else {
            return Ok(None);
        };
        let other = || "the answer is a different document".to_owned();
        let document = self.parse(of, of.split_id(id).0, &answer);
        let document = document.and_then(|(own, doc)| (own == id).then_some(doc).ok_or_else(other));
        document.map(Some).map_err(|reason| Error::Unreadable {
            what: format!("the {} {}", of.singular(), plain(id)),
            reason,
        })
    }

    /// Reads something that is no document of a collection, such as what the portal supports. Returns `None`
    /// if the portal answers that it doesn't exist.
    ///
    /// # Errors
    /// It can't be read, or isn't JSON.
    pub async fn read_json(&self, path: &[&str]) -> Result<Option<Value>, Error> {
        let request = self.dialect.complete(Request::new(Method::GET, path));
        let answer = self.link.read(&request).await?;
        let json = answer.map(|answer| answer.json()).transpose();
        json.map_err(|reason| Error::unreadable(format!("GET /{}", path.join("/")), reason))
    }

    /// Parses the document in an answer, with its ID in the cache.
    pub fn parse(
        &self,
        of: D::Of,
        parent: &str,
        answer: &Answer,
    ) -> Result<(String, Document), String> {
        let (own, mut document) = self.dialect.document(of, answer)?;
        if !self.dialect.has_versions() {
            document.version = Some(digest(&document.doc));
        }
        Ok((of.cache_id(parent, &own), document))
    }

    /// Finds the document with a fingerprint, and stores it. The results are verified, since a portal may
    /// ignore the filter.
    ///
    /// # Errors
    /// A page or a document can't be read.
    pub async fn find(&self, of: D::Of, by: &Fingerprint) -> Result<Option<String>, Error> {
        let filter = self.dialect.filter(of, by);
        let query = filter.iter().flatten();
        let query: Vec<(&str, &str)> = query.map(|(name, value)| (&**name, &**value)).collect();
        let listed = self.list(of, &by.parent, &query, &|_, _| {}).await?;
        for (id, row) in listed.map_or_else(Vec::new, |listed| listed.rows) {
            // Of a whole list, the full documents were read before, so they can't match.
            let is_known = |entry: &Entry| entry.document.is_some();
            if filter.is_none() && self.cache().get(of, &id).is_some_and(is_known) {
                continue;
            }
            // A summary with another value rules a document out.
            let differs = |(name, value): (&String, &Value)| {
                let actual = row.get(name);
                !value.is_object() && actual.is_some_and(|actual| actual != value)
            };
            if by.required.iter().any(differs) {
                continue;
            }
            let Some(document) = self.fetch(of, &id).await? else {
                continue;
            };
            if contains(&document.doc, &by.required) {
                let mut cache = self.cache();
                cache.store_summary(of, &id, row);
                cache.store(of, &id, document);
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}

/// The pages of a collection of documents.
struct DocPages<'s, D: Dialect> {
    store: &'s Store<D>,
    of: D::Of,
    parent: &'s str,
    query: &'s [(&'s str, &'s str)],
}

impl<D: Dialect> Pages for DocPages<'_, D> {
    type Row = Doc;
    type Rows = Rows;

    async fn page(&self, cursor: Option<&str>) -> Result<Option<Part<Doc>>, Error> {
        let Self {
            store,
            of,
            parent,
            query,
        } = *self;
        let request = store.dialect.encode(&Op::List {
            of,
            parent,
            query,
            cursor,
        });
        let Some(answer) = store.link.read(&request).await? else {
            return Ok(None);
        };
        let page = store.dialect.page(of, cursor, &answer);
        let page = page.map_err(|reason| Error::Unreadable {
            what: format!("the list of {}", self.what()),
            reason,
        })?;
        let cache_id = |own: &str| of.cache_id(parent, own).into();
        let rows = page.rows.into_iter();
        let rows = rows.map(|(own, row)| (cache_id(&own), row)).collect();
        Ok(Some(Part {
            rows: Box::pin(std::future::ready(Ok(rows))),
            next: page.next,
            total: page.total,
            doubt: page.doubt,
        }))
    }

    fn nth(&self, page: u64, total: u64, second: &str) -> Option<String> {
        self.store.dialect.nth_page(page, total, second)
    }

    fn add(&self, rows: &mut Rows, id: Box<str>, row: Doc) -> Result<(), String> {
        rows.push((id.into(), row));
        Ok(())
    }

    fn what(&self) -> String {
        self.of.name().to_owned()
    }
}

/// The version of a document on a portal that has none: a digest of its content.
fn digest(doc: &Doc) -> String {
    let mut content = Value::Object(doc.clone());
    content.sort_all_objects();
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(content.to_string()))
}

#[cfg(test)]
mod tests {
    use super::digest;
    use serde_json::json;

    #[test]
    fn the_order_of_fields_does_not_change_a_version() {
        let doc = |json: serde_json::Value| json.as_object().cloned().unwrap();
        let one = doc(json!({"a": {"x": 1, "y": 2}, "b": [1, 2]}));
        let same = doc(json!({"b": [1, 2], "a": {"y": 2, "x": 1}}));
        let other = doc(json!({"b": [2, 1], "a": {"y": 2, "x": 1}}));
        assert_eq!(digest(&one), digest(&same));
        assert_ne!(digest(&one), digest(&other));
    }
}
