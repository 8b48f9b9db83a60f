//! A *remedy* is what somebody can do about an error: the next step, wherever the error itself doesn't
//! name one.

use super::Error;

/// An error, with the next step behind it.
#[must_use]
pub fn with_remedy(error: &Error) -> String {
    match remedy(error) {
        "" => error.to_string(),
        remedy => format!("{error}; {remedy}"),
    }
}

/// What to do next; empty where the error says it.
fn remedy(error: &Error) -> &'static str {
    match error {
        Error::Unreachable { reason, .. } => unreachable(reason),
        Error::Forbidden { .. } => "use credentials that may",
        Error::NotReady { status: 429, .. } => "lower `portal.pace`, or try again later",
        Error::NotReady { status: 403, .. } => {
            "something before the portal turns us away: check `portal.url`, and whether this machine is allowed in"
        }
        Error::NotReady { .. } => "try again later, or ask whoever runs the portal",
        Error::Unreadable { .. } => "check that `portal.url` is the address of the portal's API",
        Error::Unauthorized { .. }
        | Error::Refused { .. }
        | Error::Stale { .. }
        | Error::Unknown { .. } => "",
    }
}

/// What to do where no connection came about. The reason is the words of an operating system, a resolver
/// or a TLS library; those that are not known here get the advice that is never wrong.
fn unreachable(reason: &str) -> &'static str {
    let reason = reason.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&[
        "lookup",
        "resolve",
        "name or service",
        "nodename",
        "no such host",
    ]) {
        "no such name is known here: check the host in `portal.url`, and this machine's DNS"
    } else if says(&["refused"]) {
        "nobody listens there: check the port in `portal.url`, and that the portal runs"
    } else if says(&["certificate"]) {
        "its certificate isn't one that this machine trusts for that name: write the name that it is for, or have the portal send its whole chain"
    } else if says(&["corrupt message", "corruptmessage", "invalidcontenttype"]) {
        "it doesn't speak TLS at that port: check the port in `portal.url`"
    } else if says(&["broke off"]) {
        "where the port is one of TLS, write https in `portal.url`"
    } else if says(&["elapsed", "timed out", "too long", "unreachable"]) {
        "check the host and the port in `portal.url`, and whether a firewall is between"
    } else if says(&["portal.", "`portal", "https"]) {
        "" // what we say ourselves names the next step
    } else {
        "check `portal.url`, and that this machine reaches it"
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, remedy};

    #[test]
    fn each_way_of_not_getting_through_has_a_next_step() {
        for (reason, word) in [
            (
                "failed to lookup address information: Name or service not known",
                "DNS",
            ),
            ("Connection refused (os error 111)", "port"),
            ("invalid peer certificate: UnknownIssuer", "trusts"),
            ("received corrupt message of type InvalidContentType", "TLS"),
            ("deadline has elapsed", "firewall"),
            ("the connection broke off: connection closed", "https"),
            ("something new", "portal.url"),
        ] {
            let error = Error::Unreachable {
                url: "https://portal.example".to_owned(),
                reason: reason.to_owned(),
            };
            assert!(
                remedy(&error).contains(word),
                "{reason}: {}",
                remedy(&error)
            );
        }
    }
}
