//! The crawler: objects in, tables of the catalog out. Its steps but the last are pure functions.

pub mod columns;
pub mod inspect;
pub mod inspected;
pub mod shape;
