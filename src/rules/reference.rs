//! References between resources: they must name a declared or built-in object.

use super::Context;
use crate::{
    diagnostic::{Report, Rule, did_you_mean},
    model::{Address, Kind, Resource, TYPED_FEATURES, Value},
};

/// Reports references to unknown or absent resources.
pub(super) fn references_exist(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in &context.state.resources {
        let shape = address.kind.shape();
        shape.references(&resource.fields, &mut |path, kinds, text| {
            // Template expansion reports unknown templates.
            let outside = text.starts_with('+') || text.starts_with('*');
            if kinds == [Kind::Templates] || outside && kinds.len() > 1 {
                return;
            }
            // S1.19: without a declared inventory, any number may be the account's.
            if kinds == [Kind::Numbers] && context.state.of_kind(Kind::Numbers).next().is_none() {
                return;
            }
            match resolve(context, kinds, text) {
                Some(target) if context.places.absent.contains_key(&target) => {
                    let message =
                        format!("{address} refers to {target}, which is listed in `absent`");
                    let diagnostic =
                        context.at_text(Rule::ReferenceToAbsent, address, path, text, message);
                    let place = context.places.absent[&target].clone();
                    report.add(diagnostic.related(place, "listed in `absent` here"));
                }
                Some(_) => {}
                None => {
                    let (message, help) = unknown(context, address, kinds, text);
                    report.add(
                        context
                            .at(Rule::UnknownReference, address, path, message)
                            .help(help),
                    );
                }
            }
        });
    }
}

/// Reports features that are extensions of another type.
// S0.18, S0.19
pub(super) fn features_have_their_type(context: &Context<'_>, report: &mut Report) {
    for (address, user) in context.users() {
        for (field, word, noun) in TYPED_FEATURES {
            for path in [vec!["features", field], vec!["seat", "features", field]] {
                let named = user.fields.at(path.iter().copied());
                let named = named.map_or(&[][..], Value::elements);
                for key in named.iter().filter_map(Value::as_text) {
                    let of_type = |resource: &Resource| resource.fields.text("kind") == Some(word);
                    let extensions = || context.state.of_kind(Kind::Extensions);
                    let own = context.state.get(&Address::new(Kind::Extensions, key));
                    // What isn't there at all is reported above.
                    let is_known = own.is_some() || context.owner_of(key).is_some();
                    if !is_known || own.is_some_and(of_type) {
                        continue;
                    }
                    let message = format!("{address} refers to the unknown {noun} `{key}`");
                    let candidates = extensions().filter(|(_, one)| of_type(one));
                    let near = did_you_mean(key, candidates.map(|(address, _)| &*address.key));
                    let help = match (near, own.and_then(|own| own.fields.text("kind"))) {
                        (Some(near), _) => format!("did you mean `{near}`?"),
                        (None, Some(other)) => {
                            format!("extensions/{key} is of the type `{other}`, not `{word}`")
                        }
                        (None, None) => format!("`{key}` is the extension of a user"),
                    };
                    let path = path.join(".");
                    let found =
                        context.at_text(Rule::UnknownReference, address, &path, key, message);
                    report.add(found.help(help));
                }
            }
        }
    }
}

/// The target of a reference. Absent addresses count, for a better message.
fn resolve(context: &Context<'_>, kinds: &[Kind], text: &str) -> Option<Address> {
    let known = |address: &Address| {
        context.state.get(address).is_some() || context.places.absent.contains_key(address)
    };
    let by_key = kinds
        .iter()
        .map(|kind| Address::new(*kind, text))
        .find(known);
    if by_key.is_some() {
        return by_key;
    }
    if kinds.contains(&Kind::Scopes) && context.scopes().get(text).is_some() {
        return Some(Address::new(Kind::Scopes, text));
    }
    if kinds.contains(&Kind::Extensions) {
        return context.owner_of(text).cloned();
    }
    None
}

fn unknown(
    context: &Context<'_>,
    address: &Address,
    kinds: &[Kind],
    text: &str,
) -> (String, String) {
    let nouns: Vec<&str> = kinds.iter().map(|kind| kind.singular()).collect();
    let message = format!(
        "{address} refers to the unknown {} `{text}`",
        nouns.join(" or ")
    );
    let keys = kinds
        .iter()
        .flat_map(|kind| context.state.of_kind(*kind))
        .map(|(address, _)| &*address.key);
    let is_scope = kinds.contains(&Kind::Scopes);
    let built_in = context.scopes().names().filter(|_| is_scope);
    let near = did_you_mean(text, keys.chain(built_in));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if is_scope && !context.profile().has_declared_scopes() => {
            let names: Vec<String> = context
                .scopes()
                .names()
                .map(|name| format!("`{name}`"))
                .collect();
            match names.is_empty() {
                true => "the portal has no scopes; remove `scope`".to_owned(),
                false => format!("the portal's scopes are {}", names.join(", ")),
            }
        }
        None => format!(
            "declare it under `{}:`, or refer to one that is declared",
            kinds[kinds.len() - 1]
        ),
    };
    (message, help)
}

/// Reports resources that are declared and absent, and declared scopes with a built-in name.
pub(super) fn absent_is_not_declared(context: &Context<'_>, report: &mut Report) {
    for (address, place) in &context.places.absent {
        if context.state.get(address).is_some() {
            let message = format!("{address} is declared and listed in `absent`");
            let diagnostic = context.at(Rule::DeclaredAbsent, address, "", message);
            report.add(diagnostic.related(place.clone(), "listed in `absent` here"));
        }
    }
    for (address, _) in context.state.of_kind(Kind::Scopes) {
        if context.scopes().get(&address.key).is_some() {
            let message = format!("`{}` is a built-in scope", address.key);
            let help = format!("choose another name, and set `extends: {}`", address.key);
            report.add(
                context
                    .at(Rule::BuiltInScope, address, "", message)
                    .help(help),
            );
        }
    }
}

/// Reports scopes that extend each other in a cycle.
pub(super) fn scopes_have_no_cycle(context: &Context<'_>, report: &mut Report) {
    for (address, _) in context.state.of_kind(Kind::Scopes) {
        let mut at = address.key.to_string();
        for _ in 0..=context.state.resources.len() {
            let scope = context.state.get(&Address::new(Kind::Scopes, at.as_str()));
            let Some(next) = scope.and_then(|scope| scope.fields.text("extends")) else {
                break;
            };
            if next == &*address.key {
                let message = format!("the scope `{}` extends itself", address.key);
                report.add(context.at(Rule::ScopeCycle, address, "extends", message));
                break;
            }
            next.clone_into(&mut at);
        }
    }
}

/// Reports a `previously` that names a declared resource: it would take that resource's object.
pub(super) fn previously_is_not_declared(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in &context.state.resources {
        let Some(previously) = &resource.previously else {
            continue;
        };
        let previous = Address::new(address.kind, previously.clone());
        let Some(other) = context.state.get(&previous) else {
            continue;
        };
        let message = if previous == *address {
            format!("{address} names its own key in `previously`")
        } else {
            format!("{address} was {previous} before, and {previous} is declared too")
        };
        let diagnostic = context
            .at(Rule::PreviouslyDeclared, address, "previously", message)
            .help(Rule::PreviouslyDeclared.help());
        report.add(match &other.origin {
            Some(origin) if previous != *address => {
                diagnostic.related(origin.place(), "declared here")
            }
            _ => diagnostic,
        });
    }
}
