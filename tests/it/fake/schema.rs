//! A *schema* is a JSON Schema of a contract, compiled when it is first used: a test uses few of them.

use jsonschema::Validator;
use serde_json::{Value as Json, json};
use std::sync::{Arc, OnceLock};

/// The draft of the schemas in a document that names none.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

pub(crate) struct Schema {
    /// The OpenAPI document, whose components it may refer to.
    document: Arc<Json>,
    pub(crate) source: Json,
    compiled: OnceLock<Validator>,
}

impl Schema {
    pub(crate) fn new(document: &Arc<Json>, source: &Json) -> Self {
        Self {
            document: Arc::clone(document),
            source: source.clone(),
            compiled: OnceLock::new(),
        }
    }

    pub(crate) fn validator(&self) -> &Validator {
        self.compiled.get_or_init(|| {
            let draft = self.document["jsonSchemaDialect"].as_str();
            let root = json!({"$schema": draft.unwrap_or(DRAFT), "allOf": [self.source],
                "components": self.document["components"]});
            let options = jsonschema::options().should_validate_formats(true);
            let built = options.build(&root);
            built.unwrap_or_else(|error| panic!("{error}: {}", self.source))
        })
    }

    /// What a value violates, with its place.
    pub(crate) fn violations(&self, value: &Json) -> Vec<String> {
        let all = self.validator().iter_errors(value);
        all.map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }

    pub(super) fn accepts(&self, value: &Json) -> bool {
        self.validator().is_valid(value)
    }
}
