//! The stack that parsing needs, so that no text ends the process: [`crate::cursor`] bounds how deep texts may be nested, and
//! `expression` how many operators stand in one row.

/// The stack for parsing: what the deepest text needs, with room to spare. Memory is only used as far as it is touched.
const STACK: usize = 256 << 20;

/// Runs `work` with at least half of [`STACK`] before it.
pub(super) fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK / 2, STACK, work)
}
