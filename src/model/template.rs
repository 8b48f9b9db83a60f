//! A *template* declares fields that many users share, with attributes for the values that differ.

use super::{
    User,
    text::{Identifier, Line},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{borrow::Cow, collections::BTreeMap};

/// Fields that many users share. Callsheet expands templates itself: changing a template changes each
/// user based on it, and the plan shows those changes.
// S0.40
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Display name; may contain spaces.
    // S0.43
    pub title: Option<Line>,
    /// Attributes that each user of the template has.
    // S0.41, S0.42
    pub attributes: Option<BTreeMap<Identifier, Attribute>>,
    /// Default values for the fields of each user.
    pub user: Option<TemplateUser>,
}

/// One attribute of a template. It has exactly one of `prompt` (each user must set it), `default` (a user
/// may override it) and `value` (it is calculated and can't be set).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["prompt"]}, {"required": ["default"]}, {"required": ["value"]}]))]
pub struct Attribute {
    /// Description of a required value, which each user sets under `with`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Line>,
    /// Default value, which a user may override under `with`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Line>,
    /// Calculated value; may contain placeholders such as `${user.extension}` or `${did}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Line>,
    /// Text format of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<AttributeFormat>,
}

/// Text format of an attribute's value.
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
    /// A phone number in E.164 format.
    E164,
    /// A MAC address.
    Mac,
    /// A mailbox number.
    Mailbox,
    /// A call destination.
    Destination,
}

/// Fields of a user, all optional. A value may contain placeholders: `${did}` is an attribute of the
/// template, `${user.extension}` a field of the user.
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
        relax(
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
            "Fields of a user, all optional. A value may contain placeholders: `${did}` is an attribute of the \
             template, `${user.extension}` a field of the user."
                .into(),
        );
        schema
    }
}

/// Makes every field optional and allows placeholders for scalar values.
fn relax(schema: &mut Map<String, Value>) {
    if schema.contains_key("x-secret") {
        return;
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties
            .values_mut()
            .filter_map(Value::as_object_mut)
            .for_each(relax);
        schema.remove("required");
        return;
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(Value::Object(item)) = schema.get_mut(inner) {
            return relax(item);
        }
    }
    if let Some(Value::Object(patterns)) = schema.get_mut("patternProperties") {
        return patterns
            .values_mut()
            .filter_map(Value::as_object_mut)
            .for_each(relax);
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
