//! An *answer* is a complete response of the portal itself. Everything else (a proxy's page, a truncated
//! body, a timeout) is classified as [`NoAnswer`].

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

/// The maximum size of a response body.
const MAX_BODY: usize = 64 << 20;
/// The maximum length, in characters, of a portal's text in a message.
const MAX_TEXT: usize = 300;
/// The maximum number of problems from one refusal.
const MAX_PROBLEMS: usize = 20;
/// The wait after a `Retry-After` header that can't be parsed.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// A response of the portal: a success or a refusal. It may contain personal data, so it doesn't
/// implement `Debug`.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body. It may be empty for a success.
    pub body: Vec<u8>,
}

/// The reason why a request has no answer.
pub(super) enum NoAnswer {
    /// The request is invalid and was not sent.
    Unsendable(String),
    /// No connection could be established, so the request was not sent.
    NoConnection(String),
    /// The request was sent, and the response is missing or truncated.
    Lost(String),
    /// The request was rejected by a rate limit.
    Throttled { status: u16 },
    /// The portal or a proxy reports an internal error.
    Broken { status: u16 },
    /// The response violates the portal's contract.
    Unreadable(String),
    /// The credentials are not accepted.
    Unauthorized,
    /// The credentials lack a permission.
    Forbidden { detail: String },
}

