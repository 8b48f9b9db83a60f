//! The *strength* of the secrets that a command reads: each is checked against the policy before anything is sent.

use super::{
    settings::{self, Commands},
    workspace::Workspace,
};
use crate::{
    apply::Secrets,
    config::Config,
    diagnostic::{Diagnostic, Report, Rule},
    model::{Fields, Kind, Name, Secret, State, Value},
    plan::Plan,
    rules::{ReadSecret, check_secret, of_field},
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{collections::BTreeMap, path::Path};

/// The secrets of a plan break the policy, so nothing was done.
#[derive(Debug, thiserror::Error)]
#[error("secrets break policy.secrets, so nothing was done")]
pub(super) struct WeakSecrets(pub(super) Report);

/// Checks the secrets that a plan sends.
///
/// # Errors
/// All of them that are weak.
pub(super) fn check_plan(
    workspace: &Workspace,
    plan: &Plan,
    secrets: &Secrets,
) -> Result<(), WeakSecrets> {
    let mut report = Report::default();
    for (at, path, secret) in secrets.iter() {
        let Some(operation) = plan.operations.get(at) else {
            continue;
        };
        // The operations of a saved plan don't know their lines.
        let declared = workspace.state.get(&operation.address);
        let origin = declared.and_then(|resource| resource.origin.as_ref());
        let read = ReadSecret {
            address: &operation.address,
            path,
            fields: &operation.target,
            origin: operation.origin.as_ref().or(origin),
            value: secret.expose_secret(),
        };
        let config = &workspace.config;
        check_secret(
            &config.policy.secrets,
            config.portal.profile(),
            &read,
            &mut report,
        );
    }
    if report.has_errors() {
        Err(WeakSecrets(report))
    } else {
        Ok(())
    }
}

/// Reads every secret that the files declare, each once, and reports those that are weak or can't be read.
pub(super) fn check_declared(
    state: &State,
    config: &Config,
    folder: &Path,
    commands: Commands,
) -> Report {
    let mut report = Report::default();
    let mut known: BTreeMap<_, Result<SecretString, String>> = BTreeMap::new();
    for (address, resource) in &state.resources {
        // The secrets of templates are those of the users that are built from them.
        if address.kind == Kind::Templates {
            continue;
        }
        each_secret(&resource.fields, &mut Vec::new(), &mut |path, secret| {
            let Some(origin) = &secret.origin else {
                return;
            };
            let read = known
                .entry(origin.clone())
                .or_insert_with(|| settings::secret(origin, folder, commands));
            match (read, &resource.origin) {
                (Ok(value), origin) => {
                    let read = ReadSecret {
                        address,
                        path,
                        fields: &resource.fields,
                        origin: origin.as_ref(),
                        value: value.expose_secret(),
                    };
                    let policy = &config.policy.secrets;
                    check_secret(policy, config.portal.profile(), &read, &mut report);
                }
                (Err(reason), Some(declared)) => {
                    let path = path.join(".");
                    let message =
                        format!("{address}: `{path}` can't be read from {origin}: {reason}");
                    let place = of_field(declared, &path);
                    let rule = Rule::UnreadableSecret;
                    report.add(Diagnostic::new(rule, place, message).help(rule.help()));
                }
                (Err(_), None) => {}
            }
        });
    }
    report
}

/// Calls `see` for each secret of some fields, with its path.
fn each_secret(fields: &Fields, path: &mut Vec<Name>, see: &mut dyn FnMut(&[Name], &Secret)) {
    for (name, value) in fields.iter() {
        path.push(name.clone());
        match value {
            Value::Secret(secret) => see(path, secret),
            Value::Map(inner) => each_secret(inner, path, see),
            _ => {}
        }
        path.pop();
    }
}
