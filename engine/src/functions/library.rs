//! The functions that are DataFusion's own under Trino's names, because they mean the same. No other function of DataFusion can be
//! called: what Trino does not have is not there.

use super::Listed;

/// Each overload, for `SHOW FUNCTIONS`.
pub(super) const FUNCTIONS: &[Listed] = &[
    scalar("coalesce", "(T...) -> T", "The first of the values that is not NULL"),
    aggregate("array_agg", "(T) -> array(T)", "An array of the values"),
    aggregate("avg", "(double) -> double", "The mean of the values"),
    aggregate("avg", "(real) -> real", "The mean of the values"),
    aggregate("avg", "(decimal(p, s)) -> decimal(p, s)", "The mean of the values"),
    aggregate("avg", "(interval day to second) -> interval day to second", "The mean of the values"),
    aggregate("avg", "(interval year to month) -> interval year to month", "The mean of the values"),
    aggregate("count", "() -> bigint", "How many rows there are"),
    aggregate("count", "(T) -> bigint", "How many values are not NULL"),
    aggregate("grouping", "(T...) -> bigint", "Which of the columns a row is not grouped by, as bits"),
    aggregate("sum", "(bigint) -> bigint", "The sum of the values"),
    aggregate("sum", "(double) -> double", "The sum of the values"),
    aggregate("sum", "(real) -> real", "The sum of the values"),
    aggregate("sum", "(decimal(p, s)) -> decimal(38, s)", "The sum of the values"),
    aggregate("sum", "(interval day to second) -> interval day to second", "The sum of the values"),
    aggregate("sum", "(interval year to month) -> interval year to month", "The sum of the values"),
    window("cume_dist", "() -> double", "How much of the partition is not after the row"),
    window("dense_rank", "() -> bigint", "The rank of the row, without gaps"),
    window("first_value", "(T) -> T", "The value of the frame's first row"),
    window("lag", "(T) -> T", "The value of an earlier row"),
    window("lag", "(T, bigint) -> T", "The value of an earlier row"),
    window("lag", "(T, bigint, T) -> T", "The value of an earlier row"),
    window("last_value", "(T) -> T", "The value of the frame's last row"),
    window("lead", "(T) -> T", "The value of a later row"),
    window("lead", "(T, bigint) -> T", "The value of a later row"),
    window("lead", "(T, bigint, T) -> T", "The value of a later row"),
    window("nth_value", "(T, bigint) -> T", "The value of a row of the frame by its place"),
    window("ntile", "(bigint) -> bigint", "Which of so many equal parts of the partition the row is in"),
    window("percent_rank", "() -> double", "The rank of the row, from 0 to 1"),
    window("rank", "() -> bigint", "The rank of the row, with gaps after equals"),
    window("row_number", "() -> bigint", "The place of the row, from 1"),
];

/// What users call by another name than the function has that is planned ([`crate::plan`] says which).
pub(super) const SAID_OTHERWISE: &[Listed] = &[
    aggregate("listagg", "(varchar, varchar) -> varchar", "The texts with a separator between"),
    aggregate("reduce_agg", "(T, S, function(S, T, S), function(S, S, S)) -> S", "What lambdas make of all values"),
];

const fn scalar(name: &'static str, signature: &'static str, description: &'static str) -> Listed {
    Listed { name, signature, kind: SCALAR, description }
}

const fn aggregate(name: &'static str, signature: &'static str, description: &'static str) -> Listed {
    Listed { name, signature, kind: AGGREGATE, description }
}

const fn window(name: &'static str, signature: &'static str, description: &'static str) -> Listed {
    Listed { name, signature, kind: WINDOW, description }
}

pub(crate) const SCALAR: &str = "scalar";
pub(crate) const AGGREGATE: &str = "aggregate";
pub(crate) const WINDOW: &str = "window";

/// Whether DataFusion's function of this kind and name can be called.
pub(super) fn has(kind: &str, name: &str) -> bool {
    FUNCTIONS.iter().any(|function| function.kind == kind && function.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn datafusion_has_them() {
        let scalars = datafusion::functions::all_default_functions().into_iter().map(|function| function.name().to_string());
        let aggregates = datafusion::functions_aggregate::all_default_aggregate_functions();
        let aggregates =
            aggregates.into_iter().flat_map(|function| [vec![function.name().to_string()], function.aliases().to_vec()].concat());
        let windows = datafusion::functions_window::all_default_window_functions();
        let windows = windows.into_iter().map(|function| function.name().to_string());
        let known: HashSet<String> = scalars.chain(aggregates).chain(windows).collect();
        for function in FUNCTIONS {
            assert!(known.contains(function.name), "{}", function.name);
        }
    }

    #[test]
    fn what_is_listed_can_be_called() {
        for listed in super::super::listed() {
            let otherwise = SAID_OTHERWISE.iter().any(|function| function.name == listed.name);
            let renamed = super::super::RENAMED.contains(&listed.name);
            assert!(otherwise || renamed || super::super::has(listed.kind, listed.name), "{}", listed.name);
        }
        for missing in ["range", "array_to_string", "string_agg", "median"] {
            assert!([SCALAR, AGGREGATE, WINDOW].iter().all(|kind| !super::super::has(kind, missing)), "{missing}");
        }
    }
}
