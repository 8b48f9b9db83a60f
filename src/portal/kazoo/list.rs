//! A *list* reads all pages of a collection and verifies that the result is complete.

use super::{
    super::{Error, http::plain},
    doc::Doc,
    session::Session,
    wire::Envelope,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// The page size. Crossbar accepts any size, but a larger page can exceed the server's memory limit.
pub(super) const PAGE: usize = 500;
const PAGE_TEXT: &str = "500";
/// The maximum number of attempts to get a consistent list.
const TRIES: u32 = 3;
/// The number of consecutive empty pages after which a list counts as endless.
const MAX_EMPTY_PAGES: u32 = 100;

/// All documents of a collection.
pub(super) struct List {
    pub(super) rows: Vec<(String, Doc)>,
    /// The reason why documents may be missing.
    pub(super) incomplete: Option<String>,
}

/// Lists a collection until the result is consistent. Returns `None` if the server doesn't have the
/// collection. `report` receives the number of additional documents.
pub(super) async fn all(
    session: &Session,
    path: &[&str],
    query: &[(&str, &str)],
    report: &(dyn Fn(usize) + Sync),
) -> Result<Option<List>, Error> {
    let mut reported = 0;
    for left in (0..TRIES).rev() {
        let Some(list) = once(session, path, query, &mut |seen| {
            if seen > reported {
                report(seen - reported);
                reported = seen;
            }
        })
        .await?
        else {
            return Ok(None);
        };
        if list.incomplete.is_none() || left == 0 {
            return Ok(Some(list));
        }
        tracing::debug!(
            list = path.join("/"),
            reason = list.incomplete,
            "listing again"
        );
    }
    unreachable!("the last try returns")
}

/// Lists a collection once. Only a page without a next key is the last one, not a short or empty page.
async fn once(
    session: &Session,
    path: &[&str],
    query: &[(&str, &str)],
    report: &mut (dyn FnMut(usize) + Send),
) -> Result<Option<List>, Error> {
    let mut list = List {
        rows: Vec::new(),
        incomplete: None,
    };
    let mut ids = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut start: Option<String> = None;
    let mut empty = 0;
    loop {
        let mut query_params = vec![("page_size", PAGE_TEXT)];
        query_params.extend(query);
        query_params.extend(start.iter().map(|key| ("start_key", key.as_str())));
        let Some(page) = session.read(path, &query_params).await? else {
            return match start {
                None => Ok(None),
                Some(_) => Err(unreadable(path, "one of its pages is missing")),
            };
        };
        let Envelope {
            data,
            next_start_key,
            page_size,
            ..
        } = page;
        let Value::Array(rows) = data else {
            return Err(unreadable(path, "it is not an array"));
        };
        let count = rows.len();
        if page_size.is_some_and(|size| usize::try_from(size) != Ok(count)) {
            list.mark_incomplete("a page's size differs from its number of objects");
        }
        for row in rows {
            let Value::Object(row) = row else {
                return Err(unreadable(
                    path,
                    "it contains an item that is not an object",
                ));
            };
            let Some(id) = row.get("id").and_then(Value::as_str).map(str::to_owned) else {
                return Err(unreadable(path, "it contains an object without an ID"));
            };
            if ids.insert(id.clone()) {
                list.rows.push((id, row));
            } else {
                list.mark_incomplete(&format!("the ID {} is listed twice", plain(&id)));
            }
        }
        report(list.rows.len());
        empty = if count == 0 { empty + 1 } else { 0 };
        match next_start_key {
            None => return Ok(Some(list)),
            Some(key) if empty > MAX_EMPTY_PAGES || !keys.insert(key.clone()) => {
                list.mark_incomplete("its pages don't end");
                return Ok(Some(list));
            }
            Some(key) => start = Some(key),
        }
    }
}

impl List {
    fn mark_incomplete(&mut self, reason: &str) {
        self.incomplete.get_or_insert_with(|| reason.to_owned());
    }
}

fn unreadable(path: &[&str], reason: &str) -> Error {
    Error::Unreadable {
        what: format!("the list of {}", path.join("/")),
        reason: reason.to_owned(),
    }
}
