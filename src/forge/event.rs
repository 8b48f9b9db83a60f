//! An *event* is why a pipeline runs: a push, a pull request, a schedule, or another pipeline that ended.

use super::Error;
use serde_json::Value as Json;

/// The event that started a pipeline of GitHub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its name: `push`, `pull_request`, `workflow_run`.
    pub name: String,
    /// For a push: the commit before it, unless the branch is new.
    pub before: Option<String>,
    /// The pull request that it is about, if the event itself says so.
    pub pull: Option<Pull>,
    /// For `workflow_run`: the fork's owner, its branch, and the commit of the pipeline that ended.
    pub of_run: Option<(String, String, String)>,
}

/// A pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// The last commit of its branch.
    pub head: String,
}

impl Event {
    /// Reads the file of an event. `name` is the name that the pipeline gives it.
    ///
    /// # Errors
    /// The text isn't JSON.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| Error::Event(format!("the event isn't JSON: {error}")))?;
        let pull = &json["pull_request"];
        let number = pull["number"].as_u64().or_else(|| json["number"].as_u64());
        let head = pull["head"]["sha"].as_str().unwrap_or_default();
        let run = &json["workflow_run"];
        let text = |value: &Json| value.as_str().map(str::to_owned);
        let of_run = (name == "workflow_run").then(|| {
            let owner = text(&run["head_repository"]["owner"]["login"])?;
            Some((owner, text(&run["head_branch"])?, text(&run["head_sha"])?))
        });
        let before = text(&json["before"]);
        Ok(Self {
            name: name.to_owned(),
            before: before.filter(|commit| commit.bytes().any(|byte| byte != b'0')),
            pull: number.filter(|_| pull.is_object()).map(|number| Pull {
                number,
                head: head.to_owned(),
            }),
            of_run: of_run.flatten(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Pull};

    #[test]
    fn an_event_names_its_pull_request() {
        let pull = r#"{"number": 7, "pull_request": {"number": 7, "head": {"sha": "abc"}}}"#;
        let event = Event::parse("pull_request", pull).unwrap();
        assert_eq!(
            event.pull,
            Some(Pull {
                number: 7,
                head: "abc".to_owned()
            })
        );
        let push = Event::parse("push", r#"{"before": "a", "after": "b", "number": 7}"#).unwrap();
        assert_eq!((push.pull, push.of_run), (None, None));
        assert_eq!(push.before.as_deref(), Some("a"));
        let new = Event::parse("push", r#"{"before": "0000000"}"#).unwrap();
        assert_eq!(new.before, None, "a new branch has nothing before it");
        let run = r#"{"workflow_run": {"head_sha": "abc", "head_branch": "x", "head_repository": {"owner": {"login": "kim"}}, "pull_requests": []}}"#;
        let event = Event::parse("workflow_run", run).unwrap();
        let of_run = ("kim".to_owned(), "x".to_owned(), "abc".to_owned());
        assert_eq!(event.of_run, Some(of_run));
        assert!(Event::parse("push", "nonsense").is_err());
    }
}
