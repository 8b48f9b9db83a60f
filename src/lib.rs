//! x
pub mod config;
pub mod declaration;
pub mod desired;
pub mod diagnostic;
pub mod model;
pub mod plan;
pub mod repo;
pub mod rules;
pub mod schema;
pub mod source;
pub mod template;
pub mod yaml;
