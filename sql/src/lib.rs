//! The language: Athena text in, typed Statement out.
