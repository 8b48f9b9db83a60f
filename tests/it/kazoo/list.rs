//! A *list* is a page of rows: its start key, its filter, and the next start key.

use super::{
    answer::{Outcome, Page, Reply},
    ask::Ask,
    document::Doc,
    summary,
    world::{self, World},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// Converts an object to a row.
type Row = fn(Doc<'_>) -> Value;

impl World {
    pub(super) fn list(&self, ask: &Ask, account: &str, collection: &str) -> Outcome {
        self.page(ask, account, collection, summary::of, |_| true)
    }

    /// A page of the objects in a collection for which `is_in` returns true.
    pub(super) fn page(
        &self,
        ask: &Ask,
        account: &str,
        collection: &str,
        row: Row,
        is_in: impl Fn(Doc<'_>) -> bool,
    ) -> Outcome {
        let docs = self.live(account, collection);
        let mut docs: Vec<_> = docs.filter(|doc| is_in(*doc)).collect();
        // Nobody may rely on an order.
        if self.is_five() {
            docs.reverse();
        }
        let is_whole = ask.parameter("paginate") == Some("false");
        let size = match is_whole {
            true => usize::MAX,
            false => self.page_size(ask),
        };
        let start = ask.parameter("start_key").filter(|_| !is_whole);
        if let Some(start) = start {
            let start = named_by(start).unwrap_or_default();
            docs.retain(|doc| match self.is_five() {
                true => doc.id <= &*start,
                false => doc.id >= &*start,
            });
        }
        let next = docs.get(size).map(|doc| key(doc.id));
        docs.truncate(size);
        // The filter is for what the page holds: it may let nothing through and not be the last page.
        docs.retain(|doc| passes(ask, *doc));
        let has_more = self.is_five() && self.options.full_docs;
        let is_full = has_more && ask.parameter("full_docs") == Some("true");
        let row = if is_full {
            |doc: Doc<'_>| doc.public()
        } else {
            row
        };
        let rows: Vec<_> = docs.iter().map(|doc| self.shown(ask, *doc, row)).collect();
        let count = rows.len();
        let mut reply = Reply::ok(rows.into());
        for doc in docs.into_iter().filter(|_| is_full) {
            reply.tell(doc, doc.public());
        }
        if count > 0 {
            // The digest of the whole answer, which is never the same twice.
            reply = reply.etag(&world::hex());
        }
        reply.page = Page {
            size: (!is_whole).then_some(count),
            start: start.map(Into::into),
            next,
        };
        Ok(reply)
    }

    fn page_size(&self, ask: &Ask) -> usize {
        let asked = ask
            .parameter("page_size")
            .and_then(|size| size.parse().ok());
        let size = asked.filter(|size| *size > 0);
        let most = self.options.largest_page.unwrap_or(usize::MAX);
        size.unwrap_or(self.options.page_size).min(most)
    }

    /// A row, with the requested fields if it is a 5.x.
    fn shown(&self, ask: &Ask, doc: Doc<'_>, row: Row) -> Value {
        let fields = ask.parameter("fields").filter(|_| self.is_five());
        let fields = fields.and_then(|fields| serde_json::from_str::<Vec<String>>(fields).ok());
        if let Some(fields) = fields {
            let mut shown = Map::new();
            shown.insert("id".into(), doc.id.into());
            for path in fields {
                if let Some(value) = doc.at(&path) {
                    put(&mut shown, &path, value.clone());
                }
            }
            return shown.into();
        }
        row(doc)
    }
}

/// The key of a page that starts with a document: nobody may read it.
fn key(id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("at {id}"))
}

/// The ID of the document that a key names.
fn named_by(key: &str) -> Option<String> {
    let key = String::from_utf8(URL_SAFE_NO_PAD.decode(key).ok()?).ok()?;
    Some(key.strip_prefix("at ")?.to_owned())
}

/// Sets the value at a dotted path.
fn put(fields: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(fields.insert(path.into(), value)),
        Some((first, rest)) => {
            let inner = fields.entry(first).or_insert_with(|| json!({}));
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}

/// Whether an object matches all filters of a request; unknown parameters are ignored.
fn passes(ask: &Ask, doc: Doc<'_>) -> bool {
    ask.query.iter().all(|(name, wanted)| {
        let wanted = wanted.as_str().unwrap_or_default();
        let field = |path: &str| doc.at(path);
        if let Some(path) = name.strip_prefix("filter_not_") {
            return field(path).is_none_or(|value| text(value) != wanted);
        }
        if let Some(path) = name.strip_prefix("filter_") {
            return field(path).is_some_and(|value| text(value) == wanted);
        }
        let is_set = |path: &str| {
            field(path).is_some_and(|value| match value {
                Value::Null => false,
                Value::String(text) => !text.is_empty(),
                Value::Array(items) => !items.is_empty(),
                Value::Object(fields) => !fields.is_empty(),
                Value::Bool(_) | Value::Number(_) => true,
            })
        };
        let seconds = || wanted.parse().unwrap_or(0);
        match name.as_str() {
            "has_key" => field(wanted).is_some(),
            "key_missing" => field(wanted).is_none(),
            "has_value" => is_set(wanted),
            "missing_value" => !is_set(wanted),
            "created_from" => doc.time("pvt_created") >= seconds(),
            "created_to" => doc.time("pvt_created") <= seconds(),
            "modified_from" => doc.time("pvt_modified") >= seconds(),
            "modified_to" => doc.time("pvt_modified") <= seconds(),
            _ => true,
        }
    })
}

/// The text of a value in a filter.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
