//! The *portals* are the supported phone systems, one a row. Apart from its folder in `portal`, this row is
//! all that a portal needs.

/// Calls a macro with the rows: the documentation of `portal.kind`, the variant of
/// [`PortalKind`](crate::config::PortalKind), its text, the module in `portal`, and whether queue agents need
/// a scope that lets them answer queues.
macro_rules! portals {
    ($rows:ident) => {
        $rows! {
            /// The built-in sandbox.
            Sandbox = "sandbox", sandbox, agents_need_a_scope: true;
            /// Kazoo 4 and 5, and products built on them, through Crossbar's API version 2.
            Kazoo = "kazoo", kazoo, agents_need_a_scope: false;
            /// Portals with SCIM 2.0 (RFC 7643 and 7644): users and groups, and telephony if the portal has an
            /// extension for it.
            Scim = "scim", scim, agents_need_a_scope: false;
        }
    };
}

pub(crate) use portals;
