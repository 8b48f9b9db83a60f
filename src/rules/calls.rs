//! Checks of call routing: forwarding, answering rules, queues and voicemail.

use super::Context;
use crate::{
    diagnostic::{Report, Rule},
    model::{Address, Fields, Kind, Scopes, Value},
    trace::{DeadEnd, dead_ends},
};

/// Reports users whose calls are forwarded in a cycle. Only users with exactly one destination count, since
/// other calls may be answered.
// S1.38
pub(super) fn forwarding_has_no_cycle(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let mut at = (address, resource);
        for _ in 0..context.state.resources.len() {
            let Some(next) = forwards_to(&at.1.fields).and_then(|text| context.user_at(text))
            else {
                break;
            };
            if next.0 == address {
                let message = format!("calls to {address} are forwarded in a cycle");
                report.add(context.at(
                    Rule::ForwardingCycle,
                    address,
                    "forwarding.destinations",
                    message,
                ));
                break;
            }
            if next.0 == at.0 {
                break; // another user's cycle, which is reported there
            }
            at = next;
        }
    }
}

/// The destination of all calls to a user, if there is only one.
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

/// Reports `ring_all` without destinations.
// S1.39
pub(super) fn ring_all_has_destinations(context: &Context<'_>, report: &mut Report) {
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
            let message =
                format!("{address}: `ring_all` is enabled, but there are no destinations");
            report.add(context.at(
                Rule::RingAllWithoutDestinations,
                address,
                "forwarding.ring_all",
                message,
            ));
        }
    }
}

/// Reports answering rules whose destinations don't match their action.
pub(super) fn answering_rules_match_their_action(context: &Context<'_>, report: &mut Report) {
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
                let problem = if needs {
                    "requires destinations"
                } else {
                    "doesn't allow destinations"
                };
                let message =
                    format!("{address}: `{action}` in the answering rule `{name}` {problem}");
                let path = format!("answering_rules[{index}].action");
                report.add(context.at(Rule::AnsweringDestinations, address, &path, message));
            }
        }
    }
}

/// Reports queue agents whose scope doesn't allow answering queues.
// S2.16
pub(super) fn agents_can_serve_queues(context: &Context<'_>, report: &mut Report) {
    if !context.profile().agents_need_a_scope() {
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
            // The scope of a user without a declared one is unknown.
            let Some(scope) = fields.text("scope") else {
                continue;
            };
            if !can_serve_queues(context, scope) {
                let message = format!(
                    "{user} is an agent of {address}, but the scope `{scope}` can't answer queues"
                );
                let diagnostic = context.at(Rule::AgentScope, &user, "scope", message);
                let place = context.place_of_text(address, "agents", agent);
                report.add(diagnostic.related(place, "listed as an agent here"));
            }
        }
    }
}

fn can_serve_queues(context: &Context<'_>, scope: &str) -> bool {
    let mut at = scope.to_owned();
    for _ in 0..=context.state.resources.len() {
        if context.scopes().get(&at).is_some() {
            return context.scopes().can_serve_queues(&at);
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
            .any(|permission| permission.as_text() == Some(Scopes::QUEUES))
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

/// Reports users whose unanswered calls are disconnected.
// S1.23
pub(super) fn calls_are_answered(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let fields = &resource.fields;
        let flag = |path: [&str; 2]| fields.at(path).and_then(Value::as_bool);
        let is_forwarded = flag(["forwarding", "enabled"]) == Some(true)
            || fields
                .get("answering_rules")
                .is_some_and(|rules| !rules.elements().is_empty());
        let is_reachable = fields.text("extension").is_some()
            && fields.get("active").and_then(Value::as_bool) != Some(false);
        if is_reachable && flag(["voicemail", "enabled"]) == Some(false) && !is_forwarded {
            let message = format!("unanswered calls to {address} are disconnected");
            report.add(context.at(Rule::UnansweredCalls, address, "voicemail.enabled", message));
        }
    }
}

/// Reports numbers and extensions that lead to nobody.
pub(super) fn calls_end_somewhere(context: &Context<'_>, report: &mut Report) {
    for dead in dead_ends(context.state) {
        let DeadEnd {
            address,
            end,
            at,
            field,
        } = dead;
        let reason = end.reason().unwrap_or_default();
        if at == address {
            let message = format!("calls to {address} reach nobody: {reason}");
            report.add(context.at(Rule::DeadEnd, &address, &field, message));
            continue;
        }
        let message = format!("calls to {address} reach nobody: they end at {at}, where {reason}");
        let diagnostic = context.at(Rule::DeadEnd, &address, "", message);
        let place = context.place(&at, &field);
        report.add(diagnostic.related(place, "the calls end here"));
    }
}
