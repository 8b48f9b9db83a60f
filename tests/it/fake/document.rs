//! A *document* is an OpenAPI 3 document as routes, operations and schemas.

use super::{Answered, form::decoded, schema::Schema};
use serde_json::Value as Json;
use std::{collections::BTreeMap, sync::Arc};

pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) is_required: bool,
    pub(super) schema: Schema,
}

/// An answer in the document: its schema and its example.
pub(super) struct Answer {
    pub(super) schema: Option<Schema>,
    pub(super) example: Json,
}

pub(super) struct Operation {
    pub(super) is_open: bool,
    pub(super) parameters: Vec<Parameter>,
    /// The schemas of the body by media type.
    pub(super) bodies: Vec<(String, Schema)>,
    pub(super) needs_body: bool,
    pub(super) answers: BTreeMap<u16, Answer>,
}

impl Operation {
    /// The first status of a success, of those that are preferred if the document has one.
    pub(super) fn success(&self, preferred: &[u16]) -> u16 {
        let known = preferred
            .iter()
            .find(|status| self.answers.contains_key(status));
        let mut all = self.answers.keys().copied();
        let first = all.find(|status| (200..300).contains(status));
        known.copied().or(first).unwrap_or(200)
    }

    /// How an answer violates the schema of its status.
    pub(super) fn lies(&self, answered: &Answered) -> Vec<String> {
        let known = self.answers.get(&answered.status);
        let schema = known.and_then(|answer| answer.schema.as_ref());
        let schema = schema.filter(|_| !answered.body.is_null());
        schema.map_or_else(Vec::new, |schema| schema.violations(&answered.body))
    }

    pub(super) fn example(&self, status: u16) -> Json {
        let answer = self.answers.get(&status);
        answer.map_or(Json::Null, |answer| answer.example.clone())
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Literal(String),
    Parameter(String),
}

pub(super) struct Route {
    pub(super) template: String,
    pub(super) parts: Vec<Part>,
    pub(super) operations: BTreeMap<String, Operation>,
}

pub(super) struct Document {
    pub(super) routes: Vec<Route>,
}

impl Document {
    pub(super) fn read(document: Json) -> Self {
        let document = Arc::new(document);
        let paths = document["paths"].as_object().into_iter().flatten();
        let routes = paths.map(|(template, item)| Route {
            template: template.clone(),
            parts: parts(template),
            operations: operations(&document, item),
        });
        let mut routes: Vec<Route> = routes.collect();
        // A literal is meant before a parameter.
        routes.sort_by(|one, other| one.parts.cmp(&other.parts));
        Self { routes }
    }

    /// The route of a path, and the values of its parameters.
    pub(super) fn find(&self, path: &str) -> Option<(&Route, BTreeMap<&str, String>)> {
        let segments = path.trim_matches('/').split('/');
        let segments: Vec<String> = segments.map(|segment| decoded(segment, false)).collect();
        self.routes.iter().find_map(|route| {
            let mut values = BTreeMap::new();
            let mut pairs = route.parts.iter().zip(&segments);
            let fits = pairs.all(|(part, segment)| match part {
                Part::Literal(word) => word == segment,
                Part::Parameter(name) => {
                    values.insert(&**name, segment.clone());
                    !segment.is_empty()
                }
            });
            (fits && route.parts.len() == segments.len()).then_some((route, values))
        })
    }

    /// The route of an object in the collection of a route, and the parameter that names it.
    pub(super) fn item_below(&self, route: &Route) -> Option<(&Route, &str)> {
        let count = route.parts.len();
        self.routes
            .iter()
            .find_map(|item| match item.parts.get(count..) {
                Some([Part::Parameter(name)]) if is_same(&item.parts[..count], &route.parts) => {
                    Some((item, &**name))
                }
                _ => None,
            })
    }

    /// The route of the collection that contains the object of a route.
    pub(super) fn collection_above(&self, item: &Route) -> Option<&Route> {
        let (Part::Parameter(_), above) = item.parts.split_last()? else {
            return None;
        };
        let mut routes = self.routes.iter();
        routes.find(|route| route.parts.len() == above.len() && is_same(&route.parts, above))
    }
}

/// Whether two paths are the same but for the names of their parameters.
fn is_same(one: &[Part], other: &[Part]) -> bool {
    let mut pairs = one.iter().zip(other);
    pairs.all(|(one, other)| {
        one == other || matches!((one, other), (Part::Parameter(_), Part::Parameter(_)))
    })
}

fn parts(template: &str) -> Vec<Part> {
    let segments = template.trim_matches('/').split('/');
    let part = |segment: &str| match segment.strip_prefix('{') {
        Some(name) => Part::Parameter(name.trim_end_matches('}').to_owned()),
        None => Part::Literal(segment.to_owned()),
    };
    segments.map(part).collect()
}

/// Follows references.
fn resolved<'d>(document: &'d Json, at: &'d Json) -> &'d Json {
    match at["$ref"].as_str() {
        None => at,
        Some(target) => {
            let target = document.pointer(target.trim_start_matches('#'));
            resolved(document, target.expect("a reference leads somewhere"))
        }
    }
}

fn operations(document: &Arc<Json>, item: &Json) -> BTreeMap<String, Operation> {
    let verbs = ["get", "put", "post", "patch", "delete"];
    let known = verbs.into_iter().filter(|verb| item.get(verb).is_some());
    known
        .map(|verb| (verb.to_uppercase(), operation(document, item, &item[verb])))
        .collect()
}

fn operation(document: &Arc<Json>, item: &Json, operation: &Json) -> Operation {
    let lists = [&item["parameters"], &operation["parameters"]];
    let parameters = lists.into_iter().filter_map(Json::as_array).flatten();
    let parameters = parameters.map(|parameter| {
        let parameter = resolved(document, parameter);
        let text = |name: &str| parameter[name].as_str().unwrap_or_default().to_owned();
        Parameter {
            name: text("name"),
            place: text("in"),
            is_required: parameter["required"] == true,
            schema: Schema::new(document, &parameter["schema"]),
        }
    });
    let body = resolved(document, &operation["requestBody"]);
    let bodies = body["content"].as_object().into_iter().flatten();
    let answers = operation["responses"].as_object().into_iter().flatten();
    let answers = answers.filter_map(|(status, answer)| {
        let content = resolved(document, answer)["content"].as_object();
        let media = content.and_then(|content| content.values().next());
        let example = media.and_then(|media| {
            let named = || media["examples"].as_object()?.values().next()?.get("value");
            media.get("example").or_else(named).cloned()
        });
        let schema = media.and_then(|media| media.get("schema"));
        let answer = Answer {
            schema: schema.map(|schema| Schema::new(document, schema)),
            example: example.unwrap_or_default(),
        };
        Some((status.parse().ok()?, answer))
    });
    let security = operation.get("security").unwrap_or(&document["security"]);
    Operation {
        is_open: security.as_array().is_none_or(Vec::is_empty),
        parameters: parameters.collect(),
        bodies: bodies
            .map(|(media, body)| (media.clone(), Schema::new(document, &body["schema"])))
            .collect(),
        needs_body: body["required"] == true,
        answers: answers.collect(),
    }
}
