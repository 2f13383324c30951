//! Keywords.
