//! Our *own documents* of portals, in `fixtures`, are no inventions: where the published one is at hand, it has
//! everything that ours has, and ours allows nothing that it forbids.

use super::{
    contracts::read,
    document::{Answer, Document, Operation},
    shape::Shape,
};
use crate::contracts::fixture;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// The portals with a document of ours.
const PORTALS: [&str; 2] = ["ivy", "netsapiens"];

#[test]
fn our_documents_are_no_inventions() {
    for portal in PORTALS {
        if let Some(published) = read(&format!("{portal}/openapi-prism.json")) {
            let own = fixture(&format!("{portal}/openapi.yaml"));
            assert_eq!(objections(&own, &published), [""; 0], "{portal}");
        }
    }
}

/// A fake returns the examples, and so does Prism.
#[test]
fn our_examples_are_what_our_documents_say() {
    for portal in PORTALS {
        let document = Document::read(fixture(&format!("{portal}/openapi.yaml")));
        for route in &document.routes {
            for (method, operation) in &route.operations {
                for (status, answer) in &operation.answers {
                    let schema = answer.schema.as_ref().filter(|_| !answer.example.is_null());
                    let told = schema.map(|schema| schema.violations(&answer.example));
                    let place = format!("{method} {}, {status}", route.template);
                    assert_eq!(told.unwrap_or_default(), [""; 0], "{place}");
                }
            }
        }
    }
}

/// What our document has that the published one lacks, and where ours is laxer.
fn objections(own: &Json, published: &Json) -> Vec<String> {
    let [ours, theirs] = [own, published].map(|document| Document::read(document.clone()));
    let comparison = Comparison { own, published };
    let mut told = Vec::new();
    for route in &ours.routes {
        let mut published = theirs.routes.iter();
        let same = published.find(|one| one.template == route.template);
        for (method, operation) in &route.operations {
            let place = format!("{method} {}", route.template);
            told.extend(match same.and_then(|same| same.operations.get(method)) {
                Some(published) => comparison.of_operations(&place, operation, published),
                None => vec![format!("{place} isn't published")],
            });
        }
    }
    told
}

/// Our document and the published one, which are compared part by part.
struct Comparison<'d> {
    own: &'d Json,
    published: &'d Json,
}

impl Comparison<'_> {
    fn of_operations(&self, place: &str, ours: &Operation, theirs: &Operation) -> Vec<String> {
        let mut told = Vec::new();
        let mut compare = |what: &str, own: &Json, published: Option<&Json>| {
            let place = format!("{place}, {what}");
            told.extend(match published {
                Some(published) => self.of_schemas(&place, own, published),
                None => vec![format!("{place} isn't published")],
            });
        };
        for one in &ours.parameters {
            let mut all = theirs.parameters.iter();
            let same = all.find(|other| (&other.name, &other.place) == (&one.name, &one.place));
            compare(
                &one.name,
                &one.schema.source,
                same.map(|same| &same.schema.source),
            );
        }
        for (media, schema) in &ours.bodies {
            let mut all = theirs.bodies.iter();
            let same = all.find(|(other, _)| other == media);
            compare(
                media,
                &schema.source,
                same.map(|(_, schema)| &schema.source),
            );
        }
        for (status, answer) in &ours.answers {
            let same = theirs.answers.get(status).map(schema_of);
            compare(&status.to_string(), schema_of(answer), same);
        }
        let missing = &required(theirs) - &required(ours);
        let missing = missing.iter();
        told.extend(missing.map(|what| format!("{place} does without {what}")));
        told
    }

    /// Each alternative of ours is compared with the published one that is closest to it.
    fn of_schemas(&self, place: &str, own: &Json, published: &Json) -> Vec<String> {
        let theirs = Shape::all(self.published, published);
        let closest = |ours: &Shape<'_>| {
            let all = theirs.iter();
            let each = all.map(|theirs| self.of_shapes(place, ours, theirs));
            each.min_by_key(Vec::len).unwrap_or_default()
        };
        Shape::all(self.own, own).iter().flat_map(closest).collect()
    }

    fn of_shapes(&self, place: &str, ours: &Shape<'_>, theirs: &Shape<'_>) -> Vec<String> {
        let mut told = Vec::new();
        let Shape {
            types,
            properties,
            required,
            is_closed,
            items,
            limits,
        } = theirs;
        let is_of_type =
            |kind: &str| types.contains(kind) || kind == "integer" && types.contains("number");
        // What is one of some values needs no type.
        let is_any = ours.types.is_empty() && !ours.limits.contains_key("enum");
        if !types.is_empty() && (is_any || !ours.types.iter().all(|kind| is_of_type(kind))) {
            told.push(format!("{place} is {:?} instead of {types:?}", ours.types));
        }
        if *is_closed && !ours.is_closed {
            told.push(format!("{place} allows any property"));
        }
        let missing = required - &ours.required;
        told.extend(
            missing
                .iter()
                .map(|name| format!("{place} does without {name}")),
        );
        for (keyword, limit) in limits {
            let is_kept = match (ours.limits.get(keyword), limit) {
                (Some(Json::Array(own)), Json::Array(all)) => {
                    own.iter().all(|one| all.contains(one))
                }
                (own, limit) => own == Some(limit),
            };
            if !is_kept {
                told.push(format!("{place} has another {keyword}"));
            }
        }
        for (name, own) in &ours.properties {
            let place = format!("{place}, {name}");
            told.extend(match properties.get(name) {
                Some(published) => self.of_schemas(&place, own, published),
                None => vec![format!("{place} isn't published")],
            });
        }
        if let Some(published) = items {
            let own = ours.items.unwrap_or(&Json::Null);
            told.extend(self.of_schemas(&format!("{place}[]"), own, published));
        }
        told
    }
}

