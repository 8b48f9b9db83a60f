//! A *list* is every document of one type, page after page, and whether that is really all of them.

use super::{
    super::{Error, http::plain},
    doc::Doc,
    session::Session,
    wire::Envelope,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// How many documents are asked for at once. Any number is honoured; more would only make answers that
/// the server's memory guard refuses.
pub(super) const PAGE: usize = 500;
const PAGE_TEXT: &str = "500";
/// How often a type is listed until it adds up.
const TRIES: u32 = 3;
/// How many pages without an object may come in a row before we no longer believe that there is an end.
const EMPTY: u32 = 100;

/// Every document of one type.
pub(super) struct List {
    pub(super) rows: Vec<(String, Doc)>,
    /// Why some may be missing.
    pub(super) doubt: Option<String>,
}

/// Lists a type until it adds up; nothing where the server doesn't know the type. `see` is told how many
/// more have come.
pub(super) async fn whole(
    session: &Session,
    path: &[&str],
    query: &[(&str, &str)],
    see: &(dyn Fn(usize) + Sync),
) -> Result<Option<List>, Error> {
    let mut told = 0;
    for left in (0..TRIES).rev() {
        let Some(list) = once(session, path, query, &mut |seen| {
            if seen > told {
                see(seen - told);
                told = seen;
            }
        })
        .await?
        else {
            return Ok(None);
        };
        if list.doubt.is_none() || left == 0 {
            return Ok(Some(list));
        }
        tracing::debug!(list = path.join("/"), reason = list.doubt, "listed again");
    }
    unreachable!("the last try returns")
}

/// Lists a type once. A page that is short or empty is not the last: only one without a next key is.
async fn once(
    session: &Session,
    path: &[&str],
    query: &[(&str, &str)],
    see: &mut (dyn FnMut(usize) + Send),
) -> Result<Option<List>, Error> {
    let mut list = List {
        rows: Vec::new(),
        doubt: None,
    };
    let mut ids = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut start: Option<String> = None;
    let mut empty = 0;
    loop {
        let mut asked = vec![("page_size", PAGE_TEXT)];
        asked.extend(query);
        asked.extend(start.iter().map(|key| ("start_key", key.as_str())));
        let Some(page) = session.read(path, &asked).await? else {
            return match start {
                None => Ok(None),
                Some(_) => Err(unreadable(path, "a page of it is gone")),
            };
        };
        let Envelope {
            data,
            next_start_key,
            page_size,
            ..
        } = page;
        let Value::Array(rows) = data else {
            return Err(unreadable(path, "it is no list"));
        };
        let came = rows.len();
        if page_size.is_some_and(|said| usize::try_from(said) != Ok(came)) {
            list.doubt("a page holds another number of objects than it says");
        }
        for row in rows {
            let Value::Object(row) = row else {
                return Err(unreadable(path, "it holds something else than objects"));
            };
            let Some(id) = row.get("id").and_then(Value::as_str).map(str::to_owned) else {
                return Err(unreadable(path, "it holds an object without an id"));
            };
            if ids.insert(id.clone()) {
                list.rows.push((id, row));
            } else {
                list.doubt(&format!("the id {} came twice", plain(&id)));
            }
        }
        see(list.rows.len());
        empty = if came == 0 { empty + 1 } else { 0 };
        match next_start_key {
            None => return Ok(Some(list)),
            Some(key) if empty > EMPTY || !keys.insert(key.clone()) => {
                list.doubt("its pages don't end");
                return Ok(Some(list));
            }
            Some(key) => start = Some(key),
        }
    }
}

impl List {
    fn doubt(&mut self, reason: &str) {
        self.doubt.get_or_insert_with(|| reason.to_owned());
    }
}

fn unreadable(path: &[&str], reason: &str) -> Error {
    Error::Unreadable {
        what: format!("the list of {}", path.join("/")),
        reason: reason.to_owned(),
    }
}
