//! The Athena side: plan, scan, functions, run, results.
