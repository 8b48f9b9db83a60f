//! The *dialect* of NetSapiens: documents of words and digits, pages by position, changes that are accepted
//! first and visible later.

use super::table::{
    ALERT, Collection, DELIVERY, DESTINATION, RINGS, SPOKEN, SPOKEN_MISSPELT, TABLE,
};
use crate::model::text::key_of;
use crate::portal::{
    http::{Answer, Body, Media, Request},
    rest::{
        Cache, Collection as _, Dialect, Document, Entry, Fingerprint, Index, Page, PasswordGrant,
        Relation, Session, Table,
        dialect::{Verdict, rows, with_id},
        doc::{self, Doc},
        store::CacheOf,
    },
};
use reqwest::Method;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The documents of a domain.
pub(super) type Domain = Cache<Collection, SiteNames>;

/// The most rows of a page.
const PAGE: usize = 1000;
/// The seconds of a ring. Times between are rounded up.
const RING: u64 = 6;
/// The fields of a user that every change must contain.
const REQUIRED: [&str; 4] = [
    "name-first-name",
    "name-last-name",
    "email-address",
    "user-scope",
];

/// The names of the sites, by key.
#[derive(Default)]
pub(super) struct SiteNames(pub(super) Relation);

impl Index<Collection> for SiteNames {
    fn set(&mut self, of: Collection, id: &str, _: &Entry, is_there: bool) {
        if of == Collection::Sites {
            self.0.set(&key_of(id), id, is_there);
        }
    }
}

/// The API of a core, for one domain.
pub(super) struct NetSapiens {
    /// The domain.
    pub(super) domain: String,
    /// The number of its users, which pages don't tell; 0 if it isn't known.
    pub(super) users: AtomicU64,
    /// Whether the core misspells a field.
    misspells: AtomicBool,
}

impl NetSapiens {
    pub(super) fn new(domain: String) -> Self {
        Self {
            domain,
            users: AtomicU64::default(),
            misspells: AtomicBool::default(),
        }
    }

    /// Brings a document into one form, with the fields that are used.
    fn model(&self, of: Collection, doc: &mut Doc) {
        if let Some(spoken) = doc.shift_remove(SPOKEN_MISSPELT) {
            self.misspells.store(true, Ordering::Relaxed);
            doc.insert(SPOKEN.to_owned(), spoken);
        }
        if of == Collection::Users {
            if let Some(email) = doc.shift_remove("email") {
                doc.entry("email-address").or_insert(email);
            }
            let login = doc::text(doc, "login-username").unwrap_or_default();
            let name = login.strip_suffix(&format!("@{}", self.domain));
            if let Some(name) = name.map(str::to_owned) {
                doc::set(doc, "login-username", name);
            }
            if doc.get(ALERT).is_some_and(|alert| alert == "no") {
                doc::set(doc, DELIVERY, "no");
            }
        }
        TABLE.retype(of, doc);
        if let Some(seconds) = doc.get(RINGS).and_then(Value::as_u64) {
            doc::set(doc, RINGS, seconds.next_multiple_of(RING));
        }
        let known = TABLE.columns(of);
        let further = of.further_fields();
        doc.retain(|name, _| {
            known.contains(&**name) || further.contains(&&**name) || name == of.id_field()
        });
    }

    /// A document, or a part of one, as the core expects it. What is empty clears a field.
    fn wire(&self, of: Collection, mut doc: Doc) -> Doc {
        if of == Collection::Users {
            if let Some(name) = doc::text(&doc, "login-username") {
                let login = format!("{name}@{}", self.domain);
                doc::set(&mut doc, "login-username", login);
            }
            if let Some(delivery) = doc.get(DELIVERY) {
                let alert = if delivery == "no" { "no" } else { "yes" };
                doc::set(&mut doc, ALERT, alert);
            }
            if self.misspells.load(Ordering::Relaxed)
                && let Some(spoken) = doc.shift_remove(SPOKEN)
            {
                doc.insert(SPOKEN_MISSPELT.to_owned(), spoken);
            }
        }
        for value in doc.values_mut() {
            match value {
                Value::Null => *value = "".into(),
                // A feature of a rule.
                Value::Object(feature) => {
                    feature.entry("enabled").or_insert_with(|| "no".into());
                }
                _ => {}
            }
        }
        doc
    }
}

impl Dialect for NetSapiens {
    type Of = Collection;
    type Index = SiteNames;
    type Link = Session<PasswordGrant>;

    const NAME: &'static str = "NetSapiens";
    const NOT_FOUND: &'static str = "; check `portal.tenant`, which is the domain";

