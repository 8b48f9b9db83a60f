//! x
pub mod diagnostic;
pub mod model;
pub mod render;
pub mod schema;
pub mod source;
pub mod yaml;
