//! A *hint* is the next step after a portal error, for errors whose own text doesn't name one.

use super::Error;

/// The text of an error, followed by its hint.
#[must_use]
pub fn with_hint(error: &Error) -> String {
    match hint(error) {
        "" => error.to_string(),
        hint => format!("{error}; {hint}"),
    }
}

/// The next step; empty if the error text already names it.
fn hint(error: &Error) -> &'static str {
    match error {
        Error::Unreachable { reason, .. } => connection_hint(reason),
        Error::Forbidden { .. } => "use credentials with that permission",
        Error::NotReady { status: 429, .. } => "lower `portal.rate_limit`, or try again later",
        Error::NotReady { status: 403, .. } => {
            "a proxy or firewall in front of the portal rejects the requests: check `portal.url`, and whether this machine is allowed to connect"
        }
        Error::NotReady { .. } => "try again later, or ask the portal's operator",
        Error::Unreadable { .. } => "check that `portal.url` is the address of the portal's API",
        Error::Unknown { .. } => "plan again to see the result",
        Error::Unauthorized { .. } | Error::Refused { .. } | Error::Stale { .. } => "",
    }
}

/// The next step after a failed connection. The reason is a message of the operating system, the
/// resolver or the TLS library; an unknown message gets a general hint.
fn connection_hint(reason: &str) -> &'static str {
    let reason = reason.to_ascii_lowercase();
    let contains = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if contains(&[
        "lookup",
        "resolve",
        "name or service",
        "nodename",
        "no such host",
    ]) {
        "the host name can't be resolved: check the host in `portal.url`, and this machine's DNS"
    } else if contains(&["refused"]) {
        "no server listens there: check the port in `portal.url`, and that the portal is running"
    } else if contains(&["certificate"]) {
        "this machine doesn't trust the certificate for that host name: use the host name in the certificate, or have the portal send the full certificate chain"
    } else if contains(&["corrupt message", "corruptmessage", "invalidcontenttype"]) {
        "the server doesn't use TLS on that port: check the port in `portal.url`"
    } else if contains(&["interrupted"]) {
        "if the port expects TLS, use https in `portal.url`"
    } else if contains(&["elapsed", "timed out", "too long", "unreachable"]) {
        "check the host and the port in `portal.url`, and whether a firewall blocks the connection"
    } else if contains(&["portal.", "`portal", "https"]) {
        "" // Callsheet's own reasons already name the next step.
    } else {
        "check `portal.url`, and that this machine can reach it"
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, hint};

    #[test]
    fn every_connection_error_has_a_hint() {
        for (reason, word) in [
            (
                "failed to lookup address information: Name or service not known",
                "DNS",
            ),
            ("Connection refused (os error 111)", "port"),
            ("invalid peer certificate: UnknownIssuer", "trust"),
            ("received corrupt message of type InvalidContentType", "TLS"),
            ("deadline has elapsed", "firewall"),
            ("the connection was interrupted: connection closed", "https"),
            ("something new", "portal.url"),
        ] {
            let error = Error::Unreachable {
                url: "https://portal.example".to_owned(),
                reason: reason.to_owned(),
            };
            assert!(hint(&error).contains(word), "{reason}: {}", hint(&error));
        }
    }
}
