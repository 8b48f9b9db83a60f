//! The *conformance suite*: a portal supports what its capabilities declare.
//!
//! Each step declares something, expects a plan with changes, applies it, and expects an empty plan. The
//! subjects are the sandbox, a fake Kazoo of each generation, a real SCIM server where it is installed, and
//! a real Kazoo if `CALLSHEET_KAZOO_URL` is set; `subject` lists them.

mod field;

mod charge;
mod contact;
mod cost;
mod evidence;
mod fault;
mod identity;
mod ivy;
mod neighbours;
mod netsapiens;
mod page;
mod race;
mod rate_limit;
mod record;
mod round;
mod run;
mod scim;
mod secret;
pub(crate) mod server;
mod subject;
mod supported;
mod value;
