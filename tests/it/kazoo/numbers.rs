//! A *phone number* of an account. Numbers are listed as an object, with keys without the plus sign.

use super::{
    answer::{Outcome, Reply},
    ask::Ask,
    document::{Doc, made, texts},
    world::{World, hex},
};
use crate::fake::{decoded, merge};
use serde_json::{Map, Value, json};

const FEATURES: [&str; 4] = ["carrier_name", "force_outbound", "prepend", "ringback"];

/// The number in a path. 4.x decodes it twice, so that a plus sign becomes a space and the number isn't
/// found.
fn named(text: &str) -> Option<String> {
    let text = decoded(text, true);
    let digits = text.strip_prefix('+').unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match digits.len() {
        10 => format!("+1{digits}"),
        _ => format!("+{digits}"),
    })
}

/// Where the numbers of an account are.
fn database(account: &str) -> String {
    format!("{account}/phone_numbers")
}

impl World {
    pub(super) fn add_number(&mut self, account: &str, number: &str, fields: Value) {
        let mut kept = Map::new();
        merge(&mut kept, fields.as_object().expect("an object"));
        self.keep(&database(account), number, made("phone_numbers", kept));
    }

    /// A number as it is returned.
    fn number<'w>(&'w self, account: &str, number: &'w str, state: &str) -> (Doc<'w>, Value) {
        let database = database(account);
        let doc = self
            .doc(&database, number)
            .expect("a number that was found");
        let created = doc.time("pvt_created");
        let mut data = doc.public();
        data["features"] = json!(["local"]);
        data["state"] = state.into();
        data["_read_only"] = json!({"created": created, "modified": created, "state": state,
            "features": {"available": FEATURES, "settings": {}}, "carrier_module": "local"});
        (doc, data)
    }

    pub(super) fn phone_numbers(&mut self, ask: &Ask, account: &str, rest: &[&str]) -> Outcome {
        match (ask.method.as_str(), rest) {
            ("GET", []) => Ok(self.number_list(ask, account)),
            ("PUT", ["collection"]) => {
                let mut success = json!({});
                for number in texts(ask.raw_data().get("numbers")) {
                    let number = named(number.trim_start_matches('+')).unwrap_or_default();
                    self.add_number(account, &number, json!({}));
                    success[&number] = self.number(account, &number, "in_service").1;
                }
                let mut reply = Reply::ok(json!({"success": success}));
                reply.status = 201;
                Ok(reply)
            }
            (_, [] | ["collection"]) => Err(Reply::no_verb()),
            (verb, [text]) => {
                let number = named(text).unwrap_or_default();
                let database = database(account);
                let known = self.doc(&database, &number);
                let (is_known, known) = (known.is_some(), known.map(|doc| doc.fields.clone()));
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
                        let mut fields = known.unwrap_or_default();
                        if verb == "POST" {
                            fields.retain(|name, _| name.starts_with("pvt_"));
                        }
                        merge(&mut fields, &data);
                        self.keep(&database, &number, fields);
                    }
                    "DELETE" => state = "deleted",
                    _ => return Err(Reply::no_verb()),
                }
                if verb != "GET" && verb != "DELETE" {
                    self.judge(ask, "phone_numbers", &data, true);
                }
                let (doc, data) = self.number(account, &number, state);
                reply.data = data.clone();
                reply.tell(doc, data);
                if verb == "DELETE" {
                    self.store.remove(&format!("/{database}/{number}"));
                }
                Ok(reply)
            }
            _ => Err(Reply::nowhere()),
        }
    }

    fn number_list(&self, ask: &Ask, account: &str) -> Reply {
        let mut numbers = Map::new();
        for (number, object) in self.store.all(&format!("/{}", database(account))) {
            let created = &object.fields["pvt_created"];
            let mut row = json!({
                "state": "in_service", "features": ["local"], "features_allowed": [],
                "features_denied": [], "assigned_to": account, "created": created,
                "updated": created, "features_available": FEATURES,
            });
            let mut callflows = self.live(account, "callflows");
            if callflows.any(|doc| doc.lists("numbers", number)) {
                row["used_by"] = "callflow".into();
            }
            numbers.insert(number.to_owned(), row);
        }
        let count = numbers.len();
        let data = json!({"numbers": numbers, "cascade_quantity": 0});
        let mut reply = Reply::ok(data).etag(&hex());
        if ask.parameter("paginate") != Some("false") {
            reply = reply.sized(count);
        }
        reply
    }
}

fn not_found() -> Reply {
    let data = json!({"message": "bad identifier", "not_found": "There is no such number"});
    Reply::error(404, "bad_identifier", data)
}
