//! Speed at 100,000 users.

fn main() {}
