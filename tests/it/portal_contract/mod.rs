//! What every portal must do: whatever it says that it can hold, it holds.
//!
//! Each step is the same: something is declared, a plan has changes, they are applied, and the next plan
//! has none. The subjects are the sandbox, a Kazoo of each generation that tests can talk to, and a real
//! Kazoo where `CALLSHEET_KAZOO_URL` says where it is.

mod field;

mod charge;
mod contact;
mod cost;
mod evidence;
mod fault;
mod identity;
mod page;
mod race;
mod rate_limit;
mod round;
mod run;
mod secret;
mod subject;
mod value;
