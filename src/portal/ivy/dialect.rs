//! The *dialect* of IVY: whole lists, partial PUTs, and forms where files could be sent.

use super::{
    objects::Directory,
    table::{Collection, FEATURES, TABLE, TYPES},
};
use crate::portal::{
    http::{Answer, Body},
    rest::{
        Cache, Collection as _, Dialect, Document, Guarded, Page, PasswordGrant, Session, Table,
        dialect::{rows, with_id},
        doc::{self, Doc},
    },
};
use reqwest::Method;
use serde_json::{Value, json};

/// The documents of an IVY that have been read.
pub(super) type Known = Cache<Collection, Directory>;

/// What is never kept: links, secrets, and a user's features, which may be shown or not.
const DROPPED: [&str; 5] = ["links", "password", "pin", "moderator_pin", "features"];

/// The dialect.
pub(super) struct Ivy;

impl Dialect for Ivy {
    type Of = Collection;
    type Index = Directory;
    type Link = Guarded<Session<PasswordGrant>>;

    const NAME: &'static str = "IVY";
    const NOT_FOUND: &'static str = "; check whether `portal.url` ends with the API's version";

    fn table(&self) -> &'static Table<Collection> {
        &TABLE
    }

    fn has_versions(&self) -> bool {
        false
    }

    fn page(&self, of: Collection, _: Option<&str>, answer: &Answer) -> Result<Page, String> {
        let key = of.name().replace('-', "_");
        let list = answer.json()?.get_mut(&key).map(Value::take);
        let rows = rows(list.unwrap_or_default(), "id");
        let rows = rows.map_err(|reason| format!("`{key}`: {reason}"))?;
        let rows = rows.into_iter().map(|(id, doc)| (id, kept(doc)));
        Ok(Page::whole(rows.collect()))
    }

    fn document(&self, _: Collection, answer: &Answer) -> Result<(String, Document), String> {
        let (id, doc) = with_id(answer.json()?, "id")?;
        Ok((id, kept(doc).into()))
    }

    /// Lists contain whole documents.
    fn row(&self, _: Collection, _: &[(&str, &str)], doc: Doc) -> Result<Document, Doc> {
        Ok(doc.into())
    }

    /// Every change has the required fields, unless they contain secrets.
    fn update(&self, of: Collection, before: &Document, after: &Doc) -> (Method, Body) {
        let required: &[&str] = match of {
            Collection::Users => &[
                "first_name",
                "last_name",
                "email",
                "role",
                "active",
                "locale",
            ],
            Collection::Extensions => &["number", "name", "destination"],
            Collection::RingGroups => &["name", "timeout"],
            Collection::Faxes => &["name", "notification_emails"],
            Collection::Numbers => &["name", "number", "category", "destination"],
            _ => &[],
        };
        let body = doc::partial(&before.doc, after, required);
        (Method::PUT, self.body(of, &body))
    }

    fn body(&self, of: Collection, doc: &Doc) -> Body {
        match of {
            Collection::Rooms => Body::form_data(doc),
            _ => Body::json(doc),
        }
    }

    /// Whose a feature is changes with the user, not with the feature.
    fn has_changed(&self, _: Collection, cached: &Doc, _: bool, now: &Doc) -> bool {
        let own = |doc: &Doc| doc::without(doc.clone(), &["user_id"]);
        own(cached) != own(now)
    }

    fn visible(&self, _: Collection, patch: Doc) -> Doc {
        doc::without(patch, &[&DROPPED[..], &["site_id"]].concat())
    }
}

/// What is kept of a document. Of a destination that is its code: the label is the portal's.
fn kept(doc: Doc) -> Doc {
    let mut doc = doc::without(doc, &DROPPED);
    let only_code = |to: &mut Value| {
        let code = to.get("code").filter(|code| code.is_string());
        *to = code.map_or(Value::Null, |code| json!({ "code": code }));
    };
    for name in ["destination", "fail_over"] {
        doc.get_mut(name).into_iter().for_each(only_code);
    }
    let several = doc.get_mut("destinations").and_then(Value::as_array_mut);
    several.into_iter().flatten().for_each(only_code);
    doc
}

/// Whether a request may be sent: none that costs money, or creates or deletes instances and phone numbers.
pub(super) fn allows(method: &Method, path: &[&str]) -> bool {
    let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let is_feature = |name: &str| FEATURES.iter().any(|(_, of)| of.name() == name);
    let is_type = |name: &str| TYPES.iter().any(|(_, of)| of.name() == name);
    let is_written = |name: &str| name == Collection::Extensions.name() || is_type(name);
    match (method.as_str(), path) {
        ("GET" | "POST", ["users"]) | ("GET", ["sites"]) => true,
        ("GET" | "PUT" | "DELETE", ["users", id]) => is_id(id),
        ("POST", ["sites", site, "rebuild"]) => is_id(site),
        ("GET", ["sites", site, of]) => is_id(site) && is_feature(of),
        ("GET", ["sites", site, of, id]) => is_id(site) && is_feature(of) && is_id(id),
        ("POST", ["sites", site, of]) => is_id(site) && is_written(of),
        ("PUT", ["sites", site, "phone-numbers", id]) => is_id(site) && is_id(id),
        ("PUT" | "DELETE", ["sites", site, of, id]) => is_id(site) && is_written(of) && is_id(id),
        _ => false,
    }
}
