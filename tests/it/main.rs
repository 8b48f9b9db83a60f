//! The tests that go through the front door: real servers, real requests.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod faulty;
mod message;
mod refusals;
mod running;
mod sandbox;
