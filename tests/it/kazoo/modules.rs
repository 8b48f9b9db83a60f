//! The *modules* of a callflow: those with a schema for their data, and those of which only the name is known.

use super::{Dialect, faults::Faults, schemas};
use serde_json::{Map, Value, json};

/// Modules of which only the name is known.
const BARE: &str = "acdc_agent acdc_member acdc_queue acdc_wait_time after_bridge audio_macro \
    branch_bnumber branch_variable call_forward call_waiting callflow camping_feature check_cid \
    cidlistmatch collect_dtmf conference_feature dead_air directory disa do_not_disturb \
    dynamic_cid eavesdrop eavesdrop_feature edr fax_detect flush_dtmf group_pickup \
    group_pickup_feature hangup hotdesk intercept intercept_feature intercom language \
    lookupcidname manual_presence missed_call_alert move nomorobo page_group park pivot \
    prepend_cid privacy record_call record_caller response ring_group_toggle route_to_cid \
    send_dtmf set set_alert_info set_cid set_variable set_variables skel sleep transfer tts webhook";

const BARE_FIVE: &str =
    "answer call_pickup detect_speech doorman function noop notification tones wait_for_hangup";

/// Validates the nodes of a flow, and fills in the defaults of their modules.
pub(super) fn check(fields: &mut Map<String, Value>, dialect: Dialect, faults: &mut Faults) {
    if let Some(flow) = fields.get_mut("flow") {
        node(flow, &["flow".to_owned()], dialect, faults);
    }
}

fn node(node: &mut Value, at: &[String], dialect: Dialect, faults: &mut Faults) {
    let path = |name: &str| [at, &[name.to_owned()]].concat().join("%2E");
    let Some(fields) = node.as_object_mut() else {
        let details =
            json!({"message": "This is of the wrong type", "target": "object", "value": node});
        return faults.add(&at.join("%2E"), "type", details);
    };
    for name in ["module", "data"] {
        if !fields.contains_key(name) {
            faults.required(&path(name), name.into());
        }
    }
    let module = fields
        .get("module")
        .and_then(Value::as_str)
        .unwrap_or("")
        .to_owned();
    if let Some(data) = fields.get_mut("data") {
        // 4.x takes offnet as it takes resources.
        let name = if module == "offnet" {
            "callflows.resources".to_owned()
        } else {
            format!("callflows.{module}")
        };
        let is_five = dialect == Dialect::Five;
        let is_bare = BARE.split_whitespace().any(|known| known == module)
            || is_five && BARE_FIVE.split_whitespace().any(|known| known == module);
        let schemas = schemas::own(dialect);
        if schemas.has(&name) {
            let at = [at, &["data".to_owned()]].concat();
            schemas.apply(&name, data, &at, "%2E", faults);
        } else if !is_bare {
            let message = "Unknown callflow module";
            faults.add(
                &path("module"),
                "invalid",
                json!({"message": message, "value": module}),
            );
        }
    }
    let children = fields.get_mut("children").and_then(Value::as_object_mut);
    for (branch, child) in children.into_iter().flatten() {
        let at = [at, &["children".to_owned(), branch.clone()]].concat();
        self::node(child, &at, dialect, faults);
    }
}

/// The distinct modules of a flow in depth-first order.
pub(super) fn names(flow: &Value) -> Vec<String> {
    let mut names = Vec::new();
    walk(flow, "", &mut |node, _| {
        let name = node["module"].as_str().unwrap_or("").to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    });
    names
}

/// All IDs to which a flow refers.
pub(super) fn ids(flow: &Value) -> Vec<String> {
    let mut ids = Vec::new();
    walk(flow, "", &mut |node, _| {
        let data = node["data"].as_object();
        let named = data
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name == "id" || name.contains("_id"));
        ids.extend(named.filter_map(|(_, id)| Some(id.as_str()?.to_owned())));
        let branches = node["children"].as_object();
        ids.extend(
            branches
                .into_iter()
                .flatten()
                .map(|(branch, _)| branch.clone()),
        );
    });
    ids
}

/// Visits a node and those below it, each with its place.
pub(super) fn walk(node: &Value, at: &str, visit: &mut dyn FnMut(&Value, &str)) {
    visit(node, at);
    let children = node["children"].as_object();
    for (branch, child) in children.into_iter().flatten() {
        walk(child, &format!("{at}/children/{branch}"), visit);
    }
}
