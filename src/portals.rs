//! The *portals* are the supported phone systems, one a row. Apart from its folder in `portal`, this row is
//! all that a portal needs.

/// Calls a macro with the rows: the documentation of `portal.kind`, the variant of
/// [`PortalKind`](crate::config::PortalKind), its text, which is also the name of its
/// [profile](crate::profile::Profile), and the module in `portal`.
macro_rules! portals {
    ($rows:ident) => {
        $rows! {
            /// The built-in sandbox.
            Sandbox = "sandbox", sandbox;
            /// Kazoo 4 and 5, and products built on them, through Crossbar's API version 2.
            Kazoo = "kazoo", kazoo;
            /// Portals with SCIM 2.0 (RFC 7643 and 7644): users and groups, and telephony if the portal has an
            /// extension for it.
            Scim = "scim", scim;
            /// NetSapiens, by version 2 of its API. Experimental: it is known from its documents alone.
            Netsapiens = "netsapiens", netsapiens;
            /// Teliax's IVY, by the Ringer Business API, version 2. Experimental.
            Ivy = "ivy", ivy;
        }
    };
}

pub(crate) use portals;
