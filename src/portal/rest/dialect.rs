//! A *dialect* is what is particular to one REST API: how an operation is written as a request, and what
//! an answer means. It does no I/O and knows no time, so it can be tested without a server.

use super::{
    super::{
        Error,
        http::{Answer, Body, Client, Failure, Request},
    },
    cache::{Document, Index},
    doc::{self, Doc, contains, difference},
    fingerprint::Fingerprint,
    store::CacheOf,
    table::Table,
};
use crate::model::Kind;
use reqwest::Method;
use serde_json::Value;
use std::fmt::Debug;

/// A type of document: `users`, `callflows`.
pub trait Collection: Copy + Ord + Debug + Send + Sync + 'static {
    /// All types.
    fn all() -> &'static [Self];

    /// The name in messages, in the plural.
    fn name(self) -> &'static str;

    /// The name of one document in messages.
    fn singular(self) -> &'static str;

    /// The kind for which a document counts in the progress of a read.
    fn kind(self) -> Kind;

    /// The collection whose documents contain this one. The ID of a document in the cache is then prefixed
    /// with the ID of the document that contains it.
    fn within(self) -> Option<Self> {
        None
    }

    /// The ID of a document in the cache, from its own one.
    fn cache_id(self, parent: &str, own: &str) -> String {
        match self.within() {
            Some(_) => format!("{parent}/{own}"),
            None => own.to_owned(),
        }
    }

    /// The ID in the cache, as the ID of the document that contains it, if any, and its own one.
    fn split_id(self, id: &str) -> (&str, &str) {
        let split = id.split_once('/').filter(|_| self.within().is_some());
        split.unwrap_or(("", id))
    }

    /// The path of a collection in a document, or of one of its documents, which contains both IDs.
    fn path(self, parent: &str, id: Option<&str>) -> Vec<String> {
        let own = id.map(|id| self.split_id(id));
        let parent = own.map_or(parent, |(parent, _)| parent);
        let outer = self.within().map(|outer| [outer.name(), parent]);
        let path = outer.into_iter().flatten().chain([self.name()]);
        let path = path.chain(own.map(|(_, own)| own));
        path.map(str::to_owned).collect()
    }
}

/// Writes the types of documents, one on each line: the name in messages, in the plural and of one document,
/// the kind for which a document counts in the progress of a read, and the collection whose documents contain
/// it, if any.
macro_rules! collections {
    ($($(#[doc = $doc:literal])+
       $of:ident = $name:literal, $one:literal, $kind:ident $(, within $outer:ident)?;)+) => {
        /// A type of document.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Collection {
            $($(#[doc = $doc])+ $of,)+
        }

        impl $crate::portal::rest::Collection for Collection {
            fn all() -> &'static [Self] {
                &[$(Self::$of,)+]
            }

            fn name(self) -> &'static str {
                match self { $(Self::$of => $name,)+ }
            }

            fn singular(self) -> &'static str {
                match self { $(Self::$of => $one,)+ }
            }

            fn kind(self) -> $crate::model::Kind {
                match self { $(Self::$of => $crate::model::Kind::$kind,)+ }
            }

            fn within(self) -> Option<Self> {
                $($(if self == Self::$of {
                    return Some(Self::$outer);
                })?)+
                None
            }
        }
    };
}
pub(crate) use collections;

/// One operation, before it is written as a request. An ID is that of the cache: in a collection within
/// another document it is prefixed with the ID of that document.
pub enum Op<'a, C> {
    /// One page of a collection.
    List {
        /// The collection.
        of: C,
        /// The document that contains the collection; empty for a collection of the portal itself.
        parent: &'a str,
        /// Further parameters.
        query: &'a [(&'a str, &'a str)],
        /// Where the page begins, as the page before told it.
        cursor: Option<&'a str>,
    },
    /// One document.
    Get {
        /// The collection.
        of: C,
        /// The document.
        id: &'a str,
    },
    /// A new document.
    Create {
        /// The collection.
        of: C,
        /// The document that contains the collection.
        parent: &'a str,
        /// The content.
        body: &'a Doc,
    },
    /// A changed document.
    Update {
        /// The collection.
        of: C,
        /// The document.
        id: &'a str,
        /// The content and version that the change starts from.
        before: &'a Document,
        /// The whole content after the change.
        after: &'a Doc,
    },
    /// The removal of a document.
    Delete {
        /// The collection.
        of: C,
        /// The document.
        id: &'a str,
        /// The version that is deleted.
        version: Option<&'a str>,
    },
}

/// One page of a collection.
#[derive(Default)]
pub struct Page {
    /// The documents with their IDs.
    pub rows: Vec<(String, Doc)>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<String>,
    /// The number of documents in the collection, if the portal tells it.
    pub total: Option<u64>,
    /// The reason why documents may be missing.
    pub doubt: Option<String>,
}

impl Page {
    /// The only page of a list.
    #[must_use]
    pub fn whole(rows: Vec<(String, Doc)>) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }
}

