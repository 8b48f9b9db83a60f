//! Callsheet keeps the people of a phone system in Git. Users, scopes, extensions, templates, phone
//! numbers and contacts are declared in YAML, validated against a JSON Schema, compared with the live
//! portal, shown as a plan, and applied.
//!
//! Data flows one way:
//!
//! ```text
//! files in a folder ▶ repo ▶ source ▶ yaml ▶ schema ▶ template ▶ rules ═▶ desired ─┐
//!                                                                                  ├▶ plan ▶ apply ▶ portal.write
//!                                                       portal.read ═▶ live ───────┘    │      │
//!                                                                                       ▼      ▼
//!                                                    diagnostics, plan, results ──▶ render: text json github sarif
//! ```
//!
//! Read the modules in that order. Each may import only what stands before it; a test holds that.
//!
//! - [`sensitive`], [`source`] and [`diagnostic`]: keys that sound like a secret's, places in files, and what
//!   is wrong there.
//! - [`model`]: users, scopes, extensions and all other kinds as types. A field is written once, there.
//! - [`profile`]: what each phone system supports, requires and does, as data.
//! - [`yaml`], [`schema`], [`config`], [`declaration`], [`template`], [`rules`], [`repo`], [`desired`]: from
//!   the files to what they declare.
//! - [`history`]: what earlier commits declared.
//! - [`support`] and [`plan`]: what a portal doesn't support, and the operations to apply; pure functions.
//! - [`view`] and [`page`]: declared and live seen together, for people to look at.
//! - [`portal`] and [`sandbox`]: live systems, and the one that is built in.
//! - [`apply`], [`journal`], [`saved`], [`undo`] and [`import`]: from the plan to the portal and back, and from
//!   the portal to files.
//! - [`sheet`]: from spreadsheets to files, and back.
//! - [`render`], [`mod@reference`] and [`cli`]: how all of it is shown.

pub mod action;
pub mod apply;
pub mod cli;
pub mod config;
pub mod declaration;
pub mod desired;
pub mod diagnostic;
pub mod forge;
pub mod greeting;
pub mod history;
pub mod import;
pub mod journal;
pub mod lifecycle;
pub mod model;
pub mod page;
pub mod plan;
pub mod portal;
mod portals;
pub mod profile;
pub mod reference;
pub mod render;
pub mod renumber;
pub mod repo;
pub mod rules;
pub mod sandbox;
pub mod saved;
pub mod schema;
pub mod sensitive;
pub mod sheet;
pub mod source;
pub mod support;
pub mod template;
pub mod trace;
pub mod undo;
pub mod view;
pub mod yaml;
