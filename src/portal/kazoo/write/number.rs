//! A *number* is brought among the numbers of the callflow that it is to lead to, and out of the one
//! that it led to.

use super::Writer;
use crate::portal::{
    Error, Written,
    kazoo::{doc::Doc, flow::Names as _, tenant::Collection::Callflows},
};
use serde_json::{Value, json};

impl Writer<'_> {
    /// Lets a number lead somewhere else, or nowhere. It leaves its old place first: no two callflows
    /// can have it.
    pub(super) async fn number(self) -> Result<Written, Error> {
        let number = &*self.write.address.key;
        let before = self.object().map_or(number, |object| object.key);
        let from = self.index(|index| index.callflow_id(before).map(str::to_owned));
        let to = match self.wanted_text("destination") {
            _ if self.is_delete() => None,
            None => return Err(self.refuse("destination", "a number must lead somewhere")),
            Some(destination) => {
                let found = self.index(|index| {
                    let person = index.user_id(destination);
                    let own = person.and_then(|user| Some(index.callflow_of(user)?.0));
                    own.or_else(|| index.callflow_id(destination))
                        .map(str::to_owned)
                });
                let missing = || {
                    let reason = format!(
                        "nothing leads to {destination} yet, which has no extension; apply again once it has"
                    );
                    self.refuse("destination", &reason)
                };
                Some(found.ok_or_else(missing)?)
            }
        };
        if let Some(from) = &from
            && (Some(from) != to.as_ref() || before != number)
        {
            let leave = |doc: &mut Doc| {
                if let Some(Value::Array(numbers)) = doc.get_mut("numbers") {
                    numbers.retain(|one| one != before);
                    if numbers.is_empty() && is_unreachable(doc) {
                        doc.insert("numbers".to_owned(), json!([parked(from)]));
                    }
                }
                Ok(())
            };
            self.edit_shared(Callflows, from, &leave).await?;
        }
        let Some(to) = to else {
            return Ok(self.written(Callflows, &from.unwrap_or_default()));
        };
        let arrive = |doc: &mut Doc| {
            let numbers = doc.entry("numbers").or_insert_with(|| json!([]));
            if let Value::Array(numbers) = numbers
                && !numbers.iter().any(|one| one == number)
            {
                numbers.push(number.into());
            }
            Ok(())
        };
        self.edit_shared(Callflows, &to, &arrive).await?;
        Ok(Written {
            id: format!("{to}/{number}").into(),
            etag: None,
        })
    }
}

/// Whether no pattern leads to a callflow either.
fn is_unreachable(callflow: &Doc) -> bool {
    let patterns = callflow.get("patterns").and_then(Value::as_array);
    patterns.is_none_or(Vec::is_empty)
}

/// What stands in for the number of a callflow that has none: it must have one, and nobody can dial this.
pub(super) fn parked(id: &str) -> String {
    let short: String = id.chars().take(12).collect();
    format!("parked-{short}")
}
