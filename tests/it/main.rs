//! The tests of Callsheet as a whole: real files, real servers, the real binary. One binary, so that
//! it links once.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod bounds;
mod budget;
mod canary;
mod causes;
mod ci;
mod cli;
mod converge;
mod crash;
mod doctor;
mod editor;
mod fake;
mod faults;
mod faulty;
mod fixtures;
mod golden;
mod guards;
mod history;
mod history_gap;
mod hostile;
mod import;
mod kazoo;
mod kazoo_crash;
mod kazoo_import;
mod kazoo_manual_edits;
mod kazoo_record;
mod layers;
mod message;
mod oracle;
mod page;
mod plan;
mod portal_contract;
mod random_history;
mod refusals;
mod report;
mod rest;
mod reviewed;
mod running;
mod sandbox;
mod sandbox_adapter;
mod scalars;
mod scim;
mod served;
mod workspace;
mod workspaces;
