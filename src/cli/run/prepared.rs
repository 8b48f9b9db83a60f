//! What an action needs is *prepared* before the first request: a password, a sound, a file for a link.

use super::{
    arguments::{CodeArgs, Command, SetPasswordArgs},
    code,
    subjects::Found,
};
use crate::{
    action::ActResult,
    cli::{
        outcome::Outcome,
        settings::{self, Terminal},
        workspace::{self, Workspace},
    },
    diagnostic::Report,
    model::{Greeting, Kept, Name},
    portal::Task,
    render::{Format, escape},
    rules::{ReadSecret, check_secret},
};
use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    collections::BTreeSet,
    fs::File,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

/// A new file for a link, which goes again if there is none.
pub(super) struct NewFile {
    file: File,
    path: PathBuf,
    is_kept: bool,
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // There is nothing in it.
            drop(std::fs::remove_file(&self.path));
        }
    }
}

/// The maximum size of a sound, in bytes.
const LARGEST: u64 = 10 << 20;

/// What an action needs.
pub(super) enum Prepared {
    /// Nothing.
    Welcome,
    /// What stays.
    Reset(BTreeSet<Kept>),
    /// Nothing.
    ForcePasswordReset,
    /// The password.
    SetPassword(SecretString),
    /// Nothing.
    Rebuild,
    /// The name of a file and its sound; nothing for the portal's own greeting.
    Greeting(Option<(String, Vec<u8>)>),
    /// Where the code goes, if not to the terminal.
    Qr(Option<NewFile>),
    /// Where the link goes, if not to the terminal.
    DesktopLink(Option<NewFile>),
}

impl Prepared {
    /// Reads what an action needs.
    pub(super) fn of(
        command: &Command,
        workspace: &Workspace,
        directory: &Path,
        found: &[Found],
        terminal: &mut Terminal,
    ) -> anyhow::Result<Result<Self, Outcome>> {
        Ok(Ok(match command {
            Command::Welcome(_) => Self::Welcome,
            Command::Reset(args) => Self::Reset(args.keep.iter().copied().collect()),
            Command::ForcePasswordReset(_) => Self::ForcePasswordReset,
            Command::SetPassword(args) => {
                let password = password(args, workspace, terminal)?;
                let report = weaknesses(&password, workspace, found);
                if report.has_errors() {
                    workspace::show(&workspace.folder, &report, Format::Text, terminal)?;
                    writeln!(
                        terminal.err,
                        "error: the password is weak, so nothing was done"
                    )?;
                    return Ok(Err(Outcome::Refused));
                }
                Self::SetPassword(password)
            }
            Command::Rebuild(_) => Self::Rebuild,
            Command::Greeting(args) => {
                let sound = args
                    .file
                    .as_deref()
                    .map(|file| sound(&directory.join(file)));
                let sound = sound.transpose()?;
                let digest = sound.as_ref().map(|(_, sound)| Greeting::digest(sound));
                tell_of_declared(found, workspace, digest.as_deref(), terminal)?;
                Self::Greeting(sound)
            }
            Command::Qr(args) => Self::Qr(new_file(args, directory)?),
            Command::DesktopLink(args) => Self::DesktopLink(new_file(args, directory)?),
        }))
    }

    /// The task for the portal.
    pub(super) fn task(&self) -> Task<'_> {
        match self {
            Self::Welcome => Task::Welcome,
            Self::Reset(keep) => Task::Reset(keep),
            Self::ForcePasswordReset => Task::ForcePasswordReset,
            Self::SetPassword(password) => Task::SetPassword(password),
            Self::Rebuild => Task::Rebuild,
            Self::Greeting(sound) => Task::Greeting(
                sound
                    .as_ref()
                    .map(|(name, sound)| (name.as_str(), sound.as_slice())),
            ),
            Self::Qr(_) => Task::Qr,
            Self::DesktopLink(_) => Task::DesktopLink,
        }
    }

    /// Takes the link of a user to where it belongs: a file, or the terminal.
    pub(super) fn deliver(
        self,
        results: &mut [ActResult],
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        let (file, is_code) = match self {
            Self::Qr(file) => (file, true),
            Self::DesktopLink(file) => (file, false),
            _ => return Ok(()),
        };
        let Some(result) = results.first_mut() else {
            return Ok(());
        };
        let Some(link) = result.link.take() else {
            return Ok(());
        };
        match (file, is_code) {
            (Some(mut new), true) => {
                code::png(&link, &mut new.file)?;
                new.is_kept = true;
            }
            (Some(mut new), false) => {
                writeln!(new.file, "{}", link.expose_secret())?;
                new.is_kept = true;
            }
            (None, true) => code::draw(&link, terminal.look.color, &mut terminal.out)?,
            (None, false) => writeln!(terminal.out, "{}", escape::line(link.expose_secret()))?,
        }
        result
            .messages
            .push("valid once, for ten minutes".to_owned());
        Ok(())
    }
}

