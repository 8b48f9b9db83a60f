//! *Crossbar* is the dialect of Kazoo's API.

use super::{
    super::{
        Error,
        http::{Answer, Body, Request},
        rest::{
            Dialect, Doc, Document, Fingerprint, Op, Page, Table,
            dialect::Verdict,
            doc::{self, difference},
        },
    },
    account::{Account, Index},
    collection::Collection,
    flow::Resolver as _,
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
    const NOT_FOUND: &'static str =
        "; check that `portal.url` is the address of Crossbar, and that the account is right";

    fn table(&self) -> &'static Table<Collection> {
        &TABLE
    }

    fn page_size(&self) -> usize {
        PAGE
    }

    fn encode(&self, op: &Op<'_, Collection>) -> Request {
        let etag = |version: Option<&str>| version.map(|version| format!("\"{version}\""));
        match *op {
            Op::List {
                of,
                parent,
                query,
                cursor,
            } => {
                let page_size = PAGE.to_string();
                let start = cursor.map(|cursor| ("start_key", cursor));
                Request::new(Method::GET, &of.path(parent))
                    .with_query(&[("page_size", &page_size)])
                    .with_query(query)
                    .with_query(start.as_slice())
            }
            Op::Get { of, id } => Request::new(Method::GET, &of.path_of(id)),
            Op::Create { of, parent, body } => {
                Request::new(Method::PUT, &of.path(parent)).with_body(enveloped(body))
            }
            Op::Update {
                of,
                id,
                before,
                after,
            } => {
                // A PATCH of a fax box replaces the whole document, so the whole document is sent.
                let (method, data) = match of {
                    Collection::Faxboxes => (Method::POST, without_injected(after.clone())),
                    _ => (Method::PATCH, difference(&before.doc, after)),
                };
                Request::new(method, &of.path_of(id))
                    .with_if_match(etag(before.version.as_deref()).as_deref())
                    .with_body(enveloped(&data))
            }
            Op::Delete { of, id, version } => Request::new(Method::DELETE, &of.path_of(id))
                .with_if_match(etag(version).as_deref()),
        }
    }

    fn page(&self, _: Collection, answer: &Answer) -> Result<Page, String> {
        let Envelope {
            data,
            next_start_key,
            page_size,
            ..
        } = Envelope::parse(answer)?;
        let Value::Array(list) = data else {
            return Err("it is not an array".to_owned());
        };
        let mut page = Page {
            next: next_start_key,
            ..Page::default()
        };
        if page_size.is_some_and(|size| usize::try_from(size) != Ok(list.len())) {
            page.doubt = Some("a page's size differs from its number of objects".to_owned());
        }
        for row in list {
            let Value::Object(row) = row else {
                return Err("it contains an item that is not an object".to_owned());
            };
            let Some(id) = row.get("id").and_then(Value::as_str) else {
                return Err("it contains an object without an ID".to_owned());
            };
            page.rows.push((id.to_owned(), row));
        }
        Ok(page)
    }

    fn document(&self, of: Collection, answer: &Answer) -> Result<(String, Document), String> {
        let envelope = Envelope::parse(answer)?;
        let list = envelope.data["list_id"].as_str().unwrap_or_default();
        let own = envelope.data["id"].as_str();
        let has_list = of != Collection::Entries || !list.is_empty();
        let id = own
            .filter(|_| has_list)
            .map(|own| of.cache_id(list, own))
            .ok_or("it contains no document")?;
        let Value::Object(doc) = envelope.data else {
            return Err("it contains no document".to_owned());
        };
        let document = Document {
            doc: of.without_secrets(doc),
            version: envelope.revision,
        };
        Ok((id, document))
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

    /// Without pages: entries are sorted by the ID of their list, so pages can't be told apart.
    fn list_query(&self, of: Collection) -> &'static [(&'static str, &'static str)] {
        match of {
            Collection::Entries => &[("paginate", "false")],
            _ => &[],
        }
    }

    fn cache_id(&self, of: Collection, parent: &str, own: &str) -> String {
        of.cache_id(parent, own)
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
    use super::{Collection, Crossbar, Dialect as _, Doc, Document, Op};
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
