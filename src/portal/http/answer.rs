//! An *answer* is a complete response of the portal itself. Everything else (a proxy's page, a truncated
//! body, a timeout) is classified as [`NoAnswer`].

use super::{
    super::redact::Redactor,
    Media,
    connection::{ConnectionFailure, cause},
    limit::Limiter,
};
use reqwest::{
    Response,
    header::{CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderName, LOCATION, RETRY_AFTER},
};
use serde::de::IgnoredAny;
use std::time::Duration;

/// The maximum size of a response body.
const MAX_BODY: usize = 64 << 20;
/// The maximum length, in bytes, of a header that is kept.
const MAX_HEADER: usize = 512;
/// The maximum length of an address, in bytes.
const MAX_ADDRESS: usize = 8192;
/// The maximum length, in bytes, of a refusal that isn't JSON.
const MAX_TEXT: usize = 4096;
/// The wait after a `Retry-After` header that can't be parsed.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// A response of the portal: a success or a refusal. It may contain personal data, so it doesn't
/// implement `Debug`.
#[derive(Clone, Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON, unless the request [accepts](super::Request::accepts) more. It may be empty for a
    /// success.
    pub body: Vec<u8>,
    /// The media type in lower case, such as `text/plain`, without parameters.
    pub media_type: String,
    /// The version of the object, as the header spells it, with its quotes.
    pub etag: Option<String>,
    /// The address of a created object, or where a redirection leads.
    pub location: Option<String>,
}

/// The reason why a request has no answer.
pub(super) enum NoAnswer {
    /// The request is invalid and was not sent.
    Unsendable(String),
    /// No connection could be established, so the request was not sent.
    NoConnection(ConnectionFailure, String),
    /// The request was sent, and the response is missing or truncated.
    Lost(ConnectionFailure, String),
    /// The request was rejected by a rate limit.
    Throttled { status: u16 },
    /// The portal or a proxy reports an internal error.
    Broken { status: u16 },
    /// The response violates the portal's contract.
    Unreadable(String),
    /// The credentials are not accepted.
    Unauthorized { detail: String },
    /// The credentials lack a permission.
    Forbidden { detail: String },
}

impl NoAnswer {
    pub(super) fn from_sending(error: &reqwest::Error) -> Self {
        // A timeout while connecting is both kinds of error; no connection is the more specific one.
        if error.is_connect() {
            Self::NoConnection(ConnectionFailure::classify(error), cause(error))
        } else if error.is_builder() {
            Self::Unsendable(cause(error))
        } else {
            Self::lost(error)
        }
    }

    fn lost(error: &reqwest::Error) -> Self {
        match ConnectionFailure::classify(error) {
            failure @ ConnectionFailure::Timeout => {
                Self::Lost(failure, "the answer took too long".to_owned())
            }
            failure => {
                let reason = format!("the connection was interrupted: {}", cause(error));
                Self::Lost(failure, reason)
            }
        }
    }

    /// Whether a write certainly changed nothing.
    pub(super) const fn is_unapplied(&self) -> bool {
        match self {
            Self::Unsendable(_)
            | Self::NoConnection(..)
            | Self::Throttled { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. } => true,
            Self::Lost(..) | Self::Broken { .. } | Self::Unreadable(_) => false,
        }
    }

    /// Whether the request can safely be sent again and may then succeed.
    pub(super) const fn is_retryable(&self, is_read: bool) -> bool {
        match self {
            Self::NoConnection(..) | Self::Throttled { .. } => true,
            Self::Lost(..) | Self::Broken { .. } => is_read,
            Self::Unsendable(_)
            | Self::Unreadable(_)
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. } => false,
        }
    }

    pub(super) const fn is_throttling(&self) -> bool {
        matches!(self, Self::Throttled { .. })
    }

    pub(super) fn reason(self) -> String {
        match self {
            Self::Unsendable(reason)
            | Self::NoConnection(_, reason)
            | Self::Lost(_, reason)
            | Self::Unreadable(reason) => reason,
            Self::Throttled { status } | Self::Broken { status } => {
                format!("the answer was {status}")
            }
            Self::Unauthorized { detail } => format!("the answer was 401{detail}"),
            Self::Forbidden { detail } => format!("the answer was 403{detail}"),
        }
    }
}

