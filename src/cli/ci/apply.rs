//! An *apply* as a step: the files of the main branch, if their plan does what was reviewed.

use super::{
    super::{
        apply::{self, Performance, Performed},
        history::Baseline,
        outcome::Outcome,
        session::Session,
        settings::Terminal,
        several::Ended,
        strength::WeakSecrets,
        workspace::{self, Obstacle, When, Workspace},
    },
    Args, ReviewWhen,
    reviews::Reviews,
};
use crate::{
    plan::{Filter, Plan, Staleness},
    render::{
        Format,
        document::{Heading, PlanDocument},
        escape,
    },
};
use std::path::Path;

/// Applies one workspace. `journal` is where its journal is begun.
pub(super) fn apply(
    args: &Args,
    folder: &Path,
    journal: &Path,
    reviews: &mut Reviews<'_>,
    terminal: &mut Terminal,
) -> anyhow::Result<Ended> {
    let when = When {
        as_of: args.as_of,
        ..When::default()
    };
    let (workspace, report) = Workspace::read_at(folder.to_owned(), when)?;
    let Some(workspace) = workspace else {
        return Ok(Ended::Checked(report));
    };
    let baseline = Baseline::read(&args.past, &workspace)?;
    if baseline.is_dirty() {
        anyhow::bail!(
            "there are uncommitted changes, which nobody has reviewed ({}); commit them",
            apply::listed(&baseline.uncommitted)
        );
    }
    workspace::runtime()?.block_on(async {
        let mut session = match Session::open(workspace, baseline, &[], terminal).await? {
            Ok(session) => session,
            Err(Obstacle::Blocked(blocked)) => return Ok(Ended::Planned(blocked, report)),
            Err(Obstacle::Invalid(_, report)) => return Ok(Ended::Checked(report)),
        };
        let filter = Filter {
            only: &args.only,
            ..Filter::default()
        };
        let planned = session.plan(filter, terminal).await?.for_apply();
        let heading = Heading {
            only: args.only.clone(),
            ..session.workspace.heading(&session.baseline)
        };
        if planned.is_blocked() {
            return Ok(Ended::Planned(Box::new((heading, planned)), report));
        }
        if args.review != ReviewWhen::Off && !planned.operations.is_empty() {
            let plans = reviews.of(&session, &heading).await?;
            let unseen = unseen(args, plans, &heading, &planned)?;
            if !unseen.is_empty() {
                return Ok(Ended::Unreviewed {
                    planned: Box::new((heading, planned)),
                    unseen,
                    report,
                });
            }
        }
        let performance = Performance {
            is_confirmed: true,
            is_saved: false,
            journal: Some(journal),
            format: Format::Text,
        };
        let performed = performance.of(&session, &heading, &planned, terminal).await;
        match performed {
            Ok(performed) => Ok(ended(heading, planned, performed, report)),
            Err(error) => {
                let WeakSecrets(weak) = error.downcast()?;
                Ok(Ended::Checked(weak))
            }
        }
    })
}

fn ended(
    heading: Heading,
    plan: Plan,
    performed: Performed,
    report: crate::diagnostic::Report,
) -> Ended {
    let Performed {
        applied,
        outcome,
        error,
    } = performed;
    Ended::Applied {
        planned: Box::new((heading, plan)),
        applied: Box::new(applied),
        is_interrupted: outcome == Outcome::Interrupted,
        error,
        report,
    }
}

/// What the plans of the pull requests don't show.
fn unseen(
    args: &Args,
    plans: Option<Vec<PlanDocument>>,
    heading: &Heading,
    fresh: &Plan,
) -> anyhow::Result<Vec<Staleness>> {
    match plans {
        Some(plans) => apply::unseen(&plans, heading, fresh),
        None if args.review == ReviewWhen::Auto => Ok(Vec::new()),
        None => {
            let folder = escape::line(&heading.folder);
            anyhow::bail!(
                "no plan of a pull request was found for {folder}, so nothing was reviewed; plan the pull request with `callsheet ci plan` and keep its files as the artefact {}, or apply with `review: off`",
                escape::line(&args.artifact)
            )
        }
    }
}
