//! The *accounts* of the server: their data, their descendants, and schema checks.

use super::{
    Access,
    answer::{Outcome, Reply},
    ask::Ask,
    collection,
    document::{Doc, public},
    faults::Faults,
    schemas,
    world::{ACCOUNTS, World, hex},
    write::check_match,
};
use serde_json::{Value, json};

impl World {
    pub(super) fn account_itself(&mut self, ask: &Ask, id: &str, rest: &[&str]) -> Outcome {
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
            ("GET", []) => Ok(self.described(id).etag(&account.revision())),
            ("PUT", []) => self.found(ask, id),
            ("PATCH", []) => {
                check_match(ask, &account.revision())?;
                self.edit(ACCOUNTS, ACCOUNTS, id, &public(ask.data()).into());
                let revision = self.account(id).revision();
                Ok(self.described(id).etag(&revision))
            }
            ("GET", ["api_key"]) => {
                let data = json!({"api_key": account.private("pvt_api_key")});
                Ok(Reply::ok(data).etag(&account.revision()))
            }
            ("GET", [which]) => {
                let below = self.live(ACCOUNTS, ACCOUNTS).filter(|other| match *which {
                    "children" => other.texts("pvt_tree").last() == Some(id),
                    _ => other.lists("pvt_tree", id),
                });
                let row = |doc: Doc<'_>| {
                    let Doc { id, fields, .. } = doc;
                    json!({"id": id, "name": fields["name"], "realm": fields["realm"]})
                };
                Ok(Reply::rows(below.map(row).collect()))
            }
            _ => Err(Reply::no_verb()),
        }
    }

    /// Creates an account below another.
    fn found(&mut self, ask: &Ask, parent: &str) -> Outcome {
        let name = ask.required("name")?;
        let realm = ask.text("realm");
        let realm = realm.map_or_else(|| format!("{}.sip.acme.example", &hex()[..6]), Into::into);
        let id = self.make_account(name, &realm, Some(parent));
        let reply = self.described(&id);
        Ok(reply.created(&format!("{}/{id}", ask.path)))
    }

    fn described(&self, id: &str) -> Reply {
        let account = self.account(id);
        let is_root = account.id == self.root;
        let mut data = account.public();
        for (name, value) in [
            ("wnm_allow_additions", is_root.into()),
            ("superduper_admin", is_root.into()),
            ("created", account.time("pvt_created").into()),
            ("reseller_id", Value::from(&*self.root)),
            ("is_reseller", is_root.into()),
            ("billing_mode", "limits_only".into()),
        ] {
            data[name] = value;
        }
        Reply::document(account, data)
    }

    /// Checks a document against its schema without storing it.
    pub(super) fn rehearse(&self, name: &str, ask: &Ask) -> Outcome {
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
