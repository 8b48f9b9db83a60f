//! The *arguments* of each action.

use crate::{
    model::{Address, Kept, PortalAction, SecretOrigin},
    render::Format,
};
use std::path::PathBuf;

#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Command {
    /// Send users a mail with a link for the first login
    Welcome(Several),
    /// Clear what users have set up: messages, greeting, forwarding, rules, password, PIN, further phones
    Reset(ResetArgs),
    /// Make the passwords of users invalid, and send them a link for a new one
    ForcePasswordReset(Several),
    /// Set a user's password, without a change of the files
    SetPassword(SetPasswordArgs),
    /// Rebuild instances, so that the phones know the features of their users
    Rebuild(Several),
    /// Upload a user's voicemail greeting
    Greeting(GreetingArgs),
    /// Show a QR code that provisions a user's mobile app, once and within ten minutes
    Qr(CodeArgs),
    /// Show a link that provisions a user's desktop app, once and within ten minutes
    DesktopLink(CodeArgs),
}

/// What every action takes.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// Skip confirmation (required when not on a terminal)
    #[arg(long, short)]
    pub(super) yes: bool,

    /// Record what is done in FILE, a new file [default: a file in the workspace's .callsheet/actions]
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,

    /// Output format
    #[arg(long, value_parser = crate::cli::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,
}

/// The arguments of an action that can be done for several objects.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Several {
    /// Objects, such as users/ann or instances/leeds
    #[arg(value_name = "ADDRESS", required_unless_present = "of")]
    pub(super) addresses: Vec<Address>,

    /// Take the objects that an apply created, by its journal; those that are refused are skipped
    #[arg(long, value_name = "JOURNAL", conflicts_with = "addresses")]
    pub(super) of: Option<PathBuf>,

    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ResetArgs {
    #[command(flatten)]
    pub(super) several: Several,

    /// What stays as it is, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub(super) keep: Vec<Kept>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SetPasswordArgs {
    /// User, such as users/ann
    #[arg(value_name = "ADDRESS")]
    pub(super) address: Address,

    /// Where the password is: env:NAME, a variable, or file:PATH, a file of the workspace [default: ask twice, hidden]
    #[arg(long, value_name = "PLACE", value_parser = place)]
    pub(super) from: Option<SecretOrigin>,

    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct GreetingArgs {
    /// User, such as users/ann
    #[arg(value_name = "ADDRESS")]
    pub(super) address: Address,

    /// Sound to upload
    #[arg(value_name = "FILE", required_unless_present = "default")]
    pub(super) file: Option<PathBuf>,

    /// Play the portal's own greeting again
    #[arg(long, conflicts_with = "file")]
    pub(super) default: bool,

    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CodeArgs {
    /// User, such as users/ann
    #[arg(value_name = "ADDRESS")]
    pub(super) address: Address,

    /// Write it to FILE, a new file that only its owner can read: a PNG image of a QR code, or the link (required if
    /// stdout is not a terminal)
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,

    #[command(flatten)]
    pub(super) common: Common,
}

/// The place of a password.
fn place(text: &str) -> Result<SecretOrigin, String> {
    match text.split_once(':') {
        Some(("env", name)) if !name.is_empty() => Ok(SecretOrigin::Env(name.into())),
        Some(("file", path)) if !path.is_empty() => Ok(SecretOrigin::File(path.into())),
        _ => Err("write env:NAME or file:PATH".to_owned()),
    }
}

impl Command {
    /// The action.
    pub(super) const fn action(&self) -> PortalAction {
        match self {
            Self::Welcome(_) => PortalAction::Welcome,
            Self::Reset(_) => PortalAction::Reset,
            Self::ForcePasswordReset(_) => PortalAction::ForcePasswordReset,
            Self::SetPassword(_) => PortalAction::SetPassword,
            Self::Rebuild(_) => PortalAction::Rebuild,
            Self::Greeting(_) => PortalAction::Greeting,
            Self::Qr(_) => PortalAction::Qr,
            Self::DesktopLink(_) => PortalAction::DesktopLink,
        }
    }

    /// What every action takes.
    pub(super) const fn common(&self) -> &Common {
        match self {
            Self::Welcome(several) | Self::ForcePasswordReset(several) | Self::Rebuild(several) => {
                &several.common
            }
            Self::Reset(args) => &args.several.common,
            Self::SetPassword(args) => &args.common,
            Self::Greeting(args) => &args.common,
            Self::Qr(args) | Self::DesktopLink(args) => &args.common,
        }
    }

    /// The objects that are named.
    pub(super) fn addresses(&self) -> &[Address] {
        match self {
            Self::Welcome(several) | Self::ForcePasswordReset(several) | Self::Rebuild(several) => {
                &several.addresses
            }
            Self::Reset(args) => &args.several.addresses,
            Self::SetPassword(args) => std::slice::from_ref(&args.address),
            Self::Greeting(args) => std::slice::from_ref(&args.address),
            Self::Qr(args) | Self::DesktopLink(args) => std::slice::from_ref(&args.address),
        }
    }

    /// The journal of the apply whose objects are meant.
    pub(super) const fn of(&self) -> Option<&PathBuf> {
        match self {
            Self::Welcome(several) | Self::ForcePasswordReset(several) | Self::Rebuild(several) => {
                several.of.as_ref()
            }
            Self::Reset(args) => args.several.of.as_ref(),
            Self::SetPassword(_) | Self::Greeting(_) | Self::Qr(_) | Self::DesktopLink(_) => None,
        }
    }
}
