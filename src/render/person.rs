//! A *person* is who an operation is about, in words: the name and the number that people know, not the key.

use crate::{
    model::Fields,
    plan::{Action, Operation},
};

/// The name and the extension of a resource: `Pia Adams · 1015`; none if it has neither. What is deleted, or
/// has no name afterwards, has the name that it had.
pub(super) fn name(operation: &Operation) -> Option<String> {
    let before = operation.object.as_ref().map(|object| &object.fields);
    let fields = match operation.action {
        Action::Delete => before?,
        _ => &operation.target,
    };
    let known = |fields: &Fields| {
        let parts = [
            full_name(fields),
            fields.text("extension").map(str::to_owned),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    };
    known(fields).or_else(|| before.and_then(known))
}

/// The first and last name of a person, or the name of a thing.
fn full_name(fields: &Fields) -> Option<String> {
    let person: Vec<&str> = ["first_name", "last_name"]
        .iter()
        .filter_map(|name| fields.text(name))
        .collect();
    if person.is_empty() {
        let name = fields.text("name").or_else(|| fields.text("title"));
        name.map(str::to_owned)
    } else {
        Some(person.join(" "))
    }
}

/// Who or what is deleted: name, extension, scope and voicemail messages, as far as the object has them.
pub(super) fn deleted(operation: &Operation) -> Option<String> {
    let object = operation
        .object
        .as_ref()
        .filter(|_| operation.is_removal())?;
    let messages = (object.messages > 0)
        .then(|| super::labels::counted(object.messages as usize, "voicemail"));
    let fields = &object.fields;
    let scope = fields.text("scope").map(str::to_owned);
    let extension = fields.text("extension").map(str::to_owned);
    let words: Vec<String> = [full_name(fields), extension, scope, messages]
        .into_iter()
        .flatten()
        .collect();
    (!words.is_empty()).then(|| words.join(" · "))
}
