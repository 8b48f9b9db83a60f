//! To *settle* a change is to send it until its outcome is known. After an ambiguous answer the object is
//! looked up before anything is sent again.
//!
//! Sending again is safe even if the first request arrives late: a create conflicts with its own key, and
//! updates and deletes are conditional on the version.

use super::super::{Error, Write, http::Failure};
use std::time::Duration;

/// The maximum number of attempts for one change.
pub const TRIES: u32 = 3;
/// The number of looks for an accepted change. The first is at once, and the wait before each other one is
/// twice as long as the one before: with the usual first wait about 25 seconds in all.
const LOOKS: u32 = 8;

/// The result of one request.
pub enum Sent<T> {
    /// The change was applied.
    Done(T),
    /// The change was accepted and becomes visible later.
    Accepted,
    /// Nothing was changed.
    Refused(Error),
    /// Nothing was changed because of a concurrent request, which may have changed the same object.
    Conflict,
    /// The outcome is unknown.
    Lost(String),
}

impl<T> From<Failure> for Sent<T> {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotDone(error) => Self::Refused(error),
            Failure::Ambiguous { reason } => Self::Lost(reason),
        }
    }
}

impl<T> Sent<T> {
    /// Continues with what was sent successfully.
    pub fn and_then<U>(self, then: impl FnOnce(T) -> Sent<U>) -> Sent<U> {
        match self {
            Self::Done(done) => then(done),
            Self::Accepted => Sent::Accepted,
            Self::Refused(error) => Sent::Refused(error),
            Self::Conflict => Sent::Conflict,
            Self::Lost(reason) => Sent::Lost(reason),
        }
    }
}

/// The state of the object after an ambiguous answer or a conflict.
pub enum Seen<T> {
    /// The object is as the change wants it.
    AsWanted(T),
    /// The object is unchanged.
    AsBefore,
    /// Another client has changed the object.
    Otherwise,
    /// The object differs from the change, and its author can't be determined.
    Unclear,
}

/// A change that is sent until its outcome is known.
pub trait Attempt: Send {
    /// What a successful change returns.
    type Done;

    /// Sends the change once.
    fn send(&mut self) -> impl Future<Output = Sent<Self::Done>> + Send;

    /// Looks up the object.
    fn look(&mut self) -> impl Future<Output = Result<Seen<Self::Done>, Error>> + Send;

    /// The wait before the second look for an accepted change.
    fn look_after(&self) -> Duration;

    /// Whether it doesn't matter who brought the object to the wanted state, as for a delete.
    fn accepts_others(&self) -> bool {
        false
    }
}

/// What a change is about, for messages.
pub trait Subject: Sync {
    /// The change: `the create of users/ada`.
    fn what(&self) -> String;

    /// The error if the object has changed.
    fn stale(&self) -> Error {
        Error::Stale { what: self.what() }
    }
}

impl Subject for Write<'_> {
    fn what(&self) -> String {
        Write::what(self)
    }

    fn stale(&self) -> Error {
        Write::stale(self)
    }
}

/// A change that is named by itself.
impl Subject for &str {
    fn what(&self) -> String {
        (*self).to_owned()
    }
}

/// Sends a change until its outcome is known.
///
/// # Errors
/// The portal refuses the change, the object has changed, or the outcome can't be determined.
pub async fn settle<A: Attempt>(change: &mut A, subject: &dyn Subject) -> Result<A::Done, Error> {
    let mut doubt: Option<String> = None;
    for _ in 0..TRIES {
        let refusal = match change.send().await {
            Sent::Done(done) => return Ok(done),
            Sent::Accepted => return wait(change, subject).await,
            Sent::Refused(error) if doubt.is_none() => return Err(error),
            // After an ambiguous answer even a refusal may be caused by the same change: a create
            // conflicts with itself, an update with the version that it made.
            Sent::Refused(error) => Some(error),
            Sent::Conflict => None,
            Sent::Lost(reason) => {
                doubt = Some(reason);
                None
            }
        };
        let seen = change.look().await;
        let unknown = |more: &str| Error::Unknown {
            what: subject.what(),
            reason: format!("{}; {more}", doubt.as_deref().unwrap_or_default()),
        };
        let seen = match seen {
            Ok(seen) => seen,
            Err(error @ Error::Stale { .. }) => return Err(error),
            Err(error) if doubt.is_none() => return Err(error),
            Err(error) => return Err(unknown(&format!("the look-up failed: {error}"))),
        };
        match (seen, refusal) {
            (Seen::AsWanted(done), _) if doubt.is_some() || change.accepts_others() => {
                return Ok(done);
            }
            (Seen::AsBefore, None) => {}
            (Seen::AsBefore, Some(error @ (Error::Refused { .. } | Error::Stale { .. }))) => {
                return Err(error);
            }
            // This attempt was rejected, but an earlier one may still be in progress.
            (Seen::AsBefore, Some(error)) => return Err(unknown(&error.to_string())),
            (Seen::Unclear, _) if doubt.is_some() => {
                return Err(unknown("the object now differs from the change"));
            }
            // Without an ambiguous answer the difference can't come from this change.
            (Seen::AsWanted(_) | Seen::Otherwise | Seen::Unclear, _) => return Err(subject.stale()),
        }
    }
    Err(match doubt {
        Some(doubt) => Error::Unknown {
            what: subject.what(),
            reason: format!("{doubt}; it was sent {TRIES} times"),
        },
        None => subject.stale(),
    })
}

