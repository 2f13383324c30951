//! Trino's "Array functions and operators", those without lambdas.

mod join;
mod look;
mod make;
mod sequence;
mod sets;
mod vector;

pub(super) use join::FUNCTIONS as JOINS;
pub(super) use look::FUNCTIONS as LOOKS;
pub(super) use make::FUNCTIONS as MAKES;
pub(super) use sequence::FUNCTIONS as SEQUENCES;
pub(super) use sets::FUNCTIONS as SETS;
pub(super) use vector::FUNCTIONS as VECTORS;
