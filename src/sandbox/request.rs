//! A *request* is read with mistrust: its query, its conditions, and its body, which is no longer than
//! a mebibyte.

use super::problem::{Problem, Reason};
use crate::model::Kind;
use axum::{
    extract::{Query, Request},
    http::{HeaderMap, Uri, header},
};
use futures::StreamExt as _;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// The longest body, in bytes.
const LONGEST: usize = 1024 * 1024;

/// How much of a body that is too long is read all the same: a client that is cut off while it sends
/// never sees the answer.
const PATIENCE: usize = 16 * LONGEST;

/// The objects of a page unless the client says how many.
const PAGE: u32 = 100;

/// The most objects that a page can have.
const LARGEST_PAGE: u32 = 1000;

/// What a listing shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// The object with this key, if there is one.
    Key(String),
    /// So many objects behind this key.
    After {
        /// The last key of the page before; empty for the first page.
        key: String,
        /// How many.
        limit: u32,
    },
}

impl Paging {
    /// Reads the query of a listing of `kind`.
    pub(super) fn read(kind: Kind, query: &str) -> Result<Self, Problem> {
        let bad = |detail: String| Problem::new(Reason::Malformed, detail);
        let uri: Uri = format!("/?{query}")
            .parse()
            .map_err(|_not_a_query| bad("The query can't be read.".to_owned()))?;
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri)
            .map_err(|_not_a_query| bad("The query can't be read.".to_owned()))?;
        let (mut key, mut limit, mut exact) = (String::new(), PAGE, None);
        for (name, value) in pairs {
            match &*name {
                "limit" => {
                    let given = value.parse().ok();
                    limit = given
                        .filter(|given| (1..=LARGEST_PAGE).contains(given))
                        .ok_or_else(|| bad(format!("`limit` is 1 to {LARGEST_PAGE}.")))?;
                }
                "cursor" => {
                    key = key_in(&value).ok_or_else(|| {
                        bad("`cursor` is not one that a page gave as `next`.".to_owned())
                    })?;
                }
                name if name == kind.identity() => exact = Some(value),
                _ => {
                    return Err(bad(format!(
                        "`{name}` is no parameter; there are `limit`, `cursor` and `{}`.",
                        kind.identity()
                    )));
                }
            }
        }
        Ok(match exact {
            Some(key) => Self::Key(key),
            None => Self::After { key, limit },
        })
    }
}

/// The cursor of the page behind a key.
pub(super) fn cursor(key: &str) -> String {
    key.bytes().fold(String::new(), |mut cursor, byte| {
        write!(cursor, "{byte:02x}").expect("text takes all that is written");
        cursor
    })
}

/// The key that a cursor stands for.
fn key_in(cursor: &str) -> Option<String> {
    let digits = cursor.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !digits || cursor.is_empty() || cursor.len() % 2 == 1 {
        return None;
    }
    let bytes = (0..cursor.len()).step_by(2);
    let bytes = bytes.map(|at| u8::from_str_radix(&cursor[at..at + 2], 16).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

/// Whether the conditions of a request allow a write to an object of this version.
pub(super) fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let mut conditions = headers.get_all(header::IF_MATCH).iter().peekable();
    conditions.peek().is_none()
        || conditions
            .filter_map(|condition| condition.to_str().ok())
            .flat_map(|condition| condition.split(','))
            .any(|one| one.trim() == "*" || one.trim() == etag)
}

/// The object in a request's body, which must be of one of these media types.
pub(super) async fn body(request: Request, types: &[&str]) -> Result<Map<String, Value>, Problem> {
    let given = request.headers().get(header::CONTENT_TYPE);
    let given = given.and_then(|given| given.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or_default().trim();
    if !types
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
    {
        let detail = format!("The body must be {}.", types.join(" or "));
        return Err(Problem::new(Reason::NotJson, detail));
    }
    let mut chunks = request.into_body().into_data_stream();
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk
            .map_err(|_cut_off| Problem::new(Reason::Malformed, "The body ends before its end."))?;
        length += chunk.len();
        if length <= LONGEST {
            bytes.extend_from_slice(&chunk);
        } else if length > PATIENCE {
            break;
        }
    }
    if length > LONGEST {
        let detail = format!("A body has at most {LONGEST} bytes.");
        return Err(Problem::new(Reason::TooLarge, detail));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::new(Reason::Invalid, "The body must be an object.")),
        Err(error) => {
            // The error's own words may hold a piece of the text; its place never does.
            let (line, column) = (error.line(), error.column());
            let detail = format!("The body is no JSON: line {line}, column {column}.");
            Err(Problem::new(Reason::Malformed, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_gives_back_its_key() {
        for key in ["a", "zoë@acme.example", "0100"] {
            assert_eq!(key_in(&cursor(key)).as_deref(), Some(key));
        }
        for wrong in ["", "6", "6g", "ff", "é"] {
            assert_eq!(key_in(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_query_is_read_or_refused() {
        let after = |key: &str, limit| Paging::After {
            key: key.to_owned(),
            limit,
        };
        let read = |query| Paging::read(Kind::Users, query).ok();
        assert_eq!(read(""), Some(after("", 100)));
        assert_eq!(read("limit=1000&cursor=6162"), Some(after("ab", 1000)));
        let exact = Some(Paging::Key("a+b".to_owned()));
        assert_eq!(read("username=a%2Bb"), exact);
        for wrong in [
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=x",
            "cursor=zz",
            "name=ann",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn any_of_the_versions_named_will_do() {
        let headers = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::IF_MATCH, value.parse().unwrap());
            }
            headers
        };
        assert!(matches(&headers(&[]), "\"7\""));
        assert!(matches(&headers(&["*"]), "\"7\""));
        assert!(matches(&headers(&["\"6\", \"7\""]), "\"7\""));
        assert!(matches(&headers(&["\"6\"", "\"7\""]), "\"7\""));
        assert!(!matches(&headers(&["\"6\""]), "\"7\""));
        assert!(!matches(&headers(&["W/\"7\""]), "\"7\""));
    }
}
