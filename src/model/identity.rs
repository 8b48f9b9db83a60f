//! A *portal identity* is which portal and which tenant a workspace speaks to: what must be the same for
//! a commit to be evidence about what is live.

use sha2::{Digest as _, Sha256};

/// One tenant of one portal.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortalIdentity {
    /// The kind, as `portal.kind` says it.
    pub kind: String,
    /// The URL, or the path of the database, relative to the workspace.
    pub place: String,
    /// The tenant; empty where the portal has one only.
    pub tenant: String,
}

impl PortalIdentity {
    /// An identity. Spellings of one URL that mean the same are one.
    #[must_use]
    pub fn new(kind: &str, place: &str, tenant: &str) -> Self {
        let place = match place.split_once("://") {
            None => place.trim_start_matches("./").to_owned(),
            Some((scheme, rest)) => {
                let rest = rest.trim_end_matches('/');
                let (host, path) = rest
                    .find('/')
                    .map_or((rest, ""), |slash| rest.split_at(slash));
                let scheme = scheme.to_ascii_lowercase();
                let host = host.to_ascii_lowercase();
                let default = if scheme == "https" { ":443" } else { ":80" };
                let host = host.strip_suffix(default).unwrap_or(&host);
                format!("{scheme}://{host}{path}")
            }
        };
        Self {
            kind: kind.to_owned(),
            place,
            tenant: tenant.to_owned(),
        }
    }

    /// Whether the portal runs inside the command, on a database in the folder of the workspace.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        !self.place.contains("://")
    }

    /// A short name that is the same in every clone: 16 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        let text = format!("{}\0{}\0{}", self.kind, self.place, self.tenant);
        let digest = Sha256::digest(text);
        let bytes = digest.iter().take(8);
        bytes.fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::PortalIdentity;

    #[test]
    fn spellings_of_one_portal_have_one_digest_and_others_have_others() {
        let digest =
            |place: &str, tenant: &str| PortalIdentity::new("kazoo", place, tenant).digest();
        let first = digest("https://PBX.example:443/", "acme");
        assert_eq!(first, digest("https://pbx.example", "acme"));
        assert_ne!(first, digest("https://pbx.example", "other"));
        assert_ne!(first, digest("https://pbx.example:8443", "acme"));
        assert_ne!(first, digest("https://pbx.example/v2", "acme"));
    }
}
