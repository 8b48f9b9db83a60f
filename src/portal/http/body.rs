//! A *body* is the content of a request in one of the formats that portals accept.

use form_urlencoded::Serializer;
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The body of a request. It may contain secrets, so it doesn't implement `Debug`.
#[derive(Clone)]
pub struct Body {
    /// The media type.
    pub media_type: Cow<'static, str>,
    /// The encoded content.
    pub content: Vec<u8>,
}

/// One part of a multipart body.
pub struct Part<'p> {
    /// The name of the form field.
    pub name: &'p str,
    /// The name and the media type of the file, if the part is a file.
    pub file: Option<(&'p str, &'p str)>,
    /// The content.
    pub content: &'p [u8],
}

impl Body {
    /// A JSON body.
    #[must_use]
    pub fn json(json: &impl Serialize) -> Self {
        Self::json_as("application/json", json)
    }

    /// A JSON body with a more specific media type, such as `application/scim+json`.
    ///
    /// # Panics
    /// A map in `json` has keys that aren't strings.
    #[must_use]
    pub fn json_as(media_type: &'static str, json: &impl Serialize) -> Self {
        Self {
            media_type: media_type.into(),
            content: serde_json::to_vec(json).expect("its keys are strings, so it serializes"),
        }
    }

    /// A text body.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self {
            media_type: "text/plain; charset=utf-8".into(),
            content: text.into(),
        }
    }

    /// The body of an HTML form.
    #[must_use]
    pub fn form(fields: &[(&str, &str)]) -> Self {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(fields);
        Self {
            media_type: "application/x-www-form-urlencoded".into(),
            content: form.finish().into(),
        }
    }

    /// The body of an HTML form with the fields of a JSON object, in the format that could also contain files.
    #[must_use]
    pub fn form_data(fields: &Map<String, Value>) -> Self {
        let texts = fields.values().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let texts: Vec<String> = texts.collect();
        let parts = fields.keys().zip(&texts).map(|(name, text)| Part {
            name,
            file: None,
            content: text.as_bytes(),
        });
        Self::multipart(&parts.collect::<Vec<_>>())
    }

    /// The body of an HTML form with files. The boundary occurs in no part.
    #[must_use]
    pub fn multipart(parts: &[Part<'_>]) -> Self {
        let boundary = boundary(parts);
        let mut content = Vec::new();
        for part in parts {
            let name = quoted(part.name);
            let head = match part.file {
                None => format!("name=\"{name}\""),
                Some((file, media_type)) => format!(
                    "name=\"{name}\"; filename=\"{}\"\r\nContent-Type: {}",
                    quoted(file),
                    quoted(media_type)
                ),
            };
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            content.extend_from_slice(head.as_bytes());
            content.extend_from_slice(part.content);
            content.extend_from_slice(b"\r\n");
        }
        content.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Self {
            media_type: format!("multipart/form-data; boundary={boundary}").into(),
            content,
        }
    }
}

/// The first numbered boundary that occurs in no part.
fn boundary(parts: &[Part<'_>]) -> String {
    let is_in_part = |boundary: &str| {
        let boundary = boundary.as_bytes();
        let mut windows = parts
            .iter()
            .flat_map(|part| part.content.windows(boundary.len()));
        windows.any(|window| window == boundary)
    };
    // The names of parts are quoted, so only contents can contain a boundary at the start of a line.
    let mut boundaries = (0_u64..).map(|number| format!("callsheet-{number}-boundary"));
    boundaries
        .find(|boundary| !is_in_part(boundary))
        .unwrap_or_default() // unreachable: the contents are finite
}

/// Escapes text in a header of a part, as browsers do.
fn quoted(text: &str) -> String {
    text.replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use super::{Body, Part};
    use serde_json::json;

    fn text(body: &Body) -> &str {
        std::str::from_utf8(&body.content).unwrap()
    }

    #[test]
    fn each_format_is_encoded_with_its_media_type() {
        let body = Body::json_as("application/scim+json", &json!({"a": [1, "ä"]}));
        assert_eq!(
            (&*body.media_type, text(&body)),
            ("application/scim+json", r#"{"a":[1,"ä"]}"#)
        );
        assert_eq!(Body::json(&json!({})).media_type, "application/json");
        let body = Body::form(&[("grant_type", "password"), ("user", "a&b=c ü")]);
        assert_eq!(body.media_type, "application/x-www-form-urlencoded");
        assert_eq!(text(&body), "grant_type=password&user=a%26b%3Dc+%C3%BC");
        let body = Body::text("Action: Ping\r\n");
        assert_eq!(body.media_type, "text/plain; charset=utf-8");
        assert_eq!(text(&body), "Action: Ping\r\n");
    }

    #[test]
    fn a_json_object_becomes_a_form() {
        let fields = json!({"name": "Room: 1", "limit": 9, "on": true});
        let body = Body::form_data(fields.as_object().unwrap());
        let part = |name, value| {
            format!(
                "--callsheet-0-boundary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
        };
        let parts = [
            part("name", "Room: 1"),
            part("limit", "9"),
            part("on", "true"),
        ];
        assert_eq!(text(&body), parts.concat() + "--callsheet-0-boundary--\r\n");
    }

    #[test]
    fn a_multipart_boundary_occurs_in_no_part() {
        let hostile = "x\r\n--callsheet-0-boundary--\r\ncallsheet-1-boundary";
        let parts = [
            Part {
                name: "name\"\r\nX: y",
                file: None,
                content: hostile.as_bytes(),
            },
            Part {
                name: "media",
                file: Some(("hello.wav", "audio/wav")),
                content: b"RIFF",
            },
        ];
        let body = Body::multipart(&parts);
        assert_eq!(
            body.media_type,
            "multipart/form-data; boundary=callsheet-2-boundary"
        );
        let expected = format!(
            "--callsheet-2-boundary\r\n\
             Content-Disposition: form-data; name=\"name%22%0D%0AX: y\"\r\n\r\n\
             {hostile}\r\n\
             --callsheet-2-boundary\r\n\
             Content-Disposition: form-data; name=\"media\"; filename=\"hello.wav\"\r\n\
             Content-Type: audio/wav\r\n\r\n\
             RIFF\r\n\
             --callsheet-2-boundary--\r\n"
        );
        assert_eq!(text(&body), expected);
    }
}
