//! A *base* is a portal's base URL, to which credentials can be sent safely.

use super::super::Error;
use reqwest::Url;
use std::fmt;

/// The base URL of a portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(Url);

impl Base {
    /// Parses a URL such as `https://portal.example/api`, with or without a trailing slash.
    ///
    /// # Errors
    /// The URL is invalid, or credentials sent to it could be intercepted.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |reason: &str| {
            Err(Error::Misconfigured {
                setting: "portal.url",
                reason: reason.to_owned(),
            })
        };
        let Ok(url) = Url::parse(text) else {
            return refuse("it isn't a URL; write it as https://portal.example");
        };
        // The part before the `@` may contain a password, so the URL isn't shown.
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(
                "it contains a user name or password; move them to `portal.credentials`",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("it has a query or a fragment; remove them");
        }
        let base = Self(url);
        match base.0.scheme() {
            "https" => Ok(base),
            "http" if base.is_loopback() => Ok(base),
            "http" => refuse("plain http would expose the credentials on the network; use https"),
            _ => refuse("only https is supported, and http on this machine"),
        }
    }

    /// The host with its scheme and port, whose limits all APIs on it share.
    pub(super) fn host(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Whether the host is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        // `localhost` is the only accepted name. `127.0.0.1.evil.example` is a name, and doesn't parse as
        // an IP address.
        let host = self.0.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || address
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// Appends path segments and a query. Returns `None` if a segment could change the path: an ID comes
    /// from the portal, and `..` would turn the URL of one object into that of the collection.
    pub(super) fn join(
        &self,
        path: &[impl AsRef<str>],
        query: &[(impl AsRef<str>, impl AsRef<str>)],
    ) -> Option<Url> {
        let mut segments = path.iter().map(AsRef::as_ref);
        if segments.any(|segment| matches!(segment, "" | "." | "..")) {
            return None;
        }
        let mut url = self.0.clone();
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(path.iter().map(AsRef::as_ref));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Some(url)
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::Base;

    #[test]
    fn credentials_are_only_sent_over_tls_or_to_this_machine() {
        for valid in [
            "https://portal.example",
            "http://127.0.0.1:8080",
            "http://[::1]:1/api/",
            "http://localhost",
        ] {
            assert!(Base::parse(valid).is_ok(), "{valid}");
        }
        for invalid in [
            "http://portal.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "ftp://portal.example",
            "portal.example",
            "https://portal.example?x=1",
            "https://portal.example#x",
        ] {
            assert!(Base::parse(invalid).is_err(), "{invalid}");
        }
        let message = Base::parse("https://me:hunter2@portal.example")
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("portal.credentials") && !message.contains("hunter2"),
            "{message}"
        );
    }

    #[test]
    fn path_segments_are_appended_and_encoded() {
        for base in ["https://portal.example/api", "https://portal.example/api/"] {
            let base = Base::parse(base).unwrap();
            let url = base
                .join(&["v1", "users", "a/b?c"], &[("username", "a&b")])
                .unwrap();
            assert_eq!(
                url.as_str(),
                "https://portal.example/api/v1/users/a%2Fb%3Fc?username=a%26b"
            );
            let nothing: [(&str, &str); 0] = [];
            assert_eq!(base.join(&["v1", "users", ".."], &nothing), None);
            assert_eq!(base.join(&["v1", "users", ""], &nothing), None);
        }
    }
}
