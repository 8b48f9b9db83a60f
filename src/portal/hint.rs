//! A *hint* is the next step after a portal error, for errors whose own text doesn't name one.

use super::{
    Error,
    http::{ConnectionFailure, TlsFailure},
};

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
        Error::Unreachable { url, cause, .. } => connection_hint(*cause, url),
        Error::Forbidden { .. } => "use credentials with that permission",
        Error::NotReady { status: 429, .. } => "lower `portal.rate_limit`, or try again later",
        Error::NotReady { status: 403, .. } => {
            "a proxy or firewall in front of the portal rejects the requests: check `portal.url`, and whether this machine is allowed to connect"
        }
        Error::NotReady { .. } => "try again later, or ask the portal's operator",
        Error::Unreadable { .. } => "check that `portal.url` is the address of the portal's API",
        Error::NoRequest { .. } => "the portal is older than what this needs",
        Error::Unknown { .. } => "plan again to see the result",
        Error::Partial { reason, .. } => hint(reason),
        Error::Misconfigured { .. }
        | Error::Unauthorized { .. }
        | Error::Refused { .. }
        | Error::Stale { .. }
        | Error::Accepted { .. } => "",
    }
}

/// The next step after a failed connection.
fn connection_hint(cause: ConnectionFailure, url: &str) -> &'static str {
    match cause {
        ConnectionFailure::Dns => {
            "the host name can't be resolved: check the host in `portal.url`, and this machine's DNS"
        }
        ConnectionFailure::Refused => {
            "no server listens there: check the port in `portal.url`, and that the portal is running"
        }
        ConnectionFailure::Tls(TlsFailure::UnknownIssuer) => {
            "this machine doesn't trust the issuer of the certificate: have the portal send the full certificate chain, or add the issuer to this machine's trusted certificates"
        }
        ConnectionFailure::Tls(TlsFailure::WrongHost) => {
            "the certificate is for another host: use the host name in the certificate"
        }
        ConnectionFailure::Tls(TlsFailure::Expired) => {
            "have the portal's certificate renewed, and check this machine's clock"
        }
        ConnectionFailure::Tls(TlsFailure::Certificate) => {
            "this machine doesn't trust the certificate: have the portal's operator replace it"
        }
        ConnectionFailure::Tls(TlsFailure::Handshake) => {
            "the server needs TLS 1.2 or newer: check the port in `portal.url`, or ask the portal's operator"
        }
        ConnectionFailure::NotTls => {
            "the server doesn't use TLS on that port: check the port in `portal.url`"
        }
        ConnectionFailure::Interrupted if url.starts_with("http:") => {
            "if the port expects TLS, use https in `portal.url`"
        }
        ConnectionFailure::NoRoute | ConnectionFailure::Timeout => {
            "check the host and the port in `portal.url`, and whether a firewall blocks the connection"
        }
        ConnectionFailure::Interrupted | ConnectionFailure::Other => {
            "check `portal.url`, and that this machine can reach it"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectionFailure, Error, TlsFailure, hint};

    #[test]
    fn every_connection_failure_has_a_hint() {
        for (cause, word) in [
            (ConnectionFailure::Dns, "DNS"),
            (ConnectionFailure::Refused, "port"),
            (ConnectionFailure::NoRoute, "firewall"),
            (ConnectionFailure::Timeout, "firewall"),
            (ConnectionFailure::NotTls, "TLS"),
            (ConnectionFailure::Tls(TlsFailure::UnknownIssuer), "chain"),
            (ConnectionFailure::Tls(TlsFailure::WrongHost), "host name"),
            (ConnectionFailure::Tls(TlsFailure::Expired), "clock"),
            (ConnectionFailure::Tls(TlsFailure::Certificate), "trust"),
            (ConnectionFailure::Tls(TlsFailure::Handshake), "TLS 1.2"),
            (ConnectionFailure::Interrupted, "https"),
            (ConnectionFailure::Other, "portal.url"),
        ] {
            let error = Error::Unreachable {
                url: "http://127.0.0.1:8000".to_owned(),
                cause,
                reason: "whatever the system says".to_owned(),
            };
            assert!(hint(&error).contains(word), "{cause:?}: {}", hint(&error));
        }
        let error = Error::Unreachable {
            url: "https://portal.example".to_owned(),
            cause: ConnectionFailure::Interrupted,
            reason: String::new(),
        };
        assert!(!hint(&error).contains("https"), "it is https already");
    }
}
