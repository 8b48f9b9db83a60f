//! A *shown secret* is what a portal shows of a secret, in a form that can be compared with the secret, and
//! says nothing else about it.

use super::{Capabilities, Live, Name, Secret, SecretOrigin, SecretPlace, State, Value};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::{fmt, sync::OnceLock};

/// What a portal shows of one secret: the secret itself or its digest, hashed with a key that exists only in
/// this process.
#[derive(Clone)]
pub struct ShownSecret {
    /// The field.
    pub path: Vec<Name>,
    digest: [u8; 32],
    shown_as: fn(&str) -> String,
}

impl ShownSecret {
    /// What a portal shows of the secret in a field. `shown_as` says what it shows of a secret.
    #[must_use]
    pub fn new(path: Vec<Name>, shown: &str, shown_as: fn(&str) -> String) -> Self {
        Self {
            path,
            digest: digest(shown),
            shown_as,
        }
    }

    /// Whether it is this secret.
    #[must_use]
    pub fn is(&self, secret: &SecretString) -> bool {
        digest(&(self.shown_as)(secret.expose_secret())) == self.digest
    }
}

impl PartialEq for ShownSecret {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, self.digest) == (&other.path, other.digest)
    }
}

impl Eq for ShownSecret {}

impl fmt::Debug for ShownSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ShownSecret").field(&self.path).finish()
    }
}

fn digest(text: &str) -> [u8; 32] {
    static KEY: OnceLock<[u8; 32]> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let halves = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        let mut key = [0; 32];
        key[..16].copy_from_slice(halves[0].as_bytes());
        key[16..].copy_from_slice(halves[1].as_bytes());
        key
    });
    let mut digest = Sha256::new();
    digest.update(key);
    digest.update(text);
    digest.finalize().into()
}

/// Fills in the versions of secrets that a portal shows. One that is the declared secret has the declared
/// version, and another one has version 0, so it is sent. Where `read` can't read the declared secret, it
/// isn't compared, and nothing is sent.
pub fn compare_secrets(
    live: &mut Live,
    state: &State,
    capabilities: &Capabilities,
    read: &dyn Fn(&SecretOrigin) -> Option<SecretString>,
) {
    for (address, resource) in &state.resources {
        if capabilities.secrets(address.kind) != SecretPlace::Readable {
            continue;
        }
        let key = capabilities.portal_key(address, &resource.fields);
        let listing = live.listings.get_mut(&address.kind);
        let Some(object) = listing.and_then(|listing| listing.objects.get_mut(key)) else {
            continue;
        };
        for shown in &object.shown {
            let declared = resource.fields.at(shown.path.iter().map(|name| &**name));
            let Some(Value::Secret(declared)) = declared else {
                continue;
            };
            let secret = declared.origin.as_ref().and_then(read);
            let is_other = secret.is_some_and(|secret| !shown.is(&secret));
            let version = if is_other { 0 } else { declared.version };
            let secret = Secret {
                origin: None,
                version,
            };
            let secret = Value::Secret(Box::new(secret));
            object.fields.put(&shown.path, Some(secret));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ShownSecret, compare_secrets};
    use crate::model::{
        Address, Capabilities, Fields, Kind, KindCapability, Listing, Live, LiveObject, Resource,
        Secret, SecretOrigin, SecretPlace, State, Value,
    };
    use std::collections::BTreeMap;

    /// The version of a PIN that a portal shows as `shown`, after a comparison with `declared`.
    fn version(shown: &str, declared: Option<&str>) -> u32 {
        let shown = ShownSecret::new(vec!["pin".into()], shown, |pin| format!("#{pin}"));
        assert!(!format!("{shown:?}").contains("0042"));
        let object = LiveObject {
            shown: [shown].into(),
            ..LiveObject::default()
        };
        let listing = Listing {
            objects: BTreeMap::from([("ann".into(), object)]),
            ..Listing::default()
        };
        let mut live = Live {
            listings: BTreeMap::from([(Kind::Users, listing)]),
            ..Live::default()
        };
        let secret = Secret {
            origin: Some(SecretOrigin::Env("PIN".into())),
            version: 3,
        };
        let pin = ("pin".into(), Value::Secret(Box::new(secret)));
        let resource = Resource {
            fields: [pin].into_iter().collect::<Fields>(),
            ..Resource::default()
        };
        let state = State {
            resources: BTreeMap::from([(Address::new(Kind::Users, "ann"), resource)]),
        };
        let users = KindCapability {
            secrets: SecretPlace::Readable,
            ..KindCapability::full(Kind::Users)
        };
        let capabilities = Capabilities {
            actions: &super::super::NO_ACTIONS,
            scopes: &super::super::NO_SCOPES,
            portal: "test",
            kinds: BTreeMap::from([(Kind::Users, users)]),
        };
        let read = |_: &SecretOrigin| declared.map(Into::into);
        compare_secrets(&mut live, &state, &capabilities, &read);
        let ann = live.get(Kind::Users, "ann").unwrap();
        match ann.fields.get("pin") {
            Some(Value::Secret(secret)) => secret.version,
            other => panic!("no secret: {other:?}"),
        }
    }

    #[test]
    fn a_shown_secret_is_compared_where_the_declared_one_can_be_read() {
        assert_eq!(version("#0042", Some("0042")), 3);
        assert_eq!(version("#42", Some("0042")), 0);
        assert_eq!(version("#42", None), 3);
    }
}
