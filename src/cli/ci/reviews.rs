//! The *reviews* of what is about to be applied: the plans that the pipelines of the merged pull requests kept.

use super::super::{history::Baseline, session::Session};
use crate::{
    forge::{Error, Repository},
    render::document::{Heading, PlanDocument},
    saved,
};
use std::collections::{BTreeMap, BTreeSet};

/// The most commits that were merged since the last apply and are looked at.
const COMMITS: usize = 100;

/// The plans of pull requests.
pub(super) struct Reviews<'a> {
    repository: Result<Repository, Error>,
    artifact: &'a str,
    /// The plans of each pull request, by its number.
    plans: BTreeMap<u64, Vec<PlanDocument>>,
    /// The pull requests of each commit.
    pulls: BTreeMap<String, Vec<u64>>,
}

impl<'a> Reviews<'a> {
    /// The plans in artefacts whose names begin with `artifact`.
    pub(super) fn new(repository: Result<Repository, Error>, artifact: &'a str) -> Self {
        Self {
            repository,
            artifact,
            plans: BTreeMap::new(),
            pulls: BTreeMap::new(),
        }
    }

    /// The plans of a workspace, of all pull requests that were merged since the last apply; nothing if there is
    /// none.
    ///
    /// # Errors
    /// The forge can't be asked.
    pub(super) async fn of(
        &mut self,
        session: &Session,
        heading: &Heading,
    ) -> anyhow::Result<Option<Vec<PlanDocument>>> {
        let mut numbers = BTreeSet::new();
        for commit in merged(&session.baseline)? {
            numbers.extend(self.pulls_of(&commit).await?);
        }
        let mut found = Vec::new();
        for number in numbers {
            let plans = self.plans.get(&number).into_iter().flatten();
            // The newest plan of each pull request is what was merged.
            let own = plans.filter(|plan| {
                plan.heading.folder == heading.folder && plan.heading.portal_id == heading.portal_id
            });
            found.extend(own.take(1).cloned());
        }
        Ok((!found.is_empty()).then_some(found))
    }

    /// The pull requests of a commit; their plans are read.
    async fn pulls_of(&mut self, commit: &str) -> anyhow::Result<Vec<u64>> {
        if let Some(numbers) = self.pulls.get(commit) {
            return Ok(numbers.clone());
        }
        let repository = match &self.repository {
            Ok(repository) => repository,
            Err(error) => anyhow::bail!("the reviewed plans can't be read: {error}"),
        };
        let pulls = repository.pulls_of_commit(commit).await?;
        for pull in &pulls {
            if self.plans.contains_key(&pull.number) {
                continue;
            }
            let mut plans = Vec::new();
            for artifact in repository.artifacts(pull, self.artifact).await? {
                for text in repository.files_of(&artifact, "plan.json").await? {
                    // A file that is no plan reviews nothing.
                    plans.extend(saved::parse(&text).ok());
                }
            }
            self.plans.insert(pull.number, plans);
        }
        let numbers: Vec<u64> = pulls.iter().map(|pull| pull.number).collect();
        self.pulls.insert(commit.to_owned(), numbers.clone());
        Ok(numbers)
    }
}

/// The commits of the main branch since the last apply, or the last one where that is unknown.
fn merged(baseline: &Baseline) -> anyhow::Result<Vec<String>> {
    let (Some(history), Some(head)) = (&baseline.history, &baseline.head) else {
        anyhow::bail!(
            "outside of a Git repository no pull request is known; apply with `review: off`"
        );
    };
    let Some(applied) = baseline.applied() else {
        return Ok(vec![head.id.clone()]);
    };
    let steps = history
        .git
        .ancestors(Some(applied))
        .map_err(|gap| anyhow::anyhow!("{}; {}", gap.reason, gap.help))?;
    let mut next = Some(head.id.clone());
    let mut commits = Vec::new();
    while let Some(id) = next.take().filter(|_| commits.len() < COMMITS) {
        let step = steps.iter().find(|step| step.id.to_string() == id);
        next = step.and_then(|step| step.parents.first().map(ToString::to_string));
        if step.is_some() {
            commits.push(id);
        }
    }
    Ok(commits)
}
