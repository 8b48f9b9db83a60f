//! A *request* is untrusted: this validates its query, its conditions and its body of at most one mebibyte.

use super::problem::{Problem, Reason};
use axum::{
    extract::{Query, Request},
    http::{HeaderMap, Uri, header},
};
use futures::StreamExt as _;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// The maximum length of a body, in bytes.
const LONGEST: usize = 1024 * 1024;

/// The number of bytes of an overlong body that are still read: a client that is cut off while sending
/// never sees the response.
const PATIENCE: usize = 16 * LONGEST;

/// The default page size.
const PAGE: u32 = 100;

/// The maximum page size.
const LARGEST_PAGE: u32 = 1000;

/// The selection of a listing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// The object with a key, if it exists.
    Key(String),
    /// A page of objects after a key.
    After {
        /// The last key of the previous page; empty for the first page.
        key: String,
        /// The number of objects after that key that are left out.
        offset: u32,
        /// The page size.
        limit: u32,
    },
}

impl Paging {
    /// Whether it selects the first page, or the only one.
    pub(super) fn is_first(&self) -> bool {
        match self {
            Self::Key(_) => true,
            Self::After { key, offset, .. } => key.is_empty() && *offset == 0,
        }
    }

    /// Parses the query of a listing of objects with their key in `key_field`.
    pub(super) fn read(key_field: &str, query: &str) -> Result<Self, Problem> {
        let bad = |detail: String| Problem::new(Reason::Malformed, detail);
        let uri: Uri = format!("/?{query}")
            .parse()
            .map_err(|_not_a_query| bad("The query is malformed.".to_owned()))?;
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri)
            .map_err(|_not_a_query| bad("The query is malformed.".to_owned()))?;
        let (mut key, mut limit, mut exact) = (String::new(), PAGE, None);
        let mut offset = 0;
        for (name, value) in pairs {
            match &*name {
                "limit" => {
                    let given = value.parse().ok();
                    limit = given
                        .filter(|given| (1..=LARGEST_PAGE).contains(given))
                        .ok_or_else(|| bad(format!("`limit` must be 1 to {LARGEST_PAGE}.")))?;
                }
                "offset" => {
                    offset = value
                        .parse()
                        .map_err(|_no_number| bad("`offset` must be a number.".to_owned()))?;
                }
                "cursor" => {
                    key = key_in(&value)
                        .ok_or_else(|| bad("`cursor` must be the `next` of a page.".to_owned()))?;
                }
                name if name == key_field => exact = Some(value),
                _ => {
                    return Err(bad(format!(
                        "Unknown parameter `{name}`; use `limit`, `offset`, `cursor` or `{key_field}`."
                    )));
                }
            }
        }
        Ok(match exact {
            Some(key) => Self::Key(key),
            None => Self::After { key, offset, limit },
        })
    }
}

/// The cursor of the page after a key.
pub(super) fn cursor(key: &str) -> String {
    key.bytes().fold(String::new(), |mut cursor, byte| {
        write!(cursor, "{byte:02x}").expect("text takes all that is written");
        cursor
    })
}

/// The key of a cursor.
fn key_in(cursor: &str) -> Option<String> {
    let digits = cursor.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !digits || cursor.is_empty() || cursor.len() % 2 == 1 {
        return None;
    }
    let bytes = (0..cursor.len()).step_by(2);
    let bytes = bytes.map(|at| u8::from_str_radix(&cursor[at..at + 2], 16).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

/// Whether a request's conditions allow writing an object with this version.
pub(super) fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let mut conditions = headers.get_all(header::IF_MATCH).iter().peekable();
    conditions.peek().is_none()
        || conditions
            .filter_map(|condition| condition.to_str().ok())
            .flat_map(|condition| condition.split(','))
            .any(|one| one.trim() == "*" || one.trim() == etag)
}

/// The object in a request's body, which must have one of these media types.
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
    let bytes = bytes(request, LONGEST).await?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::new(Reason::Invalid, "The body must be an object.")),
        Err(error) => {
            // The error's message may contain a piece of the text, so only its place is reported.
            let (line, column) = (error.line(), error.column());
            let detail = format!("The body is not valid JSON: line {line}, column {column}.");
            Err(Problem::new(Reason::Malformed, detail))
        }
    }
}

/// The bytes of a request's body, which may have at most `longest` bytes.
pub(super) async fn bytes(request: Request, longest: usize) -> Result<Vec<u8>, Problem> {
    let mut chunks = request.into_body().into_data_stream();
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_cut_off| Problem::new(Reason::Malformed, "The body is incomplete."))?;
        length += chunk.len();
        if length <= longest {
            bytes.extend_from_slice(&chunk);
        } else if length > PATIENCE {
            break;
        }
    }
    if length > longest {
        let detail = format!("The body may have at most {longest} bytes.");
        return Err(Problem::new(Reason::TooLarge, detail));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_contains_its_key() {
        for key in ["a", "zoë@acme.example", "0100"] {
            assert_eq!(key_in(&cursor(key)).as_deref(), Some(key));
        }
        for wrong in ["", "6", "6g", "ff", "é"] {
            assert_eq!(key_in(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_query_is_parsed_or_rejected() {
        let after = |key: &str, limit| Paging::After {
            key: key.to_owned(),
            offset: 0,
            limit,
        };
        let read = |query| Paging::read("username", query).ok();
        assert_eq!(read(""), Some(after("", 100)));
        assert_eq!(read("limit=1000&cursor=6162"), Some(after("ab", 1000)));
        let behind = Paging::After {
            key: String::new(),
            offset: 2000,
            limit: 100,
        };
        assert!(!behind.is_first());
        assert_eq!(read("offset=2000"), Some(behind));
        let exact = Some(Paging::Key("a+b".to_owned()));
        assert_eq!(read("username=a%2Bb"), exact);
        for wrong in [
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=x",
            "cursor=zz",
            "offset=-1",
            "offset=x",
            "name=ann",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn any_listed_version_matches() {
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
