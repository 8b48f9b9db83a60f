//! x
pub mod config;
pub mod declaration;
pub mod diagnostic;
pub mod model;
pub mod schema;
pub mod source;
pub mod template;
pub mod yaml;
