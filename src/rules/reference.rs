//! Every reference names something that is declared, or that the portal has from the start.

use super::Context;
use crate::{
    diagnostic::{Report, Rule, did_you_mean},
    model::{Address, BuiltInScope, Kind},
};

/// Every reference resolves.
pub(super) fn references_resolve(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in &context.state.resources {
        let shape = address.kind.shape();
        shape.references(&resource.fields, &mut |path, kinds, text| {
            // An unknown template was reported where it should have been expanded.
            let outside = text.starts_with('+') || text.starts_with('*');
            if kinds == [Kind::Templates] || outside && kinds.len() > 1 {
                return;
            }
            match resolve(context, kinds, text) {
                Some(target) if context.places.absent.contains_key(&target) => {
                    let message = format!("{address} refers to {target}, which must not exist");
                    let diagnostic =
                        context.at_text(Rule::ReferenceToAbsent, address, path, text, message);
                    let place = context.places.absent[&target].clone();
                    report.add(diagnostic.related(place, "said to be absent here"));
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

/// What a reference names; an absent address counts as named, so that the message can say so.
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
    if kinds.contains(&Kind::Scopes) && BuiltInScope::named(text).is_some() {
        return Some(Address::new(Kind::Scopes, text));
    }
    if kinds.contains(&Kind::Extensions) {
        return context.holder_of(text).cloned();
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
        "{address} refers to `{text}`, and there is no such {}",
        nouns.join(" or ")
    );
    let keys = kinds
        .iter()
        .flat_map(|kind| context.state.of_kind(*kind))
        .map(|(address, _)| &*address.key);
    let built_in = crate::model::BUILT_IN_SCOPES.iter().map(|scope| scope.name);
    let built_in = built_in.filter(|_| kinds.contains(&Kind::Scopes));
    let near = did_you_mean(text, keys.chain(built_in));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "declare it under `{}:`, or refer to one that is declared",
            kinds[kinds.len() - 1]
        ),
    };
    (message, help)
}

/// Nothing is both declared and absent, and no scope of the portal's own is declared.
pub(super) fn nothing_declared_is_absent(context: &Context<'_>, report: &mut Report) {
    for (address, place) in &context.places.absent {
        if context.state.get(address).is_some() {
            let message = format!("{address} must not exist, and is declared");
            let diagnostic = context.at(Rule::DeclaredAbsent, address, "", message);
            report.add(diagnostic.related(place.clone(), "said to be absent here"));
        }
    }
    for (address, _) in context.state.of_kind(Kind::Scopes) {
        if BuiltInScope::named(&address.key).is_some() {
            let message = format!("`{}` is one of the portal's own scopes", address.key);
            let help = format!("choose another name, and say `extends: {}`", address.key);
            report.add(
                context
                    .at(Rule::BuiltInScope, address, "", message)
                    .help(help),
            );
        }
    }
}

/// Following `extends` comes to an end.
pub(super) fn scopes_end(context: &Context<'_>, report: &mut Report) {
    for (address, _) in context.state.of_kind(Kind::Scopes) {
        let mut at = address.key.to_string();
        for _ in 0..=context.state.resources.len() {
            let scope = context.state.get(&Address::new(Kind::Scopes, at.as_str()));
            let Some(next) = scope.and_then(|scope| scope.fields.text("extends")) else {
                break;
            };
            if next == &*address.key {
                let message = format!("the scope `{}` extends itself", address.key);
                report.add(context.at(Rule::ScopeCircle, address, "extends", message));
                break;
            }
            next.clone_into(&mut at);
        }
    }
}
