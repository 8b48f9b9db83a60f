//! The *files* of a workspace after an import: edited where a resource is declared, and with the new ones in a file of
//! their own.

use super::{
    edit::{CantEdit, Edit, Editor, applied},
    flow::flow,
    target::{Target, Targets},
};
use crate::{
    diagnostic::Report,
    model::{Address, Fields, Kind, State, Value},
    source::{Source, Span},
    yaml::{self, Node, NodeKind},
};
use std::{collections::BTreeMap, sync::Arc};

/// A file that changes.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The name, relative to the workspace.
    pub name: String,
    /// The file as it is; nothing for a new one.
    pub before: Option<Arc<Source>>,
    /// The text that it gets.
    pub after: String,
    /// Whether something that it declares changes.
    pub has_edits: bool,
}

/// Why a resource can't be changed in the files.
#[derive(Debug)]
pub(super) struct Stuck {
    pub(super) address: Address,
    pub(super) why: String,
    pub(super) help: String,
}

/// A resource with what it is to be.
type New<'t> = (&'t Address, &'t Target);

/// The files that change, and what can't be changed.
pub(super) fn changed(
    sources: &[Arc<Source>],
    state: &State,
    targets: &Targets,
    to: &str,
) -> (Vec<Changed>, Vec<Stuck>) {
    let mut stuck = Vec::new();
    let mut edited: BTreeMap<String, (Arc<Source>, Vec<New<'_>>)> = BTreeMap::new();
    let mut new: Vec<New<'_>> = Vec::new();
    for (address, target) in &targets.resources {
        let origin = state.get(address).and_then(|one| one.origin.as_ref());
        match origin {
            _ if target.is_new => new.push((address, target)),
            None => {}
            Some(origin) if origin.source.name().starts_with("../") => stuck.push(Stuck {
                address: address.clone(),
                why: format!(
                    "{address} is declared in {}, which several workspaces include",
                    origin.source.name()
                ),
                help: "change it there by hand".to_owned(),
            }),
            Some(origin) => {
                let name = origin.source.name().to_owned();
                let entry = edited.entry(name);
                let (_, targets) =
                    entry.or_insert_with(|| (Arc::clone(&origin.source), Vec::new()));
                targets.push((address, target));
            }
        }
    }
    let mut files: Vec<Changed> = Vec::new();
    for (name, (source, targets)) in edited {
        let edits = edits(&source, &targets, &mut stuck);
        let after = applied(&source, edits);
        files.push(Changed {
            name,
            before: Some(source),
            after,
            has_edits: true,
        });
    }
    if !new.is_empty() {
        let edited = files.iter_mut().find(|file| file.name == to);
        let existing = sources.iter().find(|source| source.name() == to);
        let before = edited.as_ref().map(|file| file.after.clone());
        let before = before.or_else(|| existing.map(|source| source.text().to_owned()));
        let after = match with_new(to, &before.unwrap_or_default(), &new) {
            Ok(after) => after,
            Err(why) => {
                let address = new[0].0.clone();
                let help = "choose another file with --to".to_owned();
                stuck.push(Stuck { address, why, help });
                return (files, stuck);
            }
        };
        match edited {
            Some(file) => file.after = after,
            None => files.push(Changed {
                name: to.to_owned(),
                before: existing.cloned(),
                after,
                has_edits: false,
            }),
        }
    }
    (files, stuck)
}

/// The edits of one file.
fn edits(
    source: &Arc<Source>,
    targets: &[(&Address, &Target)],
    stuck: &mut Vec<Stuck>,
) -> Vec<Edit> {
    let root = yaml::parse(source, &mut Report::default());
    let mut bodies: BTreeMap<(Kind, &str), &Node> = BTreeMap::new();
    for entry in root.entries() {
        if let Ok(kind) = entry.key.of(source).parse::<Kind>() {
            let resources = entry.value.entries().iter();
            bodies.extend(resources.map(|one| ((kind, one.key.of(source)), &one.value)));
        }
    }
    let line_break = line_break(source.text());
    let mut edits = Vec::new();
    for (address, target) in targets {
        let mut editor = Editor {
            source,
            line_break,
            edits: Vec::new(),
        };
        let set = match bodies.get(&(address.kind, &*address.key)) {
            Some(body) if body.is_null(source) => {
                let text = format!(" {}", flow(&Value::Map(target.fields.clone())));
                editor.edits.push(Edit {
                    span: body.span,
                    text,
                });
                Ok(())
            }
            Some(body) => editor.set(address.kind.shape(), body, &target.fields),
            None => Err(CantEdit("it can't be found in its file".to_owned())),
        };
        match set {
            Ok(()) => edits.extend(editor.edits),
            Err(CantEdit(why)) => stuck.push(Stuck {
                address: (*address).clone(),
                why: format!("{address} can't be changed in {}: {why}", source.name()),
                help: "change it there by hand".to_owned(),
            }),
        }
    }
    edits
}

/// How the lines of a text end.
fn line_break(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// A file with new resources behind those of their kind.
fn with_new(name: &str, text: &str, new: &[(&Address, &Target)]) -> Result<String, String> {
    let source = Source::new(name, text);
    let root = yaml::parse(&source, &mut Report::default());
    let line_break = line_break(text);
    let mut edits = Vec::new();
    let mut end = String::new();
    for kind in Kind::ALL {
        let own: Vec<_> = new
            .iter()
            .filter(|(address, _)| address.kind == kind)
            .collect();
        if own.is_empty() {
            continue;
        }
        let body = body(kind, &own)?;
        match root.get(&source, kind.name()).map(|entry| &entry.value) {
            None => end = format!("{end}{kind}:\n{}", indented(&body, "  ")),
            Some(node) => {
                let (at, indent) = end_of(&source, node).ok_or_else(|| {
                    format!("{name} declares its {kind} in one line, so nothing can be added there")
                })?;
                let text = format!("\n{}", indented(&body, &indent));
                let text = text.trim_end().replace('\n', line_break);
                edits.push(Edit {
                    span: Span::new(at, at),
                    text,
                });
            }
        }
    }
    let mut after = applied(&source, edits);
    if !end.is_empty() {
        if !after.is_empty() && !after.ends_with('\n') {
            after.push_str(line_break);
        }
        after.push_str(&end.replace('\n', line_break));
    }
    Ok(after)
}

/// Where a block mapping of resources ends, and how its keys are indented.
fn end_of(source: &Source, node: &Node) -> Option<(u32, String)> {
    let text = source.text();
    if node.is_null(source) {
        let rest = &text[node.span.end as usize..];
        let length = rest.find('\n').unwrap_or(rest.len());
        let length = u32::try_from(rest[..length].trim_end_matches('\r').len()).ok()?;
        return Some((node.span.end + length, "  ".to_owned()));
    }
    let NodeKind::Map(entries) = &node.kind else {
        return None;
    };
    let first = entries.first()?;
    if text[node.span.start as usize..].starts_with('{') {
        return None;
    }
    let start = first.span.start as usize;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line..start];
    if !indent.chars().all(|c| c == ' ') {
        return None;
    }
    let last = entries.last()?;
    let end = last.value.span.end.max(last.span.end);
    let rest = &text[end as usize..];
    let length = rest.find('\n').unwrap_or(rest.len());
    let length = u32::try_from(rest[..length].trim_end_matches('\r').len()).ok()?;
    Some((end + length, indent.to_owned()))
}

/// The text of resources, by key, without indentation.
fn body(kind: Kind, own: &[&(&Address, &Target)]) -> Result<String, String> {
    let bodies = own.iter().map(|(address, target)| {
        let fields = target.fields.iter();
        let fields = fields.map(|(name, value)| (name.clone(), without_first_versions(value)));
        (&*address.key, fields.collect())
    });
    let bodies: BTreeMap<&str, Fields> = bodies.collect();
    serde_saphyr::to_string(&bodies)
        .map_err(|error| format!("the YAML of {kind} can't be written: {error}"))
}

/// A value whose references to secrets don't have the version that they have without one.
fn without_first_versions(value: &Value) -> Value {
    match value {
        Value::Secret(secret) if secret.version == 1 => {
            let text = |name: &str, text: &str| vec![(name.into(), Value::text(text))];
            let parts = super::written::secret_parts(secret);
            let parts = parts
                .into_iter()
                .flat_map(|(name, part)| text(name, &part.unwrap_or_default()));
            let parts: Fields = parts.collect();
            match parts.get("command") {
                Some(_) => value.clone(),
                None => Value::Map(parts),
            }
        }
        Value::Map(fields) => {
            let each = fields
                .iter()
                .map(|(name, one)| (name.clone(), without_first_versions(one)));
            Value::Map(each.collect())
        }
        other => other.clone(),
    }
}

fn indented(text: &str, indent: &str) -> String {
    let mut all = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        if !line.is_empty() {
            all.push_str(indent);
            all.push_str(line);
        }
        all.push('\n');
    }
    all
}
