//! The *greetings* of a workspace: the digest of each file is part of what is declared, so that a change of its
//! content is a change.

use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::{Fields, Greeting, Kind, Name, State, Value},
    repo::Attachments,
    rules,
};
use std::collections::BTreeMap;

/// Adds the digests of the files, and reports those that can't be read.
pub fn attach(state: &mut State, attachments: &Attachments, report: &mut Report) {
    let mut known: BTreeMap<String, Result<Option<String>, String>> = BTreeMap::new();
    for (address, resource) in &mut state.resources {
        if address.kind != Kind::Users {
            continue;
        }
        let Some(file) = file_of(&resource.fields).map(str::to_owned) else {
            continue;
        };
        let digest = known.entry(file.clone()).or_insert_with(|| {
            Ok(attachments
                .read(&file)?
                .map(|bytes| Greeting::digest(&bytes)))
        });
        match digest {
            Ok(Some(digest)) => {
                let path = Greeting::DIGEST.map(Name::from);
                resource.fields.put(&path, Some(Value::text(digest)));
            }
            Ok(None) => {}
            Err(reason) => {
                let path = Greeting::FILE.join(".");
                let place = rules::place_of(resource.origin.as_ref(), &path);
                let message = format!("{address}: the greeting {file} can't be read: {reason}");
                let help = "write the path of a sound file, relative to the workspace";
                report.add(Diagnostic::new(Rule::UnreadableFile, place, message).help(help));
            }
        }
    }
}

fn file_of(fields: &Fields) -> Option<&str> {
    fields.at(Greeting::FILE)?.as_text()
}
