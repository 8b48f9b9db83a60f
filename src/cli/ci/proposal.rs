//! A *proposal* is a pull request that is planned without being checked out: its files are read from its
//! commit, as data, by a pipeline whose code and portal are those of the default branch.

use super::{
    super::{settings, workspace},
    Args, Task,
};
use crate::{
    forge::{Event, Pull},
    repo::{Found, Git},
};
use std::path::Path;

/// A pull request that is planned from another pipeline.
pub(super) struct Proposal {
    /// The number of the pull request.
    pub(super) number: u64,
    /// The commit that is looked at.
    pub(super) commit: String,
    /// The commit that is checked out, which the proposal is compared with.
    base: String,
}

/// The proposal that a `workflow_run` event is about; nothing for other events.
///
/// # Errors
/// Its commits can't be fetched, or are others by now.
pub(super) fn of(
    args: &Args,
    directory: &Path,
    event: Option<&Event>,
) -> anyhow::Result<Option<Proposal>> {
    let Some(event) = event.filter(|event| event.of_run.is_some()) else {
        return Ok(None);
    };
    if !matches!(args.task, Task::Validate | Task::Plan) {
        return Ok(None);
    }
    let repository = settings::repository(&args.author)?;
    let pull = workspace::runtime()?.block_on(repository.pull_of(event))?;
    let Some(Pull { number, head }) = pull else {
        anyhow::bail!(
            "no open pull request has the commits of the pipeline that ended; it may have been closed, or changed since"
        );
    };
    let git = match Git::find(directory)? {
        Found::Repository(git) => git,
        Found::Nothing => anyhow::bail!("{} is in no Git repository", directory.display()),
        Found::Unreadable(gap) => anyhow::bail!("{}; {}", gap.reason, gap.help),
    };
    let Some(base) = git.head() else {
        anyhow::bail!("nothing is checked out that the pull request could be compared with");
    };
    let commit = git.fetch_pull(number, &head)?;
    Ok(Some(Proposal {
        number,
        commit: commit.id,
        base: base.id,
    }))
}

impl Proposal {
    /// The arguments by which it is planned: compared with what is checked out, without running a command that
    /// it names.
    pub(super) fn with(&self, args: &Args) -> Args {
        let mut args = args.clone();
        args.past = args.past.with_base(&self.base);
        args
    }
}