/// A JSON object with its ID, which is a text or a number.
///
/// # Errors
/// It isn't an object, or has no ID.
pub fn with_id(json: Value, id: &str) -> Result<(String, Doc), String> {
    let Value::Object(doc) = json else {
        return Err("it contains an item that is not an object".to_owned());
    };
    let own = match doc.get(id) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return Err("it contains an object without an ID".to_owned()),
    };
    Ok((own, doc))
}

/// The rows of a page, by the field with their IDs.
///
/// # Errors
/// It isn't a list of objects with IDs.
pub fn rows(list: Value, id: &str) -> Result<Vec<(String, Doc)>, String> {
    let Value::Array(list) = list else {
        return Err("it is not an array".to_owned());
    };
    list.into_iter().map(|row| with_id(row, id)).collect()
}

/// What an answer to a write means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The change was applied.
    Done,
    /// The change was accepted and becomes visible later.
    Accepted,
    /// Nothing was changed because of a concurrent request.
    Conflict,
    /// The object has another version.
    Stale,
    /// The object doesn't exist.
    Gone,
    /// The portal refuses the change.
    Refused,
}

impl Verdict {
    /// The meaning that most portals give to a status.
    #[must_use]
    pub const fn by_status(status: u16) -> Self {
        match status {
            202 => Self::Accepted,
            200..=299 => Self::Done,
            404 | 410 => Self::Gone,
            412 => Self::Stale,
            _ => Self::Refused,
        }
    }
}

