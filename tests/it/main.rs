//! The tests of Callsheet as a whole: one binary, so that it links once.

mod layers;
