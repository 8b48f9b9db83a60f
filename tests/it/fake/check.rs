//! *Checks* of a request against the document: its token, its parameters and its body.

use super::{
    Asked,
    document::{Operation, Parameter},
    form::{multipart, urlencoded},
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What is wrong with a request: the status, and words for the test.
pub(super) type Fault = (u16, String);

/// The body of a request that violates nothing.
pub(super) fn checked(
    operation: &Operation,
    values: &BTreeMap<&str, String>,
    asked: &Asked,
    tokens: &[&str],
) -> Result<Json, Fault> {
    let is_known = |token: &str| tokens.is_empty() || tokens.contains(&token);
    if !operation.is_open && !asked.token().is_some_and(is_known) {
        return Err((401, "no valid token".to_owned()));
    }
    for parameter in &operation.parameters {
        let value = match &*parameter.place {
            "path" => values.get(&*parameter.name).map(String::as_str),
            "query" => asked.parameter(&parameter.name),
            "header" => asked.header(&parameter.name),
            _ => continue,
        };
        check_parameter(parameter, value)?;
    }
    body(operation, asked)
}

fn check_parameter(parameter: &Parameter, value: Option<&str>) -> Result<(), Fault> {
    let Parameter {
        name,
        place: _,
        is_required,
        schema,
    } = parameter;
    let Some(value) = value else {
        return match is_required {
            true => Err((400, format!("{name} is missing"))),
            false => Ok(()),
        };
    };
    // A parameter is text, and stands for a number or a truth value where that is meant.
    let read = serde_json::from_str::<Json>(value).ok();
    let read = read.filter(|read| read.is_number() || read.is_boolean());
    let is_valid = schema.accepts(&value.into()) || read.is_some_and(|read| schema.accepts(&read));
    match is_valid {
        true => Ok(()),
        false => Err((400, format!("{name}: {value}"))),
    }
}

fn body(operation: &Operation, asked: &Asked) -> Result<Json, Fault> {
    if operation.bodies.is_empty() || asked.raw.is_empty() {
        return match operation.needs_body {
            true => Err((400, "there is no body".to_owned())),
            false => Ok(Json::Null),
        };
    }
    let media = asked.media();
    let mut known = operation.bodies.iter();
    let Some((known, schema)) = known.find(|(known, _)| media.starts_with(known.as_str())) else {
        return Err((415, format!("{media} isn't understood")));
    };
    let body = match known.as_str() {
        "application/x-www-form-urlencoded" => {
            urlencoded(&String::from_utf8_lossy(&asked.raw)).into()
        }
        "multipart/form-data" => multipart(media, &asked.raw).into(),
        _ => serde_json::from_slice(&asked.raw).map_err(|error| (400, error.to_string()))?,
    };
    let violations = schema.violations(&body);
    match violations.is_empty() {
        true => Ok(body),
        false => Err((400, violations.join("; "))),
    }
}
