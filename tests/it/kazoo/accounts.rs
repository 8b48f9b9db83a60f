//! The *accounts* of the server: their data, their descendants, and schema checks.

use super::{
    Access,
    answer::{Answered, Reply},
    ask::Ask,
    collection,
    document::{Doc, merge},
    faults::Faults,
    schemas,
    world::{self, Account, World},
    write::{check_match, public},
};
use serde_json::{Value, json};

impl World {
    pub(super) fn account_itself(&mut self, ask: &Ask, id: &str, rest: &[&str]) -> Answered {
        let account = self.account(id);
        let is_allowed = match (self.options.account_access, rest) {
            (Access::None, []) => false,
            (Access::Read, []) => ask.method == "GET",
            (Access::None | Access::Read | Access::Write, _) => true,
        };
        if !is_allowed {
            return Err(Reply::forbidden());
        }
        match (ask.method.as_str(), rest) {
            ("GET", []) => {
                let reply = Reply::ok(self.described(id)).etag(&account.doc.revision);
                Ok(reply)
            }
            ("PUT", []) => self.found(ask, id),
            ("PATCH", []) => {
                check_match(ask, &account.doc.revision)?;
                let mut fields = account.doc.fields.clone();
                merge(&mut fields, &public(ask.data()));
                let doc = &mut self.account_mut(id).doc;
                doc.fields = fields;
                doc.bump();
                let revision = doc.revision.clone();
                Ok(Reply::ok(self.described(id)).etag(&revision))
            }
            ("GET", ["api_key"]) => {
                let data = json!({"api_key": account.api_key});
                Ok(Reply::ok(data).etag(&account.doc.revision))
            }
            ("GET", [which]) => {
                let below = self
                    .accounts
                    .iter()
                    .filter(|(other, account)| match *which {
                        "children" => account.parent.as_deref() == Some(id),
                        _ => *other != id && self.is_below(other, id),
                    });
                let row = |(id, account): (&String, &Account)| {
                    let Doc { fields, .. } = &account.doc;
                    json!({"id": id, "name": fields["name"], "realm": fields["realm"]})
                };
                let rows: Vec<_> = below.map(row).collect();
                let count = rows.len();
                Ok(Reply::ok(rows.into()).etag(&world::hex()).sized(count))
            }
            _ => Err(Reply::no_verb()),
        }
    }

    fn is_below(&self, id: &str, top: &str) -> bool {
        let mut at = Some(id);
        while let Some(id) = at {
            if id == top {
                return true;
            }
            at = self.account(id).parent.as_deref();
        }
        false
    }

    /// Creates an account below another.
    fn found(&mut self, ask: &Ask, parent: &str) -> Answered {
        let data = ask.data();
        let Some(name) = data.get("name").and_then(Value::as_str) else {
            let mut faults = Faults::default();
            faults.required("name", "name");
            faults.check()?;
            return Err(Reply::nowhere());
        };
        let id = world::hex();
        let realm = data.get("realm").and_then(Value::as_str);
        let realm = realm.map_or_else(|| format!("{}.sip.acme.example", &id[..6]), Into::into);
        self.accounts
            .insert(id.clone(), Account::new(name, &realm, Some(parent)));
        let revision = self.account(&id).doc.revision.clone();
        let reply = Reply::ok(self.described(&id)).revision(&revision);
        Ok(reply.created(&format!("{}/{id}", ask.path)))
    }

    fn described(&self, id: &str) -> Value {
        let account = self.account(id);
        let is_root = account.parent.is_none();
        let mut data = account.doc.public(id);
        for (name, value) in [
            ("wnm_allow_additions", is_root.into()),
            ("superduper_admin", is_root.into()),
            ("created", account.doc.created.into()),
            ("reseller_id", Value::from(&*self.root)),
            ("is_reseller", is_root.into()),
            ("billing_mode", "limits_only".into()),
        ] {
            data[name] = value;
        }
        data
    }

    /// Checks a document against its schema without storing it.
    pub(super) fn rehearse(&self, name: &str, ask: &Ask) -> Answered {
        if collection::type_of(name).is_none() {
            return Err(Reply::no_object(name));
        }
        let mut faults = Faults::default();
        let mut value = Value::Object(ask.data());
        let schemas = schemas::own(self.options.dialect);
        schemas.apply(name, &mut value, &[], ".", &mut faults);
        faults.check()?;
        Ok(Reply::ok(value))
    }
}
