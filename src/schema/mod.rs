//! A *schema* describes the model for other programs: editors, validators and portals.
//!
//! All schemas are generated from the model's types. Each kind has three: for files ([`published`]), for
//! declarations with their template expanded ([`Checker::declaration`]), and for requests to the
//! sandbox ([`wire`]).

mod check;
mod editor;
mod example;
mod explain;
mod instance;
mod meaning;
mod publish;
mod restriction;

pub use check::{Checker, FieldError, check_json, configuration_shape};
pub use publish::{BASE, declaration_properties, of_document, published, wire};
