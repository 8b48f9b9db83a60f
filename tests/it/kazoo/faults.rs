//! *Faults* are the validation errors of a body by field and rule.

use super::answer::Reply;
use serde_json::{Map, Value, json};

#[derive(Default)]
pub(super) struct Faults(Map<String, Value>);

impl Faults {
    /// A violated rule.
    pub(super) fn add(&mut self, field: &str, rule: &str, details: Value) {
        let rules = self.0.entry(field).or_insert_with(|| json!({}));
        rules[rule] = details;
    }

    pub(super) fn required(&mut self, field: &str, value: Value) {
        let details = json!({"message": "This must be there", "value": value});
        self.add(field, "required", details);
    }

    pub(super) fn check(self) -> Result<(), Reply> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Reply::invalid(self.0))
    }

    /// The reply where nothing is wrong but that a field is missing.
    pub(super) fn lacking(field: &str, value: Value) -> Reply {
        let mut faults = Self::default();
        faults.required(field, value);
        Reply::invalid(faults.0)
    }

    /// The reply for one fault.
    pub(super) fn one(field: &str, rule: &str, details: Value) -> Reply {
        let mut faults = Self::default();
        faults.add(field, rule, details);
        Reply::invalid(faults.0)
    }
}