impl NoAnswer {
    pub(super) fn from_sending(error: &reqwest::Error) -> Self {
        // A timeout while connecting is both kinds of error; no connection is the more specific one.
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
            format!("the connection was interrupted: {}", cause(error))
        })
    }

    /// Whether a write certainly changed nothing.
    pub(super) const fn is_unapplied(&self) -> bool {
        match self {
            Self::Unsendable(_)
            | Self::NoConnection(_)
            | Self::Throttled { .. }
            | Self::Unauthorized
            | Self::Forbidden { .. } => true,
            Self::Lost(_) | Self::Broken { .. } | Self::Unreadable(_) => false,
        }
    }

    /// Whether the request can safely be sent again and may then succeed.
    pub(super) const fn is_retryable(&self, is_read: bool) -> bool {
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

/// Reads and classifies a response. A `Retry-After` header pauses all requests to the portal.
///
/// Secrets are redacted before any text is truncated for display.
pub(super) async fn receive(
    mut response: Response,
    limiter: &Limiter,
    redactor: &Redactor,
) -> Result<Answer, NoAnswer> {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let retry_after = retry_after(&headers);
    if let (Some(wait), 403 | 429 | 503) = (retry_after, status) {
        limiter.pause(wait);
    }
    let body = read_body(response).await;
    let body = body.map(|body| redacted(status, body, redactor));
    classify(status, &headers, retry_after.is_some(), body)
}

/// Redacts the JSON body of a refusal. The body of a success stays unchanged, and like a body that isn't
/// JSON it is never displayed.
fn redacted(status: u16, body: Vec<u8>, redactor: &Redactor) -> Vec<u8> {
    if (200..300).contains(&status) {
        return body;
    }
    let json = serde_json::from_slice(&body).map(|json: Value| redactor.json(json));
    json.map_or(body, |json| json.to_string().into_bytes())
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, NoAnswer> {
    let too_large = || NoAnswer::Unreadable(format!("it is larger than {} MiB", MAX_BODY >> 20));
    let declared = response.content_length().unwrap_or_default();
    if usize::try_from(declared).map_or(true, |declared| declared > MAX_BODY) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| NoAnswer::lost(&error))?
    {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn classify(
    status: u16,
    headers: &HeaderMap,
    has_retry_after: bool,
    body: Result<Vec<u8>, NoAnswer>,
) -> Result<Answer, NoAnswer> {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_ascii_lowercase();
    let is_html = media_type.starts_with("text/html");
    match status {
        401 => Err(NoAnswer::Unauthorized),
        429 => Err(NoAnswer::Throttled { status }),
        // Portals and proxies also throttle with a 403. The portal's own 403 is JSON.
        403 if is_html || has_retry_after || is_quota_spent(headers) => {
            Err(NoAnswer::Throttled { status })
        }
        403 => Err(NoAnswer::Forbidden {
            detail: Refusal::read(&body.unwrap_or_default())
                .map_or_else(String::new, |refusal| format!(": {}", refusal.text())),
        }),
        503 if has_retry_after => Err(NoAnswer::Throttled { status }),
        408 | 500 | 502..=504 => Err(NoAnswer::Broken { status }),
        // Some portals send no body: the status says that the object has another version.
        412 => Ok(Answer {
            status,
            body: body.unwrap_or_default(),
        }),
        200..=299 => match body? {
            body if body.is_empty() || is_json(&media_type) => Ok(Answer { status, body }),
            _ => Err(not_json(status, is_html)),
        },
        400..=499 => match body? {
            body if is_json(&media_type) && serde_json::from_slice::<IgnoredAny>(&body).is_ok() => {
                Ok(Answer { status, body })
            }
            _ => Err(not_json(status, is_html)),
        },
        300..=399 => Err(NoAnswer::Unreadable(format!(
            "it redirects to another address ({status}), to which the credentials must not be sent"
        ))),
        _ => Err(NoAnswer::Unreadable(format!("the status is {status}"))),
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

fn not_json(status: u16, is_html: bool) -> NoAnswer {
    let what = if is_html {
        "a web page"
    } else {
        "something else"
    };
    NoAnswer::Unreadable(format!("it is {what} ({status}), not JSON"))
}

fn is_quota_spent(headers: &HeaderMap) -> bool {
    headers.get(REMAINING).is_some_and(|left| left == "0")
}

/// The wait that the `Retry-After` header asks for, as seconds or as a date. A date is compared with the
/// response's `Date` header, so the clocks needn't agree.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
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
    Some(wait.unwrap_or(DEFAULT_RETRY_AFTER))
}

impl Answer {
    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// Converts a refusal into an error with the portal's message, truncated for display.
    #[must_use]
    pub fn refusal(&self) -> Error {
        let refusal = Refusal::read(&self.body).unwrap_or_default();
        Error::Refused {
            status: self.status,
            detail: match refusal.text() {
                text if text.is_empty() => format!("the status is {}", self.status),
                text => text,
            },
            problems: refusal
                .errors
                .iter()
                .take(MAX_PROBLEMS)
                .map(|problem| Problem {
                    field: plain(problem.field.as_deref().unwrap_or_default()),
                    message: plain(problem.message.as_deref().unwrap_or_default()),
                })
                .collect(),
        }
    }
}

/// A refusal as in RFC 9457, with the rejected fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    title: Option<String>,
    detail: Option<String>,
    /// The message of portals that don't follow RFC 9457.
    message: Value,
    errors: Vec<FieldError>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FieldError {
    field: Option<String>,
    message: Option<String>,
}

impl Refusal {
    fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    fn text(&self) -> String {
        let text = self.detail.as_deref().or(self.title.as_deref());
        plain(text.or(self.message.as_str()).unwrap_or_default())
    }
}

/// Makes foreign text safe for display: one line without control characters, which could forge terminal
/// or log output, truncated to 300 characters.
#[must_use]
pub fn plain(text: &str) -> String {
    let printable = text.chars().filter(|c| is_printable(*c));
    let mut plain: String = printable.take(MAX_TEXT + 1).collect();
    if let Some((at, _)) = plain.char_indices().nth(MAX_TEXT - 1)
        && plain.chars().nth(MAX_TEXT).is_some()
    {
        plain.truncate(at);
        plain.push('…');
    }
    plain
}

/// Whether a character is visible and has no side effects such as moving the cursor.
#[must_use]
pub fn is_printable(c: char) -> bool {
    !c.is_control() && !is_format(c)
}

/// Whether a character reverses or hides the text around it.
const fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The innermost cause of a failed request. The outer errors only repeat the address.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn StdError = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request failed".to_owned(), // its text would contain the whole address
        None => plain(&cause.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{plain, retry_after};
    use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
    use std::time::Duration;

    #[test]
    fn text_from_a_portal_cannot_control_a_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\r\nc\u{202e}d"), "a[2Jbcd");
        assert_eq!(plain(&"x".repeat(300)), "x".repeat(300));
        assert_eq!(plain(&"ä".repeat(301)), format!("{}…", "ä".repeat(299)));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_on_the_portals_clock() {
        let wait = |after: &'static str, now: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(after));
            if let Some(now) = now {
                headers.insert(DATE, HeaderValue::from_static(now));
            }
            retry_after(&headers).unwrap().as_secs()
        };
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(wait("17", None), 17);
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:07 GMT", now), 30);
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:07 GMT", None), 5);
        assert_eq!(wait("soon", now), 5);
        assert_eq!(retry_after(&HeaderMap::new()), None::<Duration>);
    }
}