/// Reads a password, from where it is or from the terminal.
fn password(
    args: &SetPasswordArgs,
    workspace: &Workspace,
    terminal: &Terminal,
) -> anyhow::Result<SecretString> {
    if let Some(origin) = &args.from {
        let read = settings::secret(origin, &workspace.folder, terminal.commands);
        return read.map_err(|reason| {
            anyhow::anyhow!("the password can't be read from {origin}: {reason}")
        });
    }
    let ask = |prompt: String| -> anyhow::Result<SecretString> {
        let typed = rpassword::prompt_password(prompt);
        Ok(typed.context("the password can't be read")?.into())
    };
    let first = ask(format!("New password of {}: ", args.address))?;
    let second = ask("The same again: ".to_owned())?;
    if first.expose_secret() != second.expose_secret() {
        bail!("the two passwords differ, so nothing was done");
    }
    if first.expose_secret().is_empty() {
        bail!("the password is empty, so nothing was done");
    }
    Ok(first)
}

/// What is wrong with a password, by the policy and by what the portal accepts.
fn weaknesses(password: &SecretString, workspace: &Workspace, found: &[Found]) -> Report {
    let mut report = Report::default();
    for found in found {
        let secret = ReadSecret {
            address: &found.subject.address,
            path: &[Name::from("password")],
            fields: &found.live.fields,
            origin: None,
            value: password.expose_secret(),
        };
        let config = &workspace.config;
        let policy = &config.policy.secrets;
        check_secret(policy, config.portal.profile(), &secret, &mut report);
    }
    report
}

/// Reads a sound, and the name of its file.
fn sound(path: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    let read = || -> anyhow::Result<Vec<u8>> {
        // Opening a pipe would wait for a writer, so this is checked first.
        if !path.metadata()?.is_file() {
            bail!("it is not a file");
        }
        let mut sound = Vec::new();
        File::open(path)?
            .take(LARGEST + 1)
            .read_to_end(&mut sound)?;
        match sound.len() as u64 {
            0 => bail!("it is empty"),
            size if size > LARGEST => bail!("it is larger than 10 MiB"),
            _ => Ok(sound),
        }
    };
    let sound = read().with_context(|| format!("{} can't be sent", path.display()))?;
    let name = path.file_name().unwrap_or_default();
    Ok((name.to_string_lossy().into_owned(), sound))
}

/// Says that the files declare another greeting, if they do.
fn tell_of_declared(
    found: &[Found],
    workspace: &Workspace,
    digest: Option<&str>,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    for found in found {
        let address = &found.subject.address;
        let declared = workspace.state.get(address);
        let declared = declared.and_then(|resource| resource.fields.at(Greeting::DIGEST));
        let declared = declared.and_then(|digest| digest.as_text());
        if declared.is_some() && declared != digest {
            let note = format!(
                "note: the files declare another greeting of {address}, which the next apply puts back"
            );
            writeln!(terminal.err, "{}", escape::line(&note))?;
        }
    }
    Ok(())
}

/// Creates the file of a link, which only its owner can read. It must not exist, so that nobody else has it open.
fn new_file(args: &CodeArgs, directory: &Path) -> anyhow::Result<Option<NewFile>> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let Some(out) = &args.out else {
        return Ok(None);
    };
    let path = directory.join(out);
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(&path);
    let file = file.with_context(|| format!("{} can't be created", path.display()))?;
    Ok(Some(NewFile {
        file,
        path,
        is_kept: false,
    }))
}
