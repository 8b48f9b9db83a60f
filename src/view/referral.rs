//! A *referral* is that one object refers to another: a queue to its agents, a number to where its calls go.

use super::View;
use crate::{
    model::{Address, Kind},
    rules,
};
use std::collections::BTreeMap;

/// That something refers to an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Referral {
    /// What refers to it: an address, or the portal's words for what is of no kind.
    pub by: String,
    /// The address, if it has one.
    pub address: Option<Address>,
    /// Its name or title.
    pub name: Option<Box<str>>,
    /// The field, or where in the portal's words.
    pub path: Box<str>,
    /// The file and line that declare it.
    pub place: Option<String>,
}

/// Every referral, by what is referred to.
#[derive(Debug, Default)]
pub struct Referrals(BTreeMap<Address, Vec<Referral>>);

impl Referrals {
    /// Collects all of a view.
    #[must_use]
    pub fn of(view: &View<'_>) -> Self {
        let mut found = Self::default();
        for kind in Kind::ALL {
            for (address, object) in view.of_kind(kind) {
                let fields = object.fields();
                let name = ["name", "title"]
                    .into_iter()
                    .find_map(|name| fields.text(name))
                    .filter(|_| kind != Kind::Users);
                let referral = |path: &str, place: Option<String>| Referral {
                    by: address.to_string(),
                    address: Some(address.clone()),
                    name: name.map(Into::into),
                    path: path.into(),
                    place,
                };
                let declared = object.declared.and_then(|one| one.origin.as_ref());
                let mut refer = |path: &str, kinds: &[Kind], text: &str| {
                    let target = view.resolve(kinds, text);
                    let Some(target) = target.filter(|target| *target != address) else {
                        return;
                    };
                    let place = declared.map(|origin| {
                        let place = rules::place::of_text(origin, path, text);
                        format!("{}:{}", place.source.name(), place.start().line)
                    });
                    found.add(target, referral(path, place));
                };
                kind.shape().references(fields, &mut refer);
                // Where the portal has no templates, only the files know who follows one.
                if let Some(one) = object.declared.filter(|_| object.live.is_some()) {
                    kind.shape()
                        .references(&one.fields, &mut |path, kinds, text| {
                            if view.capabilities.is_in_files(kind, path) {
                                refer(path, kinds, text);
                            }
                        });
                }
                let mentions = object.live.map_or(&[][..], |live| &live.mentions);
                for mention in mentions {
                    let target = view.named(mention.address.kind, &mention.address.key);
                    found.add(target, referral(&mention.place, None));
                }
            }
        }
        for referrer in view.live.iter().flat_map(|live| &live.referrers) {
            for mention in &referrer.mentions {
                let target = view.named(mention.address.kind, &mention.address.key);
                let referral = Referral {
                    by: referrer.what.clone(),
                    address: None,
                    name: None,
                    path: mention.place.clone(),
                    place: None,
                };
                found.add(target, referral);
            }
        }
        found
    }

    fn add(&mut self, target: Address, referral: Referral) {
        let known = self.0.entry(target).or_default();
        if !known.contains(&referral) {
            known.push(referral);
        }
    }

    /// Who refers to an object.
    #[must_use]
    pub fn to(&self, address: &Address) -> &[Referral] {
        self.0.get(address).map_or(&[], Vec::as_slice)
    }
}
