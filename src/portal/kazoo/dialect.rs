//! *Crossbar* is the dialect of Kazoo's API.

use super::{
    super::{
        Error,
        http::{Answer, Body},
        rest::{
            Collection as _, Dialect, Doc, Document, Fingerprint, Page, Table,
            dialect::{Verdict, rows, with_id},
            doc::{self, difference},
        },
    },
    account::{Account, Index},
    collection::Collection,
    session::Session,
    table::{TABLE, model_field},
    wire::{self, Envelope},
};
use crate::model::Kind;
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

/// The page size. Crossbar accepts any size, but a larger page can exceed the server's memory limit.
pub(super) const PAGE: usize = 500;

/// The dialect of Kazoo's API.
pub(super) struct Crossbar;

impl Dialect for Crossbar {
    type Of = Collection;
    type Index = Index;
    type Link = Session;

    const NAME: &'static str = "Kazoo";
    const CREATE: Method = Method::PUT;
    const NOT_FOUND: &'static str =
        "; check that `portal.url` is the address of Crossbar, and that the account is right";

    fn table(&self) -> &'static Table<Collection> {
        &TABLE
    }

    fn page_size(&self) -> usize {
        PAGE
    }

    fn path(&self, of: Collection, list: &str, id: Option<&str>) -> Vec<String> {
        match of {
            Collection::Account => Vec::new(),
            of => of.path(list, id),
        }
    }

    /// Entries have no pages: they are sorted by the ID of their list, so pages can't be told apart.
    fn page_query(&self, of: Collection, cursor: Option<&str>) -> Vec<(&'static str, String)> {
        let mut query = vec![("page_size", PAGE.to_string())];
        if of == Collection::Entries {
            query.push(("paginate", "false".to_owned()));
        }
        query.extend(cursor.map(|cursor| ("start_key", cursor.to_owned())));
        query
    }

    fn body(&self, _: Collection, doc: &Doc) -> Body {
        enveloped(doc)
    }

    /// A PATCH of a fax box replaces the whole document.
    fn replaces(&self, of: Collection) -> bool {
        of == Collection::Faxboxes
    }

    fn update(&self, of: Collection, before: &Document, after: &Doc) -> (Method, Body) {
        match self.replaces(of) {
            true => (Method::POST, enveloped(&without_injected(after.clone()))),
            false => (Method::PATCH, enveloped(&difference(&before.doc, after))),
        }
    }

    fn entity_tag(&self, version: &str) -> String {
        format!("\"{version}\"")
    }

    fn page(&self, _: Collection, _: Option<&str>, answer: &Answer) -> Result<Page, String> {
        let Envelope {
            data,
            next_start_key,
            page_size,
            ..
        } = Envelope::parse(answer)?;
        let rows = rows(data, "id")?;
        let differs = page_size.is_some_and(|size| usize::try_from(size) != Ok(rows.len()));
        let doubt = "a page's size differs from its number of objects";
        Ok(Page {
            doubt: differs.then(|| doubt.to_owned()),
            next: next_start_key,
            total: None,
            rows,
        })
    }

    fn document(&self, of: Collection, answer: &Answer) -> Result<(String, Document), String> {
        let envelope = Envelope::parse(answer)?;
        let (own, doc) = with_id(envelope.data, "id")?;
        let document = Document {
            doc: of.without_secrets(doc),
            version: envelope.revision,
        };
        match of {
            // There is one account, without an ID in its path.
            Collection::Account => Ok((String::new(), document)),
            _ => Ok((own, document)),
        }
    }

    fn verdict(&self, answer: &Answer) -> Verdict {
        match answer.status {
            202 => Verdict::Done,
            409 => Verdict::Conflict,
            status => Verdict::by_status(status),
        }
    }

    /// It is unknown whether entries can be filtered.
    fn filter(&self, of: Collection, by: &Fingerprint) -> Option<Vec<(String, String)>> {
        let filter = (format!("filter_{}", by.field), by.value.clone());
        (of != Collection::Entries).then(|| vec![filter])
    }

    /// A server without support for `fields` ignores it and sends a summary.
    fn row(&self, of: Collection, query: &[(&str, &str)], doc: Doc) -> Result<Document, Doc> {
        let has_asked = query.iter().any(|(name, _)| *name == "fields");
        match has_asked && doc.contains_key(of.indicator()) {
            true => Ok(Document { doc, version: None }),
            false => Err(doc),
        }
    }

    fn has_changed(&self, of: Collection, cached: &Doc, is_summary: bool, now: &Doc) -> bool {
        let requested = of.requested_fields().filter(|_| !is_summary);
        let requested = requested.unwrap_or_default();
        let is_set = |value: &&Value| !value.is_null() && **value != json!("");
        let differs = |name: &str| cached.get(name).filter(is_set) != now.get(name).filter(is_set);
        let is_cached = |name: &str| cached.get(name).is_some_and(|was| is_set(&was));
        let mut compared = TABLE.columns(of);
        compared.extend(["name", "owner_id"]);
        let mut compared = compared.into_iter();
        compared.any(|name| is_cached(name) && differs(name)) || requested.into_iter().any(differs)
    }

    fn visible(&self, of: Collection, mut patch: Doc) -> Doc {
        for secret in TABLE.secrets(of) {
            doc::put(&mut patch, secret, None);
        }
        of.without_secrets(patch)
    }

    fn user_id<'c>(cache: &'c Account, key: &str) -> Option<&'c str> {
        cache.user_id(key)
    }

    fn model_field(&self, kind: Kind, of: Collection, at: &str) -> Option<&'static str> {
        model_field(kind, of, at)
    }

    fn refusal(&self, object: Option<(Kind, Collection)>, answer: &Answer) -> Error {
        let field = |at: &str| object.and_then(|(kind, of)| model_field(kind, of, at));
        wire::refusal(answer, |at| field(&at).map_or(at, str::to_owned))
    }
}

/// The body of a request.
pub(super) fn enveloped(data: &impl Serialize) -> Body {
    Body::json(&json!({ "data": data }))
}

/// Removes the fields that the server adds to a response, so that the document can be sent back.
fn without_injected(mut doc: Doc) -> Doc {
    for name in ["id", "metadata", "_read_only"] {
        doc.shift_remove(name);
    }
    doc
}

#[cfg(test)]
mod tests {
    use super::{Collection, Crossbar, Dialect as _, Doc, Document};
    use crate::portal::rest::Op;
    use serde_json::{Value, json};

    #[test]
    fn a_patch_contains_what_changes_only() {
        let doc = |json: Value| -> Doc { json.as_object().cloned().unwrap() };
        let before = Document {
            doc: doc(
                json!({"id": "acme", "callsheet": {"a.b": {"commit": "1", "run": ""}, "c": 2}}),
            ),
            version: Some("3-f".to_owned()),
        };
        let request = Crossbar.encode(&Op::Update {
            of: Collection::Account,
            id: "",
            before: &before,
            after: &doc(json!({"id": "acme", "callsheet": {"a.b": {"commit": "3"}, "c": 2}})),
        });
        assert!(request.path.is_empty());
        assert_eq!(request.if_match.as_deref(), Some("\"3-f\""));
        let body: Value = serde_json::from_slice(&request.body.unwrap().content).unwrap();
        let patch = json!({"callsheet": {"a.b": {"commit": "3", "run": null}}});
        assert_eq!(body, json!({ "data": patch }));
    }
}
