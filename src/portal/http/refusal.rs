//! A *refusal* is what a portal says about a request that it rejects. Each API has its own format, so the
//! message and the rejected fields are searched for in all the usual places.

use super::{
    super::{Error, Problem},
    Answer, plain,
};
use reqwest::StatusCode;
use serde_json::Value;

/// The maximum number of problems, or of joined messages, from one refusal.
const MAX_PROBLEMS: usize = 20;

/// The names of a message, in the order of preference.
const MESSAGES: [&str; 6] = [
    "detail",
    "title",
    "message",
    "error",
    "error_description",
    "name",
];
/// The names of the lists of rejected fields.
const LISTS: [&str; 2] = ["errors", "details"];
/// The names of a field in such a list.
const FIELDS: [&str; 4] = ["field", "path", "pointer", "attribute"];
/// The names of the message about a field.
const REASONS: [&str; 5] = ["message", "issue", "description", "detail", "msg"];

impl Answer {
    /// Converts a refusal into an error with the portal's message, truncated for display.
    #[must_use]
    pub fn refusal(&self) -> Error {
        match serde_json::from_slice(&self.body) {
            Ok(json) => self.refused(&message(&json), problems(&json)),
            Err(_not_json) => self.refused(&self.text(), Vec::new()),
        }
    }

    /// Converts a refusal into an error, with the message and the problems that `read` finds in the JSON.
    #[must_use]
    pub fn refusal_by(&self, read: impl FnOnce(&Value) -> (String, Vec<Problem>)) -> Error {
        let json = serde_json::from_slice(&self.body).unwrap_or_default();
        let (message, problems) = read(&json);
        self.refused(&message, problems)
    }

    /// The portal's message, truncated for display; empty if there is none.
    pub fn message(&self) -> String {
        let json = serde_json::from_slice(&self.body);
        plain(&json.map_or_else(|_not_json| self.text(), |json| message(&json)))
    }

    /// The body of a text answer. A web page is never displayed.
    fn text(&self) -> String {
        if self.is_text() {
            String::from_utf8_lossy(&self.body).trim().to_owned()
        } else {
            String::new()
        }
    }

    /// The status, where nothing else is said: `the status is 501 Not Implemented`.
    fn status_in_words(&self) -> String {
        match StatusCode::from_u16(self.status) {
            Ok(status) => format!("the status is {status}"),
            Err(_) => format!("the status is {}", self.status),
        }
    }

    fn refused(&self, message: &str, problems: Vec<Problem>) -> Error {
        let problems = problems.into_iter().take(MAX_PROBLEMS);
        Error::Refused {
            status: self.status,
            detail: match plain(message) {
                detail if detail.is_empty() => self.status_in_words(),
                detail => detail,
            },
            problems: problems
                .map(|problem| Problem {
                    field: plain(&problem.field),
                    code: plain(&problem.code),
                    message: plain(&problem.message),
                })
                .collect(),
        }
    }
}

/// The message of a refusal; empty if there is none.
fn message(json: &Value) -> String {
    let Value::Object(_) = json else {
        return text(json).unwrap_or_default();
    };
    let inner = &json["error"];
    let found = first_text(json, &MESSAGES).or_else(|| first_text(inner, &MESSAGES));
    let mut message = found.unwrap_or_default();
    // SCIM's and OAuth's codes and ALLOcloud's details say more than the message alone.
    for more in [
        &json["scimType"],
        &json["error_description"],
        &inner["details"],
    ] {
        match more.as_str() {
            Some(more) if message.is_empty() => message = more.to_owned(),
            Some(more) if !more.is_empty() && !message.contains(more) => {
                message = format!("{message}: {more}");
            }
            _ => {}
        }
    }
    message
}

/// The rejected fields. A list contains objects or texts; an object contains texts by field.
fn problems(json: &Value) -> Vec<Problem> {
    let lists = [json, &json["error"]];
    let lists = lists.iter().flat_map(|json| LISTS.map(|name| &json[name]));
    let mut found = Vec::new();
    for list in lists {
        match list {
            Value::Array(list) => found.extend(list.iter().take(MAX_PROBLEMS).filter_map(problem)),
            Value::Object(fields) => {
                let fields = fields.iter().take(MAX_PROBLEMS);
                found.extend(fields.filter_map(|(field, reason)| {
                    let message = text(reason).or_else(|| first_text(reason, &REASONS))?;
                    Some(Problem {
                        field: field.clone(),
                        code: String::new(),
                        message,
                    })
                }));
            }
            _ => {}
        }
    }
    found
}

fn problem(item: &Value) -> Option<Problem> {
    let field = first_text(item, &FIELDS).unwrap_or_default();
    let message = text(item).or_else(|| first_text(item, &REASONS));
    let message = message.unwrap_or_default();
    let code = item["code"].as_str().unwrap_or_default().to_owned();
    let is_empty = field.is_empty() && message.is_empty();
    (!is_empty).then_some(Problem {
        field,
        code,
        message,
    })
}

