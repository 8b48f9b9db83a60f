//! A *template* is what many users have in common, with the attributes in which they differ.

use super::{
    User,
    text::{Identifier, Line},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{borrow::Cow, collections::BTreeMap};

/// What many users have in common (S0.40). It is expanded here, not by the portal: a changed template
/// changes every user that is built from it, and the plan shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What people call it; may hold spaces (S0.43).
    pub title: Option<Line>,
    /// What a user of this template is asked for, may say, or is given (S0.41, S0.42).
    pub attributes: Option<BTreeMap<Identifier, Attribute>>,
    /// The fields that its users get unless they declare their own.
    pub user: Option<TemplateUser>,
}

/// One attribute of a template. Exactly one of `prompt` (the user must give it), `default` (the user
/// may give it) and `value` (it is calculated; the user can't give it).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["prompt"]}, {"required": ["default"]}, {"required": ["value"]}]))]
pub struct Attribute {
    /// The question that the user's `with` must answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Line>,
    /// The answer unless the user's `with` gives another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Line>,
    /// The answer, which may be made from others: `${user.extension}`, `${did}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Line>,
    /// The text format that an answer must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<AttributeFormat>,
}

/// The text format of an attribute's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum AttributeFormat {
    /// One line of text.
    Line,
    /// An e-mail address.
    Email,
    /// An extension: 2 to 15 digits.
    Extension,
    /// A phone number in E.164.
    E164,
    /// A MAC address.
    Mac,
    /// A mailbox number.
    Mailbox,
    /// Where a call can go.
    Destination,
}

/// Fields of a user, none of them required, any of them with `${…}` in its place: `${did}` is an
/// attribute, `${user.extension}` a field of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TemplateUser(pub Map<String, Value>);

impl JsonSchema for TemplateUser {
    fn schema_name() -> Cow<'static, str> {
        "TemplateUser".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let inline = SchemaSettings::draft2020_12().with(|to| to.inline_subschemas = true);
        let mut schema = inline.into_generator().into_root_schema_for::<User>();
        schema.remove("$schema");
        schema.remove("title");
        loosen(
            schema
                .as_object_mut()
                .expect("a struct's schema is an object"),
        );
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        let properties = properties.expect("a struct has properties");
        for own in ["username", "template", "with"] {
            properties.remove(own);
        }
        schema.insert(
            "description".into(),
            "Fields of a user, none of them required, any of them with `${…}` in its place: `${did}` is \
             an attribute, `${user.extension}` a field of the user."
                .into(),
        );
        schema
    }
}

/// Requires nothing, and lets a placeholder stand for every value that isn't a record or a list.
fn loosen(schema: &mut Map<String, Value>) {
    if schema.contains_key("x-secret") {
        return;
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties
            .values_mut()
            .filter_map(Value::as_object_mut)
            .for_each(loosen);
        schema.remove("required");
        return;
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(Value::Object(item)) = schema.get_mut(inner) {
            return loosen(item);
        }
    }
    if let Some(Value::Object(patterns)) = schema.get_mut("patternProperties") {
        return patterns
            .values_mut()
            .filter_map(Value::as_object_mut)
            .for_each(loosen);
    }
    let mut strict = std::mem::take(schema);
    for shared in ["description", "default"] {
        if let Some(value) = strict.remove(shared) {
            schema.insert(shared.into(), value);
        }
    }
    let placeholder = json!({ "type": "string", "pattern": r"\$\{", "x-placeholder": true });
    schema.insert("anyOf".into(), json!([strict, placeholder]));
}
