//! A *number* is added to the callflow of its destination and removed from the callflow of its previous
//! one.

use super::Writer;
use crate::portal::{Error, Written, kazoo::collection::Collection::Callflows, rest::Doc};
use serde_json::{Value, json};

impl Writer<'_> {
    /// Moves a number to another destination, or removes it. It is removed from the old callflow first,
    /// since numbers must be unique.
    pub(super) async fn number(self) -> Result<Written, Error> {
        let number = &*self.write.address.key;
        let before = self.object().map_or(number, |object| object.key);
        let from = self.account(|account| account.callflow_id(before).map(str::to_owned));
        let to = match self.target_text("destination") {
            _ if self.is_delete() => None,
            None => return Err(self.refuse("destination", "a number needs a destination")),
            Some(destination) => {
                let found = self.account(|account| {
                    let person = account.user_id(destination);
                    let own = person.and_then(|user| Some(account.callflow_of(user)?.0));
                    own.or_else(|| account.callflow_id(destination))
                        .map(str::to_owned)
                });
                let missing = || {
                    let reason = format!(
                        "{destination} has no callflow yet, because it has no extension; apply again once it has one"
                    );
                    self.refuse("destination", &reason)
                };
                Some(found.ok_or_else(missing)?)
            }
        };
        if let Some(from) = &from
            && (Some(from) != to.as_ref() || before != number)
        {
            let remove = |doc: &mut Doc| {
                if let Some(Value::Array(numbers)) = doc.get_mut("numbers") {
                    numbers.retain(|one| one != before);
                    if numbers.is_empty() && is_unreachable(doc) {
                        doc.insert("numbers".to_owned(), json!([placeholder_number(from)]));
                    }
                }
                Ok(())
            };
            self.edit_shared(Callflows, from, &remove).await?;
        }
        let Some(to) = to else {
            return Ok(self.written(Callflows, &from.unwrap_or_default()));
        };
        let add = |doc: &mut Doc| {
            let numbers = doc.entry("numbers").or_insert_with(|| json!([]));
            if let Value::Array(numbers) = numbers
                && !numbers.iter().any(|one| one == number)
            {
                numbers.push(number.into());
            }
            Ok(())
        };
        self.edit_shared(Callflows, &to, &add).await?;
        Ok(Written {
            id: format!("{to}/{number}").into(),
            etag: None,
        })
    }
}

/// Whether a callflow without numbers has no patterns either.
fn is_unreachable(callflow: &Doc) -> bool {
    let patterns = callflow.get("patterns").and_then(Value::as_array);
    patterns.is_none_or(Vec::is_empty)
}

/// The placeholder for a callflow without numbers, which Kazoo doesn't allow. It can't be dialled.
pub(super) fn placeholder_number(id: &str) -> String {
    let short: String = id.chars().take(12).collect();
    format!("parked-{short}")
}
