//! A *rule check* finds mistakes that a schema can't: an extension with two owners, an unknown reference.
//!
//! Each check is a function over the declared state and an entry of [`CHECKS`].

mod calendar;
mod calls;
mod emergency;
mod known;
mod lint;
pub mod place;
mod policy;
mod reference;
mod unique;

use crate::{
    config::Config,
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Kind, Origin, Resource, Scopes, State},
    profile::Profile,
    source::{Place, Source, Span},
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The number of resources from which a second thread runs half of the checks.
const PARALLEL_THRESHOLD: usize = 1000;

/// A check.
type Check = fn(&Context<'_>, &mut Report);

/// The checks, in any order.
const CHECKS: &[Check] = &[
    unique::values_are_unique,
    reference::references_exist,
    reference::features_have_their_type,
    reference::absent_is_not_declared,
    reference::previously_is_not_declared,
    reference::scopes_have_no_cycle,
    policy::extensions_match_the_policy,
    policy::waivers_are_current,
    policy::ranges_are_sound,
    policy::extensions_are_in_their_range,
    policy::addresses_are_in_the_domains,
    calendar::time_zones_exist,
    calendar::days_exist,
    calendar::numbers_match_their_state,
    emergency::emergency_is_declared,
    calls::forwarding_has_no_cycle,
    calls::ring_all_has_destinations,
    calls::answering_rules_match_their_action,
    calls::agents_can_serve_queues,
    calls::calls_are_answered,
    calls::calls_end_somewhere,
    known::permissions_are_known,
    known::models_are_known,
    lint::click_to_dial,
    lint::colors_are_unique,
    lint::mailboxes_have_one_owner,
    lint::advanced_settings,
    lint::example_rows,
];

/// Runs all checks.
pub fn check(context: &Context<'_>, report: &mut Report) {
    let run = |checks: &[Check]| {
        let mut found = Report::default();
        checks.iter().for_each(|check| check(context, &mut found));
        found
    };
    if context.state.resources.len() < PARALLEL_THRESHOLD {
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

/// Places in `callsheet.yaml`.
#[derive(Debug, Default)]
pub struct Places {
    /// The place of each address in `absent`.
    absent: BTreeMap<Address, Place>,
    /// The place of each waiver, in order.
    pub waivers: Vec<Place>,
    /// The place of each range of extensions, by its path in the configuration.
    pub ranges: BTreeMap<String, Place>,
}

impl Places {
    fn range(&self, path: &str) -> Place {
        self.ranges.get(path).cloned().unwrap_or_else(unknown_place)
    }
}

impl Extend<(Address, Place)> for Places {
    fn extend<I: IntoIterator<Item = (Address, Place)>>(&mut self, absent: I) {
        self.absent.extend(absent);
    }
}

/// The input of the checks.
pub struct Context<'s> {
    state: &'s State,
    config: &'s Config,
    places: &'s Places,
    today: Date,
    /// The values that must be unique, with their owners; sorted.
    claims: Vec<Claim<'s>>,
    finder: Finder,
}

/// A value that must be unique, and its owner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Claim<'s> {
    space: &'s str,
    value: &'s str,
    address: &'s Address,
}

impl<'s> Context<'s> {
    /// Creates the context for a declared state.
    #[must_use]
    pub fn new(state: &'s State, config: &'s Config, places: &'s Places, today: Date) -> Self {
        // Each space by itself, since its values mostly come in order already.
        let mut spaces: BTreeMap<&str, Vec<Claim<'_>>> = BTreeMap::new();
        let mut claim = |space, value, address| {
            let claim = Claim {
                space,
                value,
                address,
            };
            spaces.entry(space).or_default().push(claim);
        };
        for (address, resource) in &state.resources {
            if address.kind == Kind::Extensions {
                claim("extension", &address.key, address);
            }
            let shape = address.kind.shape();
            shape.claims(&resource.fields, &mut |_, space, value| {
                claim(space, value, address);
            });
        }
        let mut claims = Vec::with_capacity(spaces.values().map(Vec::len).sum());
        for mut of_space in spaces.into_values() {
            of_space.sort_by_key(|claim| (claim.value, claim.address));
            claims.append(&mut of_space);
        }
        Self {
            state,
            config,
            places,
            today,
            claims,
            finder: Finder::default(),
        }
    }

    /// The owner of an extension.
    fn owner_of(&self, extension: &str) -> Option<&'s Address> {
        let key = ("extension", extension);
        let at = self
            .claims
            .partition_point(|claim| (claim.space, claim.value) < key);
        let claim = self.claims.get(at)?;
        ((claim.space, claim.value) == key).then_some(claim.address)
    }

    /// The user at a destination, which may be a key or an extension.
    fn user_at(&self, destination: &str) -> Option<(&'s Address, &'s Resource)> {
        let by_key = Address::new(Kind::Users, destination);
        let found = self.state.resources.get_key_value(&by_key);
        found.or_else(|| {
            let owner = self.owner_of(destination)?;
            (owner.kind == Kind::Users).then(|| self.state.resources.get_key_value(owner))?
        })
    }

    /// Creates a diagnostic at a field of a declared resource.
    fn at(&self, rule: Rule, address: &Address, path: &str, message: String) -> Diagnostic {
        Diagnostic::new(rule, self.place(address, path), message)
    }

    /// Creates a diagnostic at a text within a field of a declared resource.
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
            .map_or_else(unknown_place, |origin| self.finder.of_field(origin, path))
    }

    /// The place of a text within a field of a declared resource.
    fn place_of_text(&self, address: &Address, path: &str, text: &str) -> Place {
        self.origin(address)
            .map_or_else(unknown_place, |origin| of_text(origin, path, text))
    }

    fn origin(&self, address: &Address) -> Option<&'s Origin> {
        self.state
            .get(address)
            .and_then(|resource| resource.origin.as_ref())
    }

    /// What the portal supports, requires and does.
    fn profile(&self) -> &'static Profile {
        self.config.portal.profile()
    }

    /// The scopes that need no declaration.
    fn scopes(&self) -> &'static Scopes {
        &self.profile().scopes
    }

    fn users(&self) -> impl Iterator<Item = (&'s Address, &'s Resource)> {
        self.state.of_kind(Kind::Users)
    }
}

/// The place of a resource, or of a field of it; an unknown one, if the resource isn't from a file.
#[must_use]
pub fn place_of(origin: Option<&Origin>, path: &str) -> Place {
    origin.map_or_else(unknown_place, |origin| match path {
        "" => origin.place(),
        path => of_field(origin, path),
    })
}

/// The place of a resource that isn't from a file.
fn unknown_place() -> Place {
    Place::new(&Source::new("", ""), Span::default())
}

use place::Finder;
pub use place::{of_field, of_text};
pub use policy::{ReadSecret, check_secret};
