//! Where calls go: that they arrive somewhere, and that those who are to take them may.

use super::Context;
use crate::{
    diagnostic::{Report, Rule},
    model::{Address, BuiltInScope, Fields, Kind, Value},
};

/// Forwarding leads to somebody, not round in a circle (S1.38). Only users who forward every call to
/// one destination pass a call on for certain.
pub(super) fn forwards_end(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let mut at = (address, resource);
        for _ in 0..context.state.resources.len() {
            let Some(next) = forwards_to(&at.1.fields).and_then(|text| context.user_at(text))
            else {
                break;
            };
            if next.0 == address {
                let message = format!("calls to {address} are forwarded in a circle");
                report.add(context.at(
                    Rule::ForwardCircle,
                    address,
                    "forwarding.destinations",
                    message,
                ));
                break;
            }
            if next.0 == at.0 {
                break; // somebody else's circle, reported there
            }
            at = next;
        }
    }
}

/// Where all calls of a user go, if it is to one destination.
fn forwards_to(fields: &Fields) -> Option<&str> {
    let enabled = fields
        .at(["forwarding", "enabled"])
        .and_then(Value::as_bool)
        == Some(true);
    let destinations = fields.at(["forwarding", "destinations"])?.elements();
    match destinations {
        [only] if enabled => only.as_text(),
        _ => None,
    }
}

/// Ringing all destinations needs some (S1.39).
pub(super) fn somebody_rings(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let fields = &resource.fields;
        let ring_all = fields
            .at(["forwarding", "ring_all"])
            .and_then(Value::as_bool)
            == Some(true);
        let none = fields
            .at(["forwarding", "destinations"])
            .is_none_or(|list| list.elements().is_empty());
        if ring_all && none {
            let message = format!("{address} rings all destinations, and there are none");
            report.add(context.at(Rule::RingAllNobody, address, "forwarding.ring_all", message));
        }
    }
}

/// An answering rule has destinations if its action needs them, and only then.
pub(super) fn answering_rules_fit(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let rules = resource
            .fields
            .get("answering_rules")
            .map_or(&[][..], Value::elements);
        for (index, rule) in rules.iter().enumerate() {
            let Some(rule) = rule.as_map() else { continue };
            let action = rule.text("action").unwrap_or_default();
            let needs = matches!(action, "forward" | "simultaneous_ring");
            let has = rule
                .get("destinations")
                .is_some_and(|list| !list.elements().is_empty());
            if needs != has {
                let name = rule.text("name").unwrap_or_default();
                let fault = if needs {
                    "needs destinations"
                } else {
                    "takes no destinations"
                };
                let message =
                    format!("{address}: `{action}` in the answering rule `{name}` {fault}");
                let path = format!("answering_rules[{index}].action");
                report.add(context.at(Rule::AnsweringDestinations, address, &path, message));
            }
        }
    }
}

/// The agents of a queue have a scope that lets them serve it (S2.16).
pub(super) fn agents_may_serve(context: &Context<'_>, report: &mut Report) {
    if !context.config.portal.kind.agents_need_a_scope() {
        return;
    }
    for (address, resource) in context.state.of_kind(Kind::Extensions) {
        let agents = resource
            .fields
            .get("agents")
            .map_or(&[][..], Value::elements);
        for agent in agents.iter().filter_map(Value::as_text) {
            let user = Address::new(Kind::Users, agent);
            let Some(fields) = context.state.get(&user).map(|user| &user.fields) else {
                continue;
            };
            // A scope that nobody declares is not managed, so nothing is known of it.
            let Some(scope) = fields.text("scope") else {
                continue;
            };
            if !serves_queues(context, scope) {
                let message = format!(
                    "{user} is an agent of {address}, and the scope `{scope}` can't serve queues"
                );
                let diagnostic = context.at(Rule::AgentScope, &user, "scope", message);
                let place = context.place_of_text(address, "agents", agent);
                report.add(diagnostic.related(place, "an agent here"));
            }
        }
    }
}

fn serves_queues(context: &Context<'_>, scope: &str) -> bool {
    let mut at = scope.to_owned();
    for _ in 0..=context.state.resources.len() {
        if let Some(built_in) = BuiltInScope::named(&at) {
            return built_in.serves_queues;
        }
        let Some(declared) = context.state.get(&Address::new(Kind::Scopes, at.as_str())) else {
            return false;
        };
        let own = declared
            .fields
            .get("permissions")
            .map_or(&[][..], Value::elements);
        if own
            .iter()
            .any(|permission| permission.as_text() == Some("queues.login"))
        {
            return true;
        }
        match declared.fields.text("extends") {
            Some(next) => next.clone_into(&mut at),
            None => return false,
        }
    }
    false
}

/// A call that nobody takes goes to voicemail or somewhere else (S1.23).
pub(super) fn calls_are_answered(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let fields = &resource.fields;
        let flag = |path: [&str; 2]| fields.at(path).and_then(Value::as_bool);
        let forwarded = flag(["forwarding", "enabled"]) == Some(true)
            || fields
                .get("answering_rules")
                .is_some_and(|rules| !rules.elements().is_empty());
        let reachable = fields.text("extension").is_some()
            && fields.get("active").and_then(Value::as_bool) != Some(false);
        if reachable && flag(["voicemail", "enabled"]) == Some(false) && !forwarded {
            let message = format!("calls to {address} that nobody takes are hung up on");
            report.add(context.at(Rule::UnansweredCalls, address, "voicemail.enabled", message));
        }
    }
}
