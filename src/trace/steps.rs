//! The *steps* of a call: what a number, a user, a queue, a menu, a group or a forward does with it.

use super::{
    End,
    build::{Builder, Step},
    moment::{described, is_within},
};
use crate::model::{Address, Fields, Kind, Value};

impl Builder<'_> {
    /// Leads from a step to the next ones.
    pub(super) fn follow(&mut self, index: usize, step: &Step) {
        match step {
            Step::Resource(address) => match address.kind {
                Kind::Numbers => self.number(index, address),
                Kind::Users => self.user(index, address),
                _ => self.extension(index, address),
            },
            Step::Rule(address, rule) => self.rule(index, address, *rule),
            // These end the call.
            Step::Phones(_)
            | Step::Voicemail(_)
            | Step::External(_)
            | Step::Dialed(_)
            | Step::Nobody(..)
            | Step::Unknown(_) => {}
        }
    }

    fn number(&mut self, from: usize, address: &Address) {
        let Some(fields) = self.fields(address) else {
            return;
        };
        if let Some(destination) = fields.text("destination") {
            let to = self.destination(destination);
            return self.edge(from, to, "");
        }
        let (end, field) = match fields.text("state") {
            Some("reserved") => (End::Reserved, "state"),
            Some("cooling") => (End::Cooling, "state"),
            _ => (End::Unassigned, ""),
        };
        let to = self.nobody(address, end, field);
        self.edge(from, to, "");
    }

    fn user(&mut self, from: usize, address: &Address) {
        let Some(fields) = self.fields(address) else {
            return;
        };
        if fields.get("active").and_then(Value::as_bool) == Some(false) {
            let to = self.nobody(address, End::Inactive, "active");
            return self.edge(from, to, "");
        }
        let mut otherwise = "";
        for (index, rule) in list(fields, "answering_rules").iter().enumerate() {
            let Some(rule) = rule.as_map() else { continue };
            if rule.get("enabled").and_then(Value::as_bool) == Some(false) {
                continue;
            }
            let Some(schedule) = rule.text("when") else {
                let to = self.node(Step::Rule(address.clone(), index));
                return self.edge(from, to, otherwise);
            };
            let declared = self.fields(&Address::new(Kind::Schedules, schedule));
            let Some(times) = declared else { continue };
            let label = format!("{schedule}: {}", described(times));
            match self.at {
                Some(moment) if is_within(times, fields.text("time_zone"), moment) => {
                    let to = self.node(Step::Rule(address.clone(), index));
                    return self.edge(from, to, label);
                }
                Some(_) => {}
                None => {
                    let to = self.node(Step::Rule(address.clone(), index));
                    self.edge(from, to, label);
                }
            }
            otherwise = "at other times";
        }
        self.without_rules(from, address, fields, otherwise);
    }

    /// What becomes of a call to which no answering rule applies.
    fn without_rules(&mut self, from: usize, address: &Address, fields: &Fields, when: &str) {
        let flag =
            |path: &[&str]| fields.at(path.iter().copied()).and_then(Value::as_bool) == Some(true);
        let destinations = fields.at(["forwarding", "destinations"]);
        let destinations = destinations.map_or(&[][..], Value::elements);
        if flag(&["forwarding", "enabled"]) && !destinations.is_empty() {
            let together = flag(&["forwarding", "ring_all"]);
            self.destinations(from, destinations, together, &prefixed(when, "forwarded"));
            return self.unanswered(from, address, fields, &prefixed(when, "nobody answers"));
        }
        if flag(&["dnd"]) {
            return match has_voicemail(fields) {
                true => self.unanswered(from, address, fields, &prefixed(when, "do not disturb")),
                false => {
                    let to = self.nobody(address, End::DoNotDisturb, "dnd");
                    self.edge(from, to, when);
                }
            };
        }
        self.phones(from, address, fields, when);
        self.unanswered(from, address, fields, &prefixed(when, "nobody answers"));
    }

    /// What an answering rule does.
    fn rule(&mut self, from: usize, address: &Address, index: usize) {
        let Some(fields) = self.fields(address) else {
            return;
        };
        let rule = list(fields, "answering_rules").get(index);
        let Some(rule) = rule.and_then(Value::as_map) else {
            return;
        };
        let destinations = list(rule, "destinations");
        match rule.text("action") {
            Some("forward") => {
                self.destinations(from, destinations, false, "forwarded");
                self.unanswered(from, address, fields, "nobody answers");
            }
            Some("simultaneous_ring") => {
                self.phones(from, address, fields, "at the same time");
                self.destinations(from, destinations, true, "");
                self.unanswered(from, address, fields, "nobody answers");
            }
            Some("voicemail") => self.unanswered(from, address, fields, ""),
            Some("busy") => {
                let field = format!("answering_rules[{index}].action");
                let to = self.nobody(address, End::Busy, &field);
                self.edge(from, to, "");
            }
            _ => {
                self.phones(from, address, fields, "");
                self.unanswered(from, address, fields, "nobody answers");
            }
        }
    }

    /// The phones of a user. A user whose phones aren't declared may have some.
    fn phones(&mut self, from: usize, address: &Address, fields: &Fields, label: &str) {
        let none = fields
            .get("phones")
            .is_some_and(|phones| phones.elements().is_empty());
        let to = match none {
            true => self.nobody(address, End::NoPhones, "phones"),
            false => self.node(Step::Phones(address.clone())),
        };
        self.edge(from, to, label);
    }

    /// What becomes of a call that nobody takes.
    fn unanswered(&mut self, from: usize, address: &Address, fields: &Fields, label: &str) {
        let to = match has_voicemail(fields) {
            true => self.node(Step::Voicemail(address.clone())),
            false => self.nobody(address, End::NoVoicemail, "voicemail.enabled"),
        };
        self.edge(from, to, label);
    }

    /// The destinations of a call, together or one after the other.
    fn destinations(&mut self, from: usize, list: &[Value], together: bool, label: &str) {
        for (index, destination) in list.iter().filter_map(Value::as_text).enumerate() {
            let to = self.destination(destination);
            let label = match (together, list.len()) {
                (true, _) if label.is_empty() => "at the same time".to_owned(),
                (true, 2..) => format!("{label}, at the same time"),
                (false, 2..) => format!("{label}, {}", ordinal(index)),
                _ => label.to_owned(),
            };
            self.edge(from, to, label);
        }
    }

    fn extension(&mut self, from: usize, address: &Address) {
        let Some(fields) = self.fields(address) else {
            return;
        };
        match fields.text("kind") {
            Some("call_queue") => self.queue(from, address, fields),
            Some("auto_attendant") => self.menu(from, address, fields),
            Some("ring_group") => self.group(from, address, fields),
            Some("forward") => {
                let to = self.destination(fields.text("destination").unwrap_or_default());
                self.edge(from, to, "");
            }
            _ => {
                let to = self.nobody(address, End::NoPhones, "");
                self.edge(from, to, "");
            }
        }
    }

    fn queue(&mut self, from: usize, address: &Address, fields: &Fields) {
        let agents = list(fields, "agents");
        if agents.is_empty() {
            let to = self.nobody(address, End::NoAgents, "agents");
            self.edge(from, to, "");
        }
        for agent in agents.iter().filter_map(Value::as_text) {
            self.member(from, agent, "agent");
        }
        if let Some(overflow) = fields.text("overflow") {
            let to = self.destination(overflow);
            self.edge(from, to, "nobody answers");
        }
    }

    fn group(&mut self, from: usize, address: &Address, fields: &Fields) {
        let members = list(fields, "members");
        if members.is_empty() {
            let to = self.nobody(address, End::NoMembers, "members");
            self.edge(from, to, "");
        }
        let in_turn = fields.text("strategy") == Some("sequential");
        for (index, member) in members.iter().filter_map(Value::as_text).enumerate() {
            let label = match in_turn {
                true => ordinal(index),
                false => "at the same time".to_owned(),
            };
            self.member(from, member, &label);
        }
        if let Some(destination) = fields.text("no_answer") {
            let to = self.destination(destination);
            self.edge(from, to, "nobody answers");
        }
    }

    /// A member of a queue or a group: of a user only the phones ring.
    fn member(&mut self, from: usize, text: &str, label: &str) {
        let Some(user) = self.user_at(text) else {
            let to = self.destination(text);
            return self.edge(from, to, label);
        };
        let Some(fields) = self.fields(&user) else {
            return;
        };
        let flag = |name| fields.get(name).and_then(Value::as_bool);
        let to = if flag("active") == Some(false) {
            self.nobody(&user, End::Inactive, "active")
        } else if flag("dnd") == Some(true) {
            self.nobody(&user, End::DoNotDisturb, "dnd")
        } else {
            return self.phones(from, &user, fields, label);
        };
        self.edge(from, to, label);
    }

    fn menu(&mut self, from: usize, address: &Address, fields: &Fields) {
        let options = fields.get("options").and_then(Value::as_map);
        let options = options.map_or_else(Vec::new, |options| options.iter().collect());
        for (key, destination) in &options {
            let to = self.destination(destination.as_text().unwrap_or_default());
            self.edge(from, to, format!("key {key}"));
        }
        let dials = fields.get("direct_dial").and_then(Value::as_bool) == Some(true);
        if dials {
            let to = self.node(Step::Dialed(address.clone()));
            self.edge(from, to, "dials");
        }
        let mut others = 0;
        for (field, label) in [("no_input", "no key"), ("invalid_input", "another key")] {
            if let Some(destination) = fields.text(field) {
                let to = self.destination(destination);
                self.edge(from, to, label);
                others += 1;
            }
        }
        if options.is_empty() && !dials && others == 0 {
            let to = self.nobody(address, End::NoOptions, "options");
            self.edge(from, to, "");
        }
    }

    /// The name of an answering rule.
    pub(super) fn rule_name(&self, address: &Address, index: usize) -> String {
        let fields = self.fields(address);
        let rule = fields.and_then(|fields| list(fields, "answering_rules").get(index));
        let name = rule
            .and_then(Value::as_map)
            .and_then(|rule| rule.text("name"));
        name.map_or_else(|| format!("{}", index + 1), |name| format!("`{name}`"))
    }
}

fn has_voicemail(fields: &Fields) -> bool {
    fields.at(["voicemail", "enabled"]).and_then(Value::as_bool) != Some(false)
}

fn list<'f>(fields: &'f Fields, name: &str) -> &'f [Value] {
    fields.get(name).map_or(&[], Value::elements)
}

/// `first`, then `then`.
fn ordinal(index: usize) -> String {
    let word = if index == 0 { "first" } else { "then" };
    word.to_owned()
}

fn prefixed(when: &str, label: &str) -> String {
    match when {
        "" => label.to_owned(),
        when => format!("{when}, {label}"),
    }
}