    fn table(&self) -> &'static Table<Collection> {
        &TABLE
    }

    fn page_size(&self) -> usize {
        PAGE
    }

    fn has_versions(&self) -> bool {
        false
    }

    fn path(&self, of: Collection, parent: &str, id: Option<&str>) -> Vec<String> {
        let domain = ["domains".to_owned(), self.domain.clone()];
        domain.into_iter().chain(of.path(parent, id)).collect()
    }

    fn page_query(&self, _: Collection, cursor: Option<&str>) -> Vec<(&'static str, String)> {
        let start = cursor.unwrap_or("0").to_owned();
        vec![("start", start), ("limit", PAGE.to_string())]
    }

    /// Where the number of rows is known, which is that of users, pages are requested side by side.
    fn nth_page(&self, page: u64, total: u64, second: &str) -> Option<String> {
        let start = page.checked_mul(second.parse().ok()?)?;
        (start < total).then(|| start.to_string())
    }

    /// A whole page may be followed by another, unless the number of rows is known.
    fn page(&self, of: Collection, cursor: Option<&str>, answer: &Answer) -> Result<Page, String> {
        let mut rows = rows(answer.json()?, of.id_field())?;
        let start: usize = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let next = start + PAGE;
        let users = Some(self.users.load(Ordering::Relaxed));
        let total = users.filter(|users| of == Collection::Users && *users > 0);
        let has_next = rows.len() == PAGE && total != Some(next as u64);
        rows.iter_mut().for_each(|(_, row)| self.model(of, row));
        Ok(Page {
            rows,
            next: has_next.then(|| next.to_string()),
            total,
            doubt: None,
        })
    }

    /// Some documents are lists of one.
    fn document(&self, of: Collection, answer: &Answer) -> Result<(String, Document), String> {
        let json = match answer.json()? {
            Value::Array(mut list) if list.len() == 1 => list.remove(0),
            json => json,
        };
        let (id, mut doc) = with_id(json, of.id_field())?;
        self.model(of, &mut doc);
        Ok((id, Document { doc, version: None }))
    }

    fn row(&self, _: Collection, _: &[(&str, &str)], doc: Doc) -> Result<Document, Doc> {
        Ok(Document { doc, version: None })
    }

    fn body(&self, of: Collection, doc: &Doc) -> Body {
        Body::json(&self.wire(of, doc.clone()))
    }

    /// Asks for an answer after the document can be read, where the core can wait for that.
    fn new_body(&self, of: Collection, doc: &Doc) -> Body {
        let mut doc = self.wire(of, doc.clone());
        let required: &[&str] = match of {
            Collection::Users => &REQUIRED,
            Collection::Numbers => &[DESTINATION],
            _ => &[],
        };
        for field in required {
            doc.entry(*field).or_insert_with(|| "".into());
        }
        if of != Collection::Numbers {
            doc::set(&mut doc, "synchronous", "yes");
        }
        Body::json(&doc)
    }

    /// The changed fields. Those of a user are accompanied by the four that must not be missing, and a feature
    /// of a rule is sent whole.
    fn update(&self, of: Collection, before: &Document, after: &Doc) -> (Method, Body) {
        let patch = doc::difference(&before.doc, after);
        let is_sent = |name: &str| {
            patch.contains_key(name) || of == Collection::Users && REQUIRED.contains(&name)
        };
        let names = patch.keys().map(String::as_str).chain(REQUIRED);
        let value = |name: &str| after.get(name).cloned().unwrap_or_default();
        let sent = names.filter(|name| is_sent(name));
        let sent: Doc = sent.map(|name| (name.to_owned(), value(name))).collect();
        (Method::PUT, self.body(of, &sent))
    }

    fn chosen_id(&self, of: Collection, doc: &Doc) -> Option<String> {
        doc::text(doc, of.id_field()).map(str::to_owned)
    }

    /// Some cores answer an accepted change with text.
    fn complete(&self, mut request: Request) -> Request {
        request.accepts = Media::Text;
        request
    }

    /// A success only means that the change was accepted, and its answer may be in the words of another version;
    /// but the ID of a contact is told nowhere else.
    fn verdict(&self, answer: &Answer) -> Verdict {
        let id = Collection::Contacts.id_field();
        match answer.status {
            200..=299 if answer.json().is_ok_and(|json| json.get(id).is_some()) => Verdict::Done,
            200..=299 => Verdict::Accepted,
            404 if lacks_request(answer) => Verdict::Refused,
            status => Verdict::by_status(status),
        }
    }

    fn filter(&self, _: Collection, _: &Fingerprint) -> Option<Vec<(String, String)>> {
        None
    }

    fn is_applied(&self, of: Collection, patch: &Doc, _: &Doc, now: &Doc) -> bool {
        doc::shows_all(&self.visible(of, patch.clone()), now)
    }

    fn user_id<'c>(domain: &'c CacheOf<Self>, key: &str) -> Option<&'c str> {
        let (id, _) = domain.get_key_value(Collection::Users, key)?;
        Some(id)
    }

    fn unique(&self, of: Collection) -> &'static [&'static str] {
        match of {
            Collection::Users => &["login-username", "user"],
            _ => &[],
        }
    }
}

/// Whether a core is too old for a request, which says nothing about an object.
pub(super) fn lacks_request(answer: &Answer) -> bool {
    answer.message().contains("No Route Found")
}
