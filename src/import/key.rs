//! The *key* of an object that its portal knows by something that is no key, such as the name of a contact.

use crate::model::{Address, Kind, Live, State, text::key_of};
use std::{borrow::Cow, collections::BTreeSet};

/// The objects and the selection, with keys that files can contain. The portal still knows an object by the
/// same value, which is one of its fields.
pub(super) fn with_keys<'l>(
    live: &'l Live,
    selected: &BTreeSet<Address>,
    declared: &State,
) -> (Cow<'l, Live>, BTreeSet<Address>) {
    let (mut live, mut keyed) = (Cow::Borrowed(live), BTreeSet::new());
    for address in selected {
        let kind = address.kind;
        let key = key_of(&address.key);
        // A user's key is also the login name, unless another is declared.
        if kind == Kind::Users
            || kind.key_format().accepts(&address.key)
            || !kind.key_format().accepts(&key)
        {
            keyed.insert(address.clone());
            continue;
        }
        let is_free = |key: &String| {
            let address = Address::new(kind, key.as_str());
            live.get(kind, key).is_none() && declared.get(&address).is_none()
        };
        let numbered = (2..).map(|number| format!("{key}-{number}"));
        let free = std::iter::once(key.clone()).chain(numbered).find(is_free);
        let new = Address::new(kind, free.unwrap_or(key));
        let listing = live.to_mut().listings.get_mut(&kind);
        if let Some(listing) = listing
            && let Some(object) = listing.objects.remove(&address.key)
        {
            listing.objects.insert(new.key.clone(), object);
        }
        keyed.insert(new);
    }
    (live, keyed)
}

#[cfg(test)]
mod tests {
    use super::with_keys;
    use crate::model::{Address, Kind, Live, LiveObject, State};
    use std::collections::BTreeSet;

    #[test]
    fn names_become_keys_that_are_free() {
        let mut live = Live::default();
        let names = ["Fire Brigade", "Fire-brigade", "sales", "???"];
        let objects = &mut live.listings.entry(Kind::Contacts).or_default().objects;
        objects.extend(names.map(|name| {
            (
                name.into(),
                LiveObject {
                    id: name.into(),
                    ..LiveObject::default()
                },
            )
        }));
        let selected = names.map(|name| Address::new(Kind::Contacts, name)).into();
        let (keyed, addresses) = with_keys(&live, &selected, &State::default());
        let keys: BTreeSet<&str> = addresses.iter().map(|address| &*address.key).collect();
        assert_eq!(
            keys,
            ["???", "fire-brigade", "fire-brigade-2", "sales"].into()
        );
        let id = |key| &*keyed.get(Kind::Contacts, key).unwrap().id;
        assert_eq!(
            (id("fire-brigade"), id("fire-brigade-2"), id("sales")),
            ("Fire Brigade", "Fire-brigade", "sales")
        );
    }
}
