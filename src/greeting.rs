//! The *greetings* of a workspace: the digest of each file is part of what is declared, so that a change of its
//! content is a change.

use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::{Fields, Greeting, Kind, Name, State, Value},
    repo::Attachments,
    rules,
    source::{Place, Source, Span},
};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fmt::Write as _};

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
        let digest = known
            .entry(file.clone())
            .or_insert_with(|| Ok(attachments.read(&file)?.map(|bytes| digest(&bytes))));
        match digest {
            Ok(Some(digest)) => {
                let path = Greeting::DIGEST.map(Name::from);
                resource.fields.put(&path, Some(Value::text(digest)));
            }
            Ok(None) => {}
            Err(reason) => {
                let place = resource.origin.as_ref().map_or_else(
                    || Place::new(&Source::new("", ""), Span::default()),
                    |origin| rules::of_field(origin, &Greeting::FILE.join(".")),
                );
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

/// The SHA-256 digest of bytes, in hexadecimal digits.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}
