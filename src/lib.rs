//! x
pub mod diagnostic;
pub mod model;
pub mod sandbox;
pub mod schema;
pub mod source;
pub mod yaml;
