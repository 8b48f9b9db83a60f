//! A *base* is the address that a portal's paths begin at: one to which credentials can be sent.

use super::super::Error;
use reqwest::Url;
use std::fmt;

/// The address that a portal's paths begin at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(Url);

impl Base {
    /// Reads an address as the user wrote it: `https://portal.example/api`, with or without a slash at
    /// its end.
    ///
    /// # Errors
    /// It is no address of a portal, or credentials sent to it could be read on their way.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |shown: &str, reason: &str| {
            Err(Error::Unreachable {
                url: super::plain(shown),
                reason: reason.to_owned(),
            })
        };
        let Ok(url) = Url::parse(text) else {
            return refuse(
                "the portal",
                "its URL is not one: write https://portal.example",
            );
        };
        // What stands before the `@` may be a password, so the address isn't shown.
        if !url.username().is_empty() || url.password().is_some() {
            let reason =
                "its URL holds a user name or password; they belong in `portal.credentials`";
            return refuse("the portal", reason);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse(
                "the portal",
                "its URL has a query or a fragment; leave them out",
            );
        }
        let base = Self(url);
        match base.0.scheme() {
            "https" => Ok(base),
            "http" if base.is_loopback() => Ok(base),
            "http" => refuse(
                text,
                "over plain http everybody on the way could read the credentials; use https",
            ),
            _ => refuse(text, "only https, and http to this machine, are spoken"),
        }
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        // By name, only `localhost`; an address counts as what it is. `127.0.0.1.evil.example` is a
        // name, and doesn't parse as an address.
        let host = self.0.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || address
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// The address of what lies below. Nothing where a name could lead elsewhere: an id comes from the
    /// portal, and `..` would turn the address of one object into that of all.
    pub(super) fn join(&self, path: &[&str], query: &[(&str, &str)]) -> Option<Url> {
        if path.iter().any(|name| matches!(*name, "" | "." | "..")) {
            return None;
        }
        let mut url = self.0.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(path);
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
    fn credentials_travel_by_tls_or_not_at_all() {
        for fine in [
            "https://portal.example",
            "http://127.0.0.1:8080",
            "http://[::1]:1/api/",
            "http://localhost",
        ] {
            assert!(Base::parse(fine).is_ok(), "{fine}");
        }
        for bad in [
            "http://portal.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "ftp://portal.example",
            "portal.example",
            "https://portal.example?x=1",
            "https://portal.example#x",
        ] {
            assert!(Base::parse(bad).is_err(), "{bad}");
        }
        let told = Base::parse("https://me:hunter2@portal.example")
            .unwrap_err()
            .to_string();
        assert!(
            told.contains("portal.credentials") && !told.contains("hunter2"),
            "{told}"
        );
    }

    #[test]
    fn a_base_path_is_kept_and_names_stay_names() {
        for base in ["https://portal.example/api", "https://portal.example/api/"] {
            let base = Base::parse(base).unwrap();
            let url = base
                .join(&["v1", "users", "a/b?c"], &[("username", "a&b")])
                .unwrap();
            assert_eq!(
                url.as_str(),
                "https://portal.example/api/v1/users/a%2Fb%3Fc?username=a%26b"
            );
            assert_eq!(base.join(&["v1", "users", ".."], &[]), None);
            assert_eq!(base.join(&["v1", "users", ""], &[]), None);
        }
    }
}