/// Reads and classifies a response. A `Retry-After` header pauses all requests to the portal.
///
/// Secrets are redacted before any text is truncated for display.
pub(super) async fn receive(
    mut response: Response,
    accepts: Media,
    limiter: &Limiter,
    redactor: &Redactor,
) -> Result<Answer, NoAnswer> {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let retry_after = retry_after(&headers);
    if let (Some(wait), 403 | 429 | 503) = (retry_after, status) {
        limiter.pause(wait);
    }
    let media_type = header(&headers, &CONTENT_TYPE, MAX_HEADER).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default();
    let answer = Answer {
        status,
        body: Vec::new(),
        media_type: media_type.trim().to_ascii_lowercase(),
        etag: header(&headers, &ETAG, MAX_HEADER),
        location: header(&headers, &LOCATION, MAX_ADDRESS),
    };
    let received = read_body(response).await.map(|body| Answer {
        body: redacted(status, body, redactor),
        ..answer.clone()
    });
    let is_throttled = retry_after.is_some() || is_quota_spent(&headers);
    classify(
        answer,
        received,
        accepts,
        retry_after.is_some(),
        is_throttled,
    )
}

/// A header that is visible text of a reasonable length.
fn header(headers: &HeaderMap, name: &HeaderName, most: usize) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (value.len() <= most).then(|| value.to_owned())
}

/// Redacts the body of a refusal. The body of a success stays unchanged, and is never displayed.
fn redacted(status: u16, mut body: Vec<u8>, redactor: &Redactor) -> Vec<u8> {
    if (200..300).contains(&status) {
        return body;
    }
    if let Ok(json) = serde_json::from_slice(&body) {
        return redactor.json(json).to_string().into_bytes();
    }
    body.truncate(MAX_TEXT);
    let text = String::from_utf8_lossy(&body).into_owned();
    redactor.text(text).into_bytes()
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

/// Classifies a response by `head`, which has no body, and by the same with its body.
fn classify(
    head: Answer,
    received: Result<Answer, NoAnswer>,
    accepts: Media,
    has_retry_after: bool,
    is_throttled: bool,
) -> Result<Answer, NoAnswer> {
    let status = head.status;
    let is_html = head.is_html();
    let detail = |received: Result<Answer, NoAnswer>| match received.unwrap_or_default().message() {
        message if message.is_empty() => message,
        message => format!(": {message}"),
    };
    match status {
        401 => Err(NoAnswer::Unauthorized {
            detail: detail(received),
        }),
        429 => Err(NoAnswer::Throttled { status }),
        // Portals and proxies also throttle with a 403. The portal's own 403 is no web page.
        403 if is_html || is_throttled => Err(NoAnswer::Throttled { status }),
        403 => Err(NoAnswer::Forbidden {
            detail: detail(received),
        }),
        503 if has_retry_after => Err(NoAnswer::Throttled { status }),
        408 | 500 | 502..=504 => Err(NoAnswer::Broken { status }),
        // Some portals send no body: the status says that the object has another version.
        412 => Ok(received.unwrap_or(head)),
        200..=299 => match received? {
            answer if answer.body.is_empty() || answer.has_media(accepts) => Ok(answer),
            _ => Err(unexpected(status, is_html, accepts)),
        },
        // The portal has no such request, and did nothing.
        400..=499 | 501 => match received? {
            answer
                if answer.has_media(accepts) && (accepts != Media::Json || answer.has_json()) =>
            {
                Ok(answer)
            }
            _ => Err(unexpected(status, is_html, accepts)),
        },
        300..=399 if accepts == Media::Redirect => Ok(head),
        300..=399 => Err(NoAnswer::Unreadable(format!(
            "it redirects to another address ({status}), to which the credentials must not be sent"
        ))),
        _ => Err(NoAnswer::Unreadable(format!("the status is {status}"))),
    }
}

fn unexpected(status: u16, is_html: bool, accepts: Media) -> NoAnswer {
    let what = if is_html {
        "a web page"
    } else {
        "something else"
    };
    let expected = if accepts == Media::Json {
        "JSON"
    } else {
        "text"
    };
    NoAnswer::Unreadable(format!("it is {what} ({status}), not {expected}"))
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
    /// The body as JSON.
    ///
    /// # Errors
    /// It isn't JSON. The parser's message is dropped: it would quote the answer, which may contain a secret.
    pub fn json(&self) -> Result<serde_json::Value, String> {
        serde_json::from_slice(&self.body).map_err(|_message| "it isn't JSON".to_owned())
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// Whether the media type is text, and not that of a web page.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.media_type.starts_with("text/") && !self.is_html()
    }

    fn is_html(&self) -> bool {
        self.media_type == "text/html"
    }

    fn is_json(&self) -> bool {
        self.media_type == "application/json" || self.media_type.ends_with("+json")
    }

    fn has_media(&self, accepts: Media) -> bool {
        match accepts {
            Media::Json => self.is_json(),
            Media::Text => self.is_json() || self.is_text(),
            Media::Any | Media::Redirect => true,
        }
    }

    fn has_json(&self) -> bool {
        serde_json::from_slice::<IgnoredAny>(&self.body).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::retry_after;
    use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
    use std::time::Duration;

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
