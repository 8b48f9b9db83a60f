//! An *answer* is what a portal itself said, whole. Everything else that can come back (a proxy's
//! page, half a body, silence) is *trouble*, and is never taken for one.

use super::{
    super::{Error, Problem, redact::Redactor},
    limit::Limiter,
};
use reqwest::{
    Response,
    header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;
use std::{error::Error as StdError, time::Duration};

/// The longest body that is read.
const LARGEST: usize = 64 << 20;
/// The longest text of a portal that is shown.
const LONGEST: usize = 300;
/// The most problems of one refusal that are shown.
const MOST: usize = 20;
/// How long to wait where a portal asks for patience and doesn't say how much.
const SOME_PATIENCE: Duration = Duration::from_secs(5);
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// A success, or a refusal in the portal's own words. It may hold what is private to people, so it
/// can't be printed.
pub struct Answer {
    /// The status, as HTTP counts.
    pub status: u16,
    /// JSON; of a success, also nothing.
    pub body: Vec<u8>,
}

/// What came instead of an answer.
pub(super) enum Trouble {
    /// It was never sent: no portal can be asked this.
    Unsendable(String),
    /// It was never sent: nobody was there.
    NoConnection(String),
    /// It was sent, and the answer didn't come, or didn't end.
    Lost(String),
    /// It was turned away at the door: too much, for now.
    Throttled { status: u16 },
    /// Something between us and the portal, or in it, is out of order.
    Broken { status: u16 },
    /// No answer that the contract knows.
    Unreadable(String),
    /// The credentials are not accepted.
    Unauthorized,
    /// The credentials don't suffice.
    Forbidden { detail: String },
}

impl Trouble {
    pub(super) fn from_sending(error: &reqwest::Error) -> Self {
        // A timeout while connecting is both; that the connection is missing is what matters.
        if error.is_connect() {
            Self::NoConnection(cause(error))
        } else if error.is_builder() {
            Self::Unsendable(cause(error))
        } else {
            Self::lost(error)
        }
    }

    fn lost(error: &reqwest::Error) -> Self {
        Self::Lost(if error.is_timeout() {
            "the answer took too long".to_owned()
        } else {
            format!("the connection broke off: {}", cause(error))
        })
    }

    /// Whether it is certain that a write has left no trace.
    pub(super) const fn nothing_done(&self) -> bool {
        match self {
            Self::Unsendable(_)
            | Self::NoConnection(_)
            | Self::Throttled { .. }
            | Self::Unauthorized
            | Self::Forbidden { .. } => true,
            Self::Lost(_) | Self::Broken { .. } | Self::Unreadable(_) => false,
        }
    }

    /// Whether it can be, and is worth being, sent again.
    pub(super) const fn may_pass(&self, is_read: bool) -> bool {
        match self {
            Self::NoConnection(_) | Self::Throttled { .. } => true,
            Self::Lost(_) | Self::Broken { .. } => is_read,
            Self::Unsendable(_)
            | Self::Unreadable(_)
            | Self::Unauthorized
            | Self::Forbidden { .. } => false,
        }
    }

    pub(super) const fn is_throttling(&self) -> bool {
        matches!(self, Self::Throttled { .. })
    }

    pub(super) fn reason(self) -> String {
        match self {
            Self::Unsendable(reason)
            | Self::NoConnection(reason)
            | Self::Lost(reason)
            | Self::Unreadable(reason) => reason,
            Self::Throttled { status } | Self::Broken { status } => {
                format!("the answer was {status}")
            }
            Self::Unauthorized => "the answer was 401".to_owned(),
            Self::Forbidden { detail } => format!("the answer was 403{detail}"),
        }
    }
}

/// Reads a response to its end and judges it. If it asks for patience, everybody waits.
///
/// Secrets are taken out before anything of it is cut to a length that can be shown.
pub(super) async fn receive(
    mut response: Response,
    limiter: &Limiter,
    redactor: &Redactor,
) -> Result<Answer, Trouble> {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let patience = patience(&headers);
    if let (Some(wait), 403 | 429 | 503) = (patience, status) {
        limiter.pause(wait);
    }
    let body = read_body(response).await;
    let body = body.map(|body| redacted(status, body, redactor));
    judge(status, &headers, patience.is_some(), body)
}

/// A body without secrets, where it is JSON; whatever else a portal says is never shown. What it did is
/// left as it is, and isn't shown either.
fn redacted(status: u16, body: Vec<u8>, redactor: &Redactor) -> Vec<u8> {
    if (200..300).contains(&status) {
        return body;
    }
    let said = serde_json::from_slice(&body).map(|said: Value| redactor.json(said));
    said.map_or(body, |said| said.to_string().into_bytes())
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let too_large = || Trouble::Unreadable(format!("it is larger than {} MiB", LARGEST >> 20));
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).map_or(true, |announced| announced > LARGEST) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Trouble::lost(&error))?
    {
        if body.len() + chunk.len() > LARGEST {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn judge(
    status: u16,
    headers: &HeaderMap,
    asks_patience: bool,
    body: Result<Vec<u8>, Trouble>,
) -> Result<Answer, Trouble> {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_ascii_lowercase();
    let is_html = media_type.starts_with("text/html");
    match status {
        401 => Err(Trouble::Unauthorized),
        429 => Err(Trouble::Throttled { status }),
        // Portals and the proxies before them also throttle with a 403: the portal's own 403 is JSON.
        403 if is_html || asks_patience || spent(headers) => Err(Trouble::Throttled { status }),
        403 => Err(Trouble::Forbidden {
            detail: Refusal::read(&body.unwrap_or_default())
                .map_or_else(String::new, |refusal| format!(": {}", refusal.said())),
        }),
        503 if asks_patience => Err(Trouble::Throttled { status }),
        408 | 500 | 502..=504 => Err(Trouble::Broken { status }),
        // That an object has another version is all there is to say, and some say it without a word.
        412 => Ok(Answer {
            status,
            body: body.unwrap_or_default(),
        }),
        200..=299 => match body? {
            body if body.is_empty() || is_json(&media_type) => Ok(Answer { status, body }),
            _ => Err(no_json(status, is_html)),
        },
        400..=499 => match body? {
            body if is_json(&media_type) && serde_json::from_slice::<IgnoredAny>(&body).is_ok() => {
                Ok(Answer { status, body })
            }
            _ => Err(no_json(status, is_html)),
        },
        300..=399 => Err(Trouble::Unreadable(format!(
            "it points to another address ({status}), which the credentials are not for"
        ))),
        _ => Err(Trouble::Unreadable(format!("the status is {status}"))),
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

fn no_json(status: u16, is_html: bool) -> Trouble {
    let what = if is_html {
        "a web page"
    } else {
        "something else"
    };
    Trouble::Unreadable(format!("{what} ({status}) came where JSON belongs"))
}

fn spent(headers: &HeaderMap) -> bool {
    headers.get(REMAINING).is_some_and(|left| left == "0")
}

/// How long the portal asks to wait: seconds, or a date. A date is read against the portal's own
/// clock, which stands beside it.
fn patience(headers: &HeaderMap) -> Option<Duration> {
    let after = headers
        .get(RETRY_AFTER)?
        .to_str()
        .unwrap_or_default()
        .trim();
    if let Ok(seconds) = after.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| {
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(text)
            .ok()
    };
    let now = headers.get(DATE).and_then(|now| date(now.to_str().ok()?));
    let wait = now.and_then(|now| Duration::try_from(date(after)?.duration_since(now)).ok());
    Some(wait.unwrap_or(SOME_PATIENCE))
}

impl Answer {
    /// Whether it was done.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// A refusal as an error, in the portal's own words, cut to a length that can be shown.
    #[must_use]
    pub fn refusal(&self) -> Error {
        let refusal = Refusal::read(&self.body).unwrap_or_default();
        Error::Refused {
            status: self.status,
            detail: match refusal.said() {
                said if said.is_empty() => format!("the status is {}", self.status),
                said => said,
            },
            problems: refusal
                .errors
                .iter()
                .take(MOST)
                .map(|problem| Problem {
                    field: plain(problem.field.as_deref().unwrap_or_default()),
                    message: plain(problem.message.as_deref().unwrap_or_default()),
                })
                .collect(),
        }
    }
}

/// A refusal as RFC 9457 has it, with the fields that are wrong.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    title: Option<String>,
    detail: Option<String>,
    /// Where others than RFC 9457 put it.
    message: Value,
    errors: Vec<Wrong>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wrong {
    field: Option<String>,
    message: Option<String>,
}

impl Refusal {
    fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    fn said(&self) -> String {
        let said = self.detail.as_deref().or(self.title.as_deref());
        plain(said.or(self.message.as_str()).unwrap_or_default())
    }
}

/// What somebody else said, as it can be shown: one line without control characters (which could
/// write to a terminal or to a log what was never said), cut to 300 characters.
#[must_use]
pub fn plain(text: &str) -> String {
    let shown = text.chars().filter(|c| is_shown(*c));
    let mut plain: String = shown.take(LONGEST + 1).collect();
    if let Some((at, _)) = plain.char_indices().nth(LONGEST - 1)
        && plain.chars().nth(LONGEST).is_some()
    {
        plain.truncate(at);
        plain.push('…');
    }
    plain
}

/// Whether a character is seen, and does nothing else.
#[must_use]
pub fn is_shown(c: char) -> bool {
    !c.is_control() && !is_format(c)
}

/// Characters that reverse or hide the text around them.
const fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The innermost cause of a failed request: the outer ones only say that it failed, and where.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn StdError = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request failed".to_owned(), // its text would hold the whole address
        None => plain(&cause.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{patience, plain};
    use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
    use std::time::Duration;

    #[test]
    fn what_a_portal_says_cannot_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\r\nc\u{202e}d"), "a[2Jbcd");
        assert_eq!(plain(&"x".repeat(300)), "x".repeat(300));
        assert_eq!(plain(&"ä".repeat(301)), format!("{}…", "ä".repeat(299)));
    }

    #[test]
    fn patience_is_seconds_or_a_date_on_the_portals_clock() {
        let asked = |after: &'static str, now: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(after));
            if let Some(now) = now {
                headers.insert(DATE, HeaderValue::from_static(now));
            }
            patience(&headers).unwrap().as_secs()
        };
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(asked("17", None), 17);
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:07 GMT", now), 30);
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:07 GMT", None), 5);
        assert_eq!(asked("soon", now), 5);
        assert_eq!(patience(&HeaderMap::new()), None::<Duration>);
    }
}
