//! A *schema* is the model written down for others: editors, validators, portals.
//!
//! All schemas are generated from the model's types. Three forms are made of each kind: what a file
//! may say ([`published`]), what a declaration must be once its template is expanded
//! ([`Checker::declaration`]), and what the sandbox takes ([`wire`]).

mod check;
mod explain;
mod instance;
mod publish;

pub use check::{Checker, FieldError, check_json, configuration_shape};
pub use publish::{BASE, of_document, published, wire};
