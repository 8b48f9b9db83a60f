//! What a step tells the *forge*: comments on the pull request, and the issue about what was changed on the
//! portal.

use super::{
    super::{
        settings::{self, Terminal},
        workspace,
    },
    Args, CommentWhen, Task,
    comment::{self, Comment, Weight},
    files::Folder,
};
use crate::{
    forge::{Error, Event, Repository, Thread},
    render::{escape, markdown},
};
use std::{fmt::Write as _, io::Write as _};

/// Tells the forge what there is to tell. A token that may not is a warning: the step did its work.
pub(super) fn tell(
    args: &Args,
    event: Option<&Event>,
    folders: &[Folder],
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let comments = args.comment != CommentWhen::Never;
    if !comments && !args.issue {
        return Ok(());
    }
    let repository = match settings::repository(&args.author) {
        Ok(repository) => repository,
        Err(error) => return warn(&error.to_string(), terminal),
    };
    workspace::runtime()?.block_on(async {
        if comments {
            let told = comment_on(args, event, folders, &repository).await;
            report(told, terminal)?;
        }
        if args.issue && args.task == Task::Drift {
            let told = keep_issue(folders, &repository).await;
            report(told, terminal)?;
        }
        Ok(())
    })
}

fn report(told: Result<(), Error>, terminal: &mut Terminal) -> anyhow::Result<()> {
    match told {
        Ok(()) => Ok(()),
        Err(error) => warn(&error.to_string(), terminal),
    }
}

fn warn(message: &str, terminal: &mut Terminal) -> anyhow::Result<()> {
    let message = escape::line(message);
    writeln!(terminal.err, "warning: {message}")?;
    if settings::is_on_github() {
        let message = escape::github_message(&message);
        writeln!(terminal.out, "::warning title=callsheet::{message}")?;
        terminal.out.flush()?;
    }
    Ok(())
}

/// Writes the comments of a pull request, in place of those that are there.
async fn comment_on(
    args: &Args,
    event: Option<&Event>,
    folders: &[Folder],
    repository: &Repository,
) -> Result<(), Error> {
    let Some(event) = event else {
        return Err(Error::Event(
            "there is no pull request to comment on: GITHUB_EVENT_PATH isn't set".to_owned(),
        ));
    };
    // An apply is of what was merged, and tells those pull requests what was done.
    let pulls = match (args.task, settings::commit()) {
        (Task::Apply, Some(commit)) => repository.pulls_of_commit(&commit).await?,
        (Task::Apply, None) => Vec::new(),
        _ => repository.pull_of(event).await?.into_iter().collect(),
    };
    if pulls.is_empty() && args.comment == CommentWhen::Always {
        return Err(Error::Event(format!(
            "the event {} is of no pull request, so there is nothing to comment on",
            event.name
        )));
    }
    for pull in pulls {
        comment_in(args, folders, repository, Thread::Pull(pull.number)).await?;
    }
    Ok(())
}

/// Writes the comments of one pull request.
async fn comment_in(
    args: &Args,
    folders: &[Folder],
    repository: &Repository,
    thread: Thread,
) -> Result<(), Error> {
    let mut comments = comment::all(folders);
    let mut start = markdown::MARKER.to_owned();
    if args.task == Task::Apply {
        // The plan stays beside what became of it.
        start = start.replace("callsheet", "callsheet-apply");
        for comment in &mut comments {
            let marker = comment.marker.replacen(markdown::MARKER, &start, 1);
            comment.begin_with(&marker);
        }
    }
    let known = repository.notes(thread, &start).await?;
    if args.changed || args.task == Task::Report {
        // A workspace that the pull request doesn't change any more.
        let outdated = known.iter().filter_map(|note| {
            let marker = note.body.lines().next()?.to_owned();
            let is_known = comments.iter().any(|one| one.marker == marker);
            (!is_known).then(|| Comment {
                body: format!("{marker}\n### Callsheet: this pull request no longer changes it\n"),
                marker,
                weight: Weight::Replacement,
            })
        });
        let outdated: Vec<Comment> = outdated.collect();
        comments.extend(outdated);
    }
    for comment in &comments {
        let is_ours = |body: &str| body.lines().next() == Some(&comment.marker);
        match known.iter().find(|note| is_ours(&note.body)) {
            Some(note) if note.body.trim_end() == comment.body.trim_end() => {}
            Some(note) => repository.edit(thread, note, &comment.body).await?,
            None if is_written(args, comment) => {
                repository.write(thread, "", &comment.body).await?;
            }
            None => {}
        }
    }
    Ok(())
}

/// Whether a comment is written where there is none yet.
fn is_written(args: &Args, comment: &Comment) -> bool {
    match comment.weight {
        Weight::News => true,
        Weight::Nothing => args.comment == CommentWhen::Always,
        Weight::Replacement => false,
    }
}

/// The first line of the issue about drift, by which it is found again.
const ISSUE: &str = "<!-- callsheet-drift -->";

/// Keeps one open issue as long as anything is changed on a portal, or can't be read.
async fn keep_issue(folders: &[Folder], repository: &Repository) -> Result<(), Error> {
    let rows: Vec<_> = folders.iter().map(|folder| folder.row.clone()).collect();
    let is_open = rows.iter().any(|row| row.drift > 0 || row.state.is_bad());
    let mut body = format!("{ISSUE}\n{}", markdown::overview(&rows));
    if let [one] = folders
        && let Some(text) = &one.markdown
    {
        body = format!("{ISSUE}\n{text}");
    }
    if let Some(url) = settings::run_url() {
        // Writing to a string can't fail.
        _ = writeln!(body, "\n[The run of this job]({url})");
    }
    let known = repository.notes(Thread::Issues, ISSUE).await?;
    match (known.first(), is_open) {
        (Some(note), true) => repository.edit(Thread::Issues, note, &body).await,
        (Some(note), false) => repository.close(note, &body).await,
        (None, true) => {
            let title = "Callsheet: the portal differs from what is declared";
            repository.write(Thread::Issues, title, &body).await
        }
        (None, false) => Ok(()),
    }
}
