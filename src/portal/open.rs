//! The one place that knows every adapter.