fn first_text(json: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| text(json.get(name)?))
}

/// A text, or a list of texts joined.
fn text(json: &Value) -> Option<String> {
    let text = match json {
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let texts = list.iter().take(MAX_PROBLEMS).filter_map(|item| {
                let text = item.as_str().map(str::to_owned);
                text.or_else(|| first_text(item, &REASONS))
            });
            texts.collect::<Vec<_>>().join("; ")
        }
        _ => String::new(),
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{super::super::Error, Answer};
    use serde_json::{Value, json};

    fn refusal(body: &str, media_type: &str) -> String {
        let answer = Answer {
            status: 409,
            body: body.as_bytes().to_vec(),
            media_type: media_type.to_owned(),
            ..Answer::default()
        };
        let error = answer.refusal().to_string();
        error
            .strip_prefix("the portal refused: ")
            .unwrap()
            .to_owned()
    }

    #[test]
    fn the_message_and_the_fields_are_found_in_each_format() {
        let cases: Vec<(Value, &str)> = vec![
            // RFC 9457, with both kinds of fields that portals add
            (
                json!({"title": "Invalid", "detail": "Two fields", "errors": [
                    {"field": "email", "message": "is no address"}, {"pointer": "/age", "detail": "must be a number"}]}),
                "Two fields; email: is no address; /age: must be a number",
            ),
            (
                json!({"title": "Gone fishing", "errors": null}),
                "Gone fishing",
            ),
            // a list of texts
            (
                json!([
                    "Input Error - mac: [not a MAC]",
                    "Resource Error - Line taken"
                ]),
                "Input Error - mac: [not a MAC]; Resource Error - Line taken",
            ),
            // details with fields, under both names of the message
            (
                json!({"error": "The request is invalid.", "error_code": 17, "details": [
                    {"field": "pin", "issue": "too short"}, {"field": "email", "issue": "taken"}]}),
                "The request is invalid.; pin: too short; email: taken",
            ),
            (
                json!({"name": "VALIDATION_ERROR", "message": "Nope.", "details": [
                    {"field": "role", "location": "body", "issue": "unknown role"}]}),
                "Nope.; role: unknown role",
            ),
            // an inner object
            (
                json!({"error": {"type": "conflict", "message": "Number in use", "details": "by callflow 7"}}),
                "Number in use: by callflow 7",
            ),
            // messages by field
            (
                json!({"title": {"en": "Bad"}, "errors": {"Name": ["is required", "is short"], "Age": "is odd", "x": {"code": 1}}}),
                "the status is 409 Conflict; Name: is required; is short; Age: is odd",
            ),
            (
                json!({"code": 409, "message": "Duplicate user"}),
                "Duplicate user",
            ),
            // SCIM
            (
                json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409",
                    "scimType": "uniqueness", "detail": "One or more values are in use"}),
                "One or more values are in use: uniqueness",
            ),
            (json!({"scimType": "noTarget", "status": 400}), "noTarget"),
            // OAuth
            (
                json!({"error": "invalid_grant", "error_description": "Wrong password"}),
                "invalid_grant: Wrong password",
            ),
            (
                json!({"message": ["a must be text", "b is missing"], "error": "Bad Request"}),
                "a must be text; b is missing",
            ),
            (json!({"name": "TooMany"}), "TooMany"),
            (
                json!({"detail": "", "errors": ["first", {"code": 3}]}),
                "the status is 409 Conflict; first",
            ),
            (json!("no"), "no"),
            (json!(null), "the status is 409 Conflict"),
            (json!(7), "the status is 409 Conflict"),
        ];
        for (body, expected) in cases {
            assert_eq!(
                refusal(&body.to_string(), "application/json"),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn a_text_is_shown_but_not_a_web_page() {
        assert_eq!(
            refusal("No Route Found [92]\n", "text/plain"),
            "No Route Found [92]"
        );
        assert_eq!(
            refusal("<h1>Gateway</h1>", "text/html"),
            "the status is 409 Conflict"
        );
        assert_eq!(refusal("", "text/plain"), "the status is 409 Conflict");
    }

    #[test]
    fn sizes_are_bounded_and_control_characters_removed() {
        let many: Vec<Value> = (0..50)
            .map(|_| json!({"field": "f\u{1b}[2J", "message": "x".repeat(500)}))
            .collect();
        let answer = Answer {
            status: 422,
            body: json!({"detail": "y\r\n".repeat(200), "errors": many})
                .to_string()
                .into_bytes(),
            ..Answer::default()
        };
        let Error::Refused {
            detail, problems, ..
        } = answer.refusal()
        else {
            panic!("a refusal");
        };
        assert_eq!(detail, "y".repeat(200));
        assert_eq!(problems.len(), 20);
        assert_eq!(problems[0].field, "f[2J");
        assert_eq!(problems[0].message.chars().count(), 300);
        let list = json!(vec!["word"; 500]).to_string();
        assert!(refusal(&list, "application/json").len() < 300);
    }
}
