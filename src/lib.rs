//! x
pub mod diagnostic;
pub mod model;
pub mod portal;
pub mod schema;
pub mod source;
pub mod yaml;