/// Waits until an accepted change is visible.
async fn wait<A: Attempt>(change: &mut A, subject: &dyn Subject) -> Result<A::Done, Error> {
    let mut wait = change.look_after();
    for look in 1..=LOOKS {
        match change.look().await {
            Ok(Seen::AsWanted(done)) => return Ok(done),
            Ok(Seen::AsBefore | Seen::Unclear) => {}
            Ok(Seen::Otherwise) | Err(Error::Stale { .. }) => return Err(subject.stale()),
            Err(error) => {
                return Err(Error::Unknown {
                    what: subject.what(),
                    reason: format!("it was accepted, and the look-up failed: {error}"),
                });
            }
        }
        if look < LOOKS {
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
    }
    Err(Error::Accepted {
        what: subject.what(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Attempt, Seen, Sent, Subject, settle};
    use crate::portal::Error;
    use std::{collections::VecDeque, time::Duration};

    /// A change whose answers and look-ups are given.
    #[derive(Default)]
    struct Script {
        accepts_others: bool,
        sent: VecDeque<Sent<u8>>,
        seen: VecDeque<Result<Seen<u8>, Error>>,
    }

    impl Attempt for Script {
        type Done = u8;

        async fn send(&mut self) -> Sent<u8> {
            self.sent.pop_front().expect("one more request")
        }

        async fn look(&mut self) -> Result<Seen<u8>, Error> {
            self.seen.pop_front().expect("one more look-up")
        }

        fn look_after(&self) -> Duration {
            Duration::from_millis(200)
        }

        fn accepts_others(&self) -> bool {
            self.accepts_others
        }
    }

    struct Ada;

    impl Subject for Ada {
        fn what(&self) -> String {
            "the update of users/ada".to_owned()
        }

        fn stale(&self) -> Error {
            Error::Stale {
                what: "users/ada".to_owned(),
            }
        }
    }

    fn refused() -> Error {
        Error::Refused {
            status: 400,
            detail: "no".to_owned(),
            problems: Vec::new(),
        }
    }

    async fn settled<const S: usize, const L: usize>(
        sent: [Sent<u8>; S],
        seen: [Result<Seen<u8>, Error>; L],
    ) -> String {
        let mut script = Script {
            accepts_others: false,
            sent: sent.into(),
            seen: seen.into(),
        };
        let result = settle(&mut script, &Ada).await;
        let left = (script.sent.len(), script.seen.len());
        assert_eq!(left, (0, 0), "everything was needed");
        result.map_or_else(|error| error.to_string(), |done| done.to_string())
    }

    fn lost<T>() -> Sent<T> {
        Sent::Lost("cut off".to_owned())
    }

    #[tokio::test]
    async fn what_is_certain_needs_no_look() {
        assert_eq!(settled([Sent::Done(1)], []).await, "1");
        let error = settled([Sent::Refused(refused())], []).await;
        assert_eq!(error, "the portal refused: no");
    }

    #[tokio::test]
    async fn a_lost_answer_is_looked_up_before_anything_is_sent_again() {
        assert_eq!(settled([lost()], [Ok(Seen::AsWanted(2))]).await, "2");
        let again = [lost(), Sent::Done(3)];
        assert_eq!(settled(again, [Ok(Seen::AsBefore)]).await, "3");
        let stale = "users/ada has changed on the portal since it was read; plan again";
        assert_eq!(settled([lost()], [Ok(Seen::Otherwise)]).await, stale);
        let error = settled([lost()], [Ok(Seen::Unclear)]).await;
        assert!(error.contains("outcome is unknown: cut off"), "{error}");
        let error = settled([lost()], [Err(refused())]).await;
        assert!(error.contains("look-up failed"), "{error}");
    }

    #[tokio::test]
    async fn a_refusal_after_a_lost_answer_may_come_from_the_change_itself() {
        let sent = [lost(), Sent::Refused(refused())];
        let seen = [Ok(Seen::AsBefore), Ok(Seen::AsWanted(4))];
        assert_eq!(settled(sent, seen).await, "4");
        let sent = [lost(), Sent::Refused(refused())];
        let seen = [Ok(Seen::AsBefore), Ok(Seen::AsBefore)];
        assert_eq!(settled(sent, seen).await, "the portal refused: no");
    }

    #[tokio::test]
    async fn a_conflict_adopts_nothing() {
        let sent = [Sent::Conflict, Sent::Done(5)];
        assert_eq!(settled(sent, [Ok(Seen::AsBefore)]).await, "5");
        let error = settled([Sent::Conflict], [Ok(Seen::AsWanted(6))]).await;
        assert!(error.contains("has changed"), "{error}");
    }

    #[tokio::test]
    async fn a_delete_is_done_whoever_did_it() {
        let mut script = Script {
            accepts_others: true,
            sent: [Sent::Conflict].into(),
            seen: [Ok(Seen::AsWanted(8))].into(),
        };
        assert_eq!(settle(&mut script, &Ada).await.unwrap(), 8);
    }

    #[tokio::test]
    async fn nothing_is_sent_for_ever() {
        let before = || Ok(Seen::AsBefore);
        let error = settled([lost(), lost(), lost()], [before(), before(), before()]).await;
        assert!(error.contains("it was sent 3 times"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_accepted_change_counts_only_when_it_is_visible() {
        let seen = [Ok(Seen::AsBefore), Ok(Seen::AsWanted(7))];
        assert_eq!(settled([Sent::Accepted], seen).await, "7");
        let error = settled([Sent::Accepted], [(); 8].map(|()| Ok(Seen::AsBefore))).await;
        assert!(error.contains("accepted"), "{error}");
        let error = settled([Sent::Accepted], [Err(refused())]).await;
        assert!(
            error.contains("outcome is unknown: it was accepted"),
            "{error}"
        );
    }
}
