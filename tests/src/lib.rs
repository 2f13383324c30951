//! Black-box tests; all of them are in `tests/it`.