/// What is particular to one REST API.
pub trait Dialect: Send + Sync + Sized + 'static {
    /// The types of documents.
    type Of: Collection;
    /// The relations between the documents.
    type Index: Index<Self::Of>;
    /// The connection that sends the requests.
    type Link: Link;

    /// The portal's name in messages.
    const NAME: &'static str;

    /// The method that creates a document.
    const CREATE: Method = Method::POST;

    /// What to check if the portal doesn't have a list that every read needs, after a separator.
    const NOT_FOUND: &'static str = "";

    /// The table of fields.
    fn table(&self) -> &'static Table<Self::Of>;

    /// The number of rows of a page, for the minimum number of requests. By default lists have no pages.
    fn page_size(&self) -> usize {
        usize::MAX
    }

    /// Whether the portal refuses a change of another version than the one that the request names. If
    /// not, the version is a digest of the content, and a document is read and compared before each write.
    fn has_versions(&self) -> bool {
        true
    }

    /// The path of a collection in a document, or of one of its documents.
    fn path(&self, of: Self::Of, parent: &str, id: Option<&str>) -> Vec<String> {
        of.path(parent, id)
    }

    /// The parameters of a page that begins at a cursor.
    fn page_query(&self, of: Self::Of, cursor: Option<&str>) -> Vec<(&'static str, String)> {
        let _unused = (of, cursor);
        Vec::new()
    }

    /// The cursor of a page, counted from 0, where pages are numbered: it follows from the number of all rows and the
    /// cursor of the second page.
    fn nth_page(&self, page: u64, total: u64, second: &str) -> Option<String> {
        let _unused = (page, total, second);
        None
    }

    /// The body with a document, or with the part of one that changes.
    fn body(&self, of: Self::Of, doc: &Doc) -> Body {
        let _unused = of;
        Body::json(doc)
    }

    /// The body with a new document.
    fn new_body(&self, of: Self::Of, doc: &Doc) -> Body {
        self.body(of, doc)
    }

    /// The own ID that a new document will have, where its content says it. Otherwise the portal makes one, and
    /// a document whose creation was interrupted is looked for in a list.
    fn chosen_id(&self, of: Self::Of, doc: &Doc) -> Option<String> {
        let _unused = (of, doc);
        None
    }

    /// Whether a change replaces the whole document. What was read is then sent back with the change, so that
    /// fields that nobody here knows stay; otherwise only the difference is sent.
    fn replaces(&self, of: Self::Of) -> bool {
        let _unused = of;
        false
    }

    /// The method and the body of a change.
    fn update(&self, of: Self::Of, before: &Document, after: &Doc) -> (Method, Body) {
        match self.replaces(of) {
            true => (Method::PUT, self.body(of, after)),
            false => (
                Method::PATCH,
                self.body(of, &difference(&before.doc, after)),
            ),
        }
    }

    /// Adds to a request what every request needs, such as a header.
    fn complete(&self, request: Request) -> Request {
        request
    }

    /// Writes an operation as a request: reads with GET, removals with DELETE.
    fn encode(&self, op: &Op<'_, Self::Of>) -> Request {
        let request = |method, of, parent: &str, id: Option<&str>| {
            let path = self.path(of, parent, id);
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            Request::new(method, &path)
        };
        let known = |version: Option<&str>| {
            let version = version.filter(|_| self.has_versions());
            version.map(|version| self.entity_tag(version))
        };
        self.complete(match *op {
            Op::List {
                of,
                parent,
                query,
                cursor,
            } => {
                let page = self.page_query(of, cursor);
                let page: Vec<(&str, &str)> =
                    page.iter().map(|(name, at)| (*name, &**at)).collect();
                let list = request(Method::GET, of, parent, None);
                list.with_query(&page).with_query(query)
            }
            Op::Get { of, id } => request(Method::GET, of, "", Some(id)),
            Op::Create { of, parent, body } => {
                let create = request(Self::CREATE, of, parent, None);
                create.with_body(self.new_body(of, body))
            }
            Op::Update {
                of,
                id,
                before,
                after,
            } => {
                let (method, body) = self.update(of, before, after);
                let update = request(method, of, "", Some(id)).with_body(body);
                update.with_if_match(known(before.version.as_deref()).as_deref())
            }
            Op::Delete { of, id, version } => {
                let delete = request(Method::DELETE, of, "", Some(id));
                delete.with_if_match(known(version).as_deref())
            }
        })
    }

    /// The entity tag of a version.
    fn entity_tag(&self, version: &str) -> String {
        version.to_owned()
    }

    /// Parses the page that begins at a cursor.
    ///
    /// # Errors
    /// The answer isn't that page; the text says why.
    fn page(&self, of: Self::Of, cursor: Option<&str>, answer: &Answer) -> Result<Page, String>;

    /// Parses a document, without the secrets that the portal returns. Returns its own ID.
    ///
    /// # Errors
    /// The answer isn't a document; the text says why.
    fn document(&self, of: Self::Of, answer: &Answer) -> Result<(String, Document), String>;

    /// Judges the answer to a write.
    fn verdict(&self, answer: &Answer) -> Verdict {
        Verdict::by_status(answer.status)
    }

    /// The parameters that filter a list by a fingerprint, if the collection can be filtered by it.
    fn filter(&self, of: Self::Of, by: &Fingerprint) -> Option<Vec<(String, String)>> {
        let _unused = (of, by);
        None
    }

    /// The document that a row of a list is, or else the row as a summary.
    ///
    /// # Errors
    /// The row is a summary.
    fn row(&self, of: Self::Of, query: &[(&str, &str)], row: Doc) -> Result<Document, Doc> {
        let _unused = (of, query);
        Err(row)
    }

    /// Whether a document differs from its state in the cache, which is a row of a list if `is_summary`.
    fn has_changed(&self, of: Self::Of, cached: &Doc, is_summary: bool, now: &Doc) -> bool {
        let _unused = (of, is_summary);
        cached != now
    }

    /// The part of a patch that is visible in the document afterwards: all but the secrets.
    fn visible(&self, of: Self::Of, mut patch: Doc) -> Doc {
        for secret in self.table().secrets(of) {
            doc::put(&mut patch, secret, None);
        }
        patch
    }

    /// Whether a document shows what a patch changed, with `after` as the whole result.
    fn is_applied(&self, of: Self::Of, patch: &Doc, after: &Doc, now: &Doc) -> bool {
        let _unused = after;
        contains(now, &self.visible(of, patch.clone()))
    }

    /// The ID of the user with a key, for a portal whose documents contain the IDs of users.
    fn user_id<'c>(cache: &'c CacheOf<Self>, key: &str) -> Option<&'c str> {
        let _unused = (cache, key);
        None
    }

    /// The fields whose values the portal keeps unique. If it refuses a document because of one, without
    /// saying which, the other document is looked up.
    fn unique(&self, of: Self::Of) -> &'static [&'static str] {
        let _unused = of;
        &[]
    }

    /// The model's field for a field of a document, to locate a refusal.
    fn model_field(&self, kind: Kind, of: Self::Of, at: &str) -> Option<&'static str> {
        self.table().model_field(kind, of, at)
    }

    /// Converts a refusal into an error. For a document of an object, the fields are the model's.
    fn refusal(&self, object: Option<(Kind, Self::Of)>, answer: &Answer) -> Error {
        let mut refusal = answer.refusal();
        if let (Error::Refused { problems, .. }, Some((kind, of))) = (&mut refusal, object) {
            for problem in problems {
                if let Some(field) = self.model_field(kind, of, &problem.field) {
                    field.clone_into(&mut problem.field);
                }
            }
        }
        refusal
    }
}

/// A connection to a portal: adds what every request needs, such as a token that is renewed.
pub trait Link: Send + Sync + 'static {
    /// The client that sends all requests.
    fn client(&self) -> &Client;

    /// Sends a read. Returns `None` if the portal answers that there is no such thing.
    fn read(&self, request: &Request)
    -> impl Future<Output = Result<Option<Answer>, Error>> + Send;

    /// Sends a write.
    fn write(&self, request: &Request) -> impl Future<Output = Result<Answer, Failure>> + Send;
}

/// A portal whose token never changes.
impl Link for Client {
    fn client(&self) -> &Client {
        self
    }

    async fn read(&self, request: &Request) -> Result<Option<Answer>, Error> {
        Self::read(self, request).await
    }

    async fn write(&self, request: &Request) -> Result<Answer, Failure> {
        Self::write(self, request).await
    }
}
