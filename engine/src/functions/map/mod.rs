//! Trino's "Map functions and operators", those without lambdas.

mod look;
mod make;

pub(super) use look::FUNCTIONS as LOOKS;
pub(super) use make::FUNCTIONS as MAKES;
pub(super) use make::checked;