/// What an answer must be: anything, if the document doesn't say.
fn schema_of(answer: &Answer) -> &Json {
    let schema = answer.schema.as_ref();
    schema.map_or(&Json::Null, |schema| &schema.source)
}

/// What a request must have.
fn required(operation: &Operation) -> BTreeSet<String> {
    let parameters = operation.parameters.iter();
    let parameters = parameters.filter(|one| one.is_required);
    let body = operation.needs_body.then(|| "a body".to_owned());
    let token = (!operation.is_open).then(|| "a token".to_owned());
    let names = parameters.map(|one| one.name.clone());
    names.chain(body).chain(token).collect()
}

/// A document is no invention beside itself, and each change of it that invents or allows something is found.
#[test]
fn each_invention_is_found() {
    let published = fixture("openapi/telephony.yaml");
    assert_eq!(objections(&published, &published), [""; 0]);
    for (place, value, expected) in [
        (
            "/paths/~1faxes",
            json!({"get": {}}),
            "GET /faxes isn't published",
        ),
        (
            "/paths/~1people/delete",
            json!({}),
            "DELETE /people isn't published",
        ),
        (
            "/paths/~1people/get/security",
            json!([]),
            "GET /people does without a token",
        ),
        (
            "/components/requestBodies/Person/required",
            json!(false),
            "POST /people does without a body",
        ),
        (
            "/components/parameters/Page/name",
            json!("number"),
            "GET /people, number isn't published",
        ),
        (
            "/components/parameters/Size/schema/maximum",
            json!(1000),
            "GET /people, size has another maximum",
        ),
        (
            "/components/schemas/NewPerson/required",
            json!(["login"]),
            "POST /people, application/json does without name",
        ),
        (
            "/components/schemas/NewPerson/additionalProperties",
            json!(true),
            "POST /people, application/json allows any property",
        ),
        (
            "/components/schemas/NewPerson/properties/age",
            json!({}),
            "POST /people, application/json, age isn't published",
        ),
        (
            "/components/schemas/NewPerson/properties/pin/pattern",
            json!("."),
            "POST /people, application/json, pin has another pattern",
        ),
        (
            "/components/schemas/NewPerson/properties/email",
            json!({"format": "email"}),
            "POST /people, application/json, email is {} instead of {\"string\"}",
        ),
        (
            "/components/schemas/Phone/properties/model/enum",
            json!(["tin", "wood"]),
            "GET /people/{login}/phones, 200[], model has another enum",
        ),
        (
            "/components/schemas/Person/properties/since",
            json!({"type": ["integer", "null"]}),
            "GET /people, 200, people[], since is {\"integer\", \"null\"} instead of {\"integer\"}",
        ),
        (
            "/paths/~1people~1{login}/delete/responses/410",
            json!({}),
            "DELETE /people/{login}, 410 isn't published",
        ),
    ] {
        let mut own = published.clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        let name = name.replace("~1", "/");
        own.pointer_mut(parent).unwrap()[&*name] = value;
        let told = objections(&own, &published);
        assert!(told.contains(&expected.to_owned()), "{place}: {told:?}");
    }
}
