//! A *phone number* of an account. Numbers are listed as an object, with keys without the plus sign.

use super::{
    answer::{Answered, Reply},
    ask::{Ask, decoded},
    document::merge,
    world::{self, World},
};
use serde_json::{Map, Value, json};

const FEATURES: [&str; 4] = ["carrier_name", "force_outbound", "prepend", "ringback"];

/// The number in a path. 4.x decodes it twice, so that a plus sign becomes a space and the number isn't
/// found.
fn named(text: &str) -> Option<String> {
    let text = decoded(&text.replace('+', " "));
    let digits = text.strip_prefix('+').unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match digits.len() {
        10 => format!("+1{digits}"),
        _ => format!("+{digits}"),
    })
}

impl World {
    pub(super) fn add_number(&mut self, account: &str, number: &str, fields: Value) {
        let now = world::gregorian();
        let mut kept = Map::new();
        merge(&mut kept, fields.as_object().expect("an object"));
        kept.insert("pvt_created".into(), now.into());
        self.account_mut(account)
            .numbers
            .insert(number.to_owned(), kept);
    }

    fn number(&self, account: &str, number: &str, state: &str) -> Option<Value> {
        let fields = self.account(account).numbers.get(number)?;
        let mut data = fields.clone();
        let created = data.shift_remove("pvt_created");
        let rest = json!({
            "id": number, "features": ["local"], "state": state,
            "_read_only": {"created": created, "modified": created, "state": state,
                "features": {"available": FEATURES, "settings": {}}, "carrier_module": "local"},
        });
        data.extend(rest.as_object().expect("an object").clone());
        Some(data.into())
    }

    pub(super) fn phone_numbers(&mut self, ask: &Ask, account: &str, rest: &[&str]) -> Answered {
        match (ask.method.as_str(), rest) {
            ("GET", []) => Ok(self.number_list(ask, account)),
            ("PUT", ["collection"]) => {
                let data = ask.data();
                let numbers = data.get("numbers").and_then(Value::as_array);
                let mut success = json!({});
                for number in numbers.into_iter().flatten().filter_map(Value::as_str) {
                    let number = named(number.trim_start_matches('+')).unwrap_or_default();
                    self.add_number(account, &number, json!({}));
                    success[&number] = self.number(account, &number, "in_service").into();
                }
                let mut reply = Reply::ok(json!({"success": success}));
                reply.status = 201;
                Ok(reply)
            }
            (_, [] | ["collection"]) => Err(Reply::no_verb()),
            (verb, [text]) => {
                let number = named(text).unwrap_or_default();
                let is_known = self.account(account).numbers.contains_key(&number);
                let data = ask.data();
                let mut reply = Reply::ok(Value::Null);
                let mut state = "in_service";
                match verb {
                    "PUT" if number.is_empty() || is_known => return Err(not_found()),
                    "PUT" => {
                        self.add_number(account, &number, data.clone().into());
                        reply.status = 201;
                    }
                    _ if !is_known => return Err(not_found()),
                    "GET" => {}
                    "POST" | "PATCH" => {
                        let known = self.account_mut(account).numbers.get_mut(&number);
                        let known = known.expect("a number that is known");
                        if verb == "POST" {
                            known.retain(|name, _| name == "pvt_created");
                        }
                        merge(known, &data);
                    }
                    "DELETE" => state = "deleted",
                    _ => return Err(Reply::no_verb()),
                }
                if verb != "GET" && verb != "DELETE" {
                    self.judge(ask, "phone_numbers", &data, true);
                }
                reply.data = self.number(account, &number, state).into();
                if verb == "DELETE" {
                    self.account_mut(account).numbers.remove(&number);
                }
                Ok(reply)
            }
            _ => Err(Reply::nowhere()),
        }
    }

    fn number_list(&self, ask: &Ask, account: &str) -> Reply {
        let known = self.account(account);
        let mut numbers = Map::new();
        for (number, fields) in &known.numbers {
            let created = &fields["pvt_created"];
            let mut row = json!({
                "state": "in_service", "features": ["local"], "features_allowed": [],
                "features_denied": [], "assigned_to": account, "created": created,
                "updated": created, "features_available": FEATURES,
            });
            let mut callflows = known.live("callflows");
            let number_value = Value::from(number.as_str());
            if callflows.any(|(_, doc)| {
                doc.fields
                    .get("numbers")
                    .and_then(Value::as_array)
                    .is_some_and(|numbers| numbers.contains(&number_value))
            }) {
                row["used_by"] = "callflow".into();
            }
            numbers.insert(number.clone(), row);
        }
        let count = numbers.len();
        let data = json!({"numbers": numbers, "cascade_quantity": 0});
        let mut reply = Reply::ok(data).etag(&world::hex());
        if ask.asks("paginate") != Some("false") {
            reply = reply.sized(count);
        }
        reply
    }
}

fn not_found() -> Reply {
    let data = json!({"message": "bad identifier", "not_found": "There is no such number"});
    Reply::error(404, "bad_identifier", data)
}
