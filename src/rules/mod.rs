//! A *rule check* finds what a schema can't: one extension with two owners, a reference to nobody.
//!
//! Each check is a function over the whole state, and a line in [`CHECKS`].

mod calls;
mod lint;
mod place;
mod policy;
mod reference;
mod unique;

use crate::{
    config::Config,
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Kind, Origin, Resource, State},
    source::{Place, Source, Span},
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// From this many resources on, a second thread runs half of the checks.
const MANY: usize = 1000;

/// One check.
type Check = fn(&Context<'_>, &mut Report);

/// Every check, in no order that matters.
const CHECKS: &[Check] = &[
    unique::one_owner_each,
    reference::references_resolve,
    reference::nothing_declared_is_absent,
    reference::scopes_end,
    policy::extensions_have_their_digits,
    policy::waivers_hold,
    calls::forwards_end,
    calls::somebody_rings,
    calls::answering_rules_fit,
    calls::agents_may_serve,
    calls::calls_are_answered,
    lint::click_to_dial,
    lint::colors_differ,
    lint::advanced_settings,
    lint::example_rows,
];

/// Runs every check.
pub fn check(context: &Context<'_>, report: &mut Report) {
    let run = |checks: &[Check]| {
        let mut found = Report::default();
        checks.iter().for_each(|check| check(context, &mut found));
        found
    };
    if context.state.resources.len() < MANY {
        report.extend(run(CHECKS));
        return;
    }
    let (first, second) = CHECKS.split_at(CHECKS.len() / 2);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| run(second));
        report.extend(run(first));
        report.extend(second.join().expect("a check doesn't panic"));
    });
}

/// Where `callsheet.yaml` says what.
#[derive(Debug, Default)]
pub struct Places {
    /// Each address in `absent`.
    absent: BTreeMap<Address, Place>,
    /// Each waiver, in order.
    pub waivers: Vec<Place>,
}

impl Extend<(Address, Place)> for Places {
    fn extend<I: IntoIterator<Item = (Address, Place)>>(&mut self, absent: I) {
        self.absent.extend(absent);
    }
}

/// What the checks look at.
pub struct Context<'s> {
    state: &'s State,
    config: &'s Config,
    places: &'s Places,
    today: Date,
    /// Every value that only one resource may have, with who has it; sorted.
    claims: Vec<Claim<'s>>,
    finder: Finder,
}

/// One value that only one resource may have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Claim<'s> {
    space: &'s str,
    value: &'s str,
    address: &'s Address,
}

impl<'s> Context<'s> {
    /// A context for one state.
    #[must_use]
    pub fn new(state: &'s State, config: &'s Config, places: &'s Places, today: Date) -> Self {
        let mut claims = Vec::new();
        for (address, resource) in &state.resources {
            if address.kind == Kind::Extensions {
                claims.push(Claim {
                    space: "extension",
                    value: &address.key,
                    address,
                });
            }
            address
                .kind
                .shape()
                .claims(&resource.fields, &mut |_, space, value| {
                    claims.push(Claim {
                        space,
                        value,
                        address,
                    });
                });
        }
        claims.sort_unstable();
        Self {
            state,
            config,
            places,
            today,
            claims,
            finder: Finder::default(),
        }
    }

    /// Who has an extension.
    fn holder_of(&self, extension: &str) -> Option<&'s Address> {
        let key = ("extension", extension);
        let at = self
            .claims
            .partition_point(|claim| (claim.space, claim.value) < key);
        let claim = self.claims.get(at)?;
        ((claim.space, claim.value) == key).then_some(claim.address)
    }

    /// The user whom a destination names, by key or by extension.
    fn user_at(&self, destination: &str) -> Option<(&'s Address, &'s Resource)> {
        let by_key = Address::new(Kind::Users, destination);
        let found = self.state.resources.get_key_value(&by_key);
        found.or_else(|| {
            let holder = self.holder_of(destination)?;
            (holder.kind == Kind::Users).then(|| self.state.resources.get_key_value(holder))?
        })
    }

    /// A diagnostic at a field of a declared resource.
    fn at(&self, rule: Rule, address: &Address, path: &str, message: String) -> Diagnostic {
        Diagnostic::new(rule, self.place(address, path), message)
    }

    /// A diagnostic at a text under a field of a declared resource.
    fn at_text(
        &self,
        rule: Rule,
        address: &Address,
        path: &str,
        text: &str,
        message: String,
    ) -> Diagnostic {
        Diagnostic::new(rule, self.place_of_text(address, path, text), message)
    }

    /// The place of a field of a declared resource.
    fn place(&self, address: &Address, path: &str) -> Place {
        self.origin(address)
            .map_or_else(nowhere, |origin| self.finder.of_field(origin, path))
    }

    /// The place of a text under a field of a declared resource.
    fn place_of_text(&self, address: &Address, path: &str, text: &str) -> Place {
        self.origin(address)
            .map_or_else(nowhere, |origin| of_text(origin, path, text))
    }

    fn origin(&self, address: &Address) -> Option<&'s Origin> {
        self.state
            .get(address)
            .and_then(|resource| resource.origin.as_ref())
    }

    fn users(&self) -> impl Iterator<Item = (&'s Address, &'s Resource)> {
        self.state.of_kind(Kind::Users)
    }
}

/// The place of what was read from no file.
fn nowhere() -> Place {
    Place::new(&Source::new("", ""), Span::default())
}

use place::Finder;
pub use place::{of_field, of_text};
