//! The wire: HTTP.
