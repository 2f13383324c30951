//! Trino's functions that take lambdas, as tables: like [`super::Scalar`], with `function(T, U)` in a signature for a lambda that
//! takes a `T` and gives a `U`.
//!
//! A lambda is called for a batch of elements at once, whatever row they are from.

mod array;
mod bind;
mod call;
mod function;
mod map;
mod reduce;
mod sort;
mod text;
mod tried;

use std::sync::Arc;

use arrow::array::ArrayRef;
use datafusion::common::Result;
use datafusion::logical_expr::HigherOrderUDF;

pub(super) use call::Call;
use function::Function;

/// A function with lambdas.
#[derive(Debug)]
pub(super) struct Lambda {
    /// As [`super::Scalar::names`].
    names: &'static [&'static str],
    description: &'static str,
    overloads: &'static [Overload],
}

#[derive(Debug)]
struct Overload {
    /// `(array(T), function(T, boolean)) -> array(T)`. A NULL among arguments that are no lambdas makes NULL where the function
    /// does not say otherwise: it sees which rows have one.
    signature: &'static str,
    call: fn(&Call<'_>) -> Result<ArrayRef>,
}

const FAMILIES: &[&[Lambda]] =
    &[array::FUNCTIONS, map::FUNCTIONS, reduce::FUNCTIONS, sort::FUNCTIONS, tried::FUNCTIONS, text::FUNCTIONS];

/// Every overload, once for each name.
pub(super) fn listed() -> impl Iterator<Item = super::Listed> {
    FAMILIES.iter().copied().flatten().flat_map(|function| {
        let signatures = function.overloads.iter().map(|overload| overload.signature);
        super::list(super::library::SCALAR, function.names, function.description, signatures)
    })
}

/// Whether one has this name.
pub(super) fn has(name: &str) -> bool {
    FAMILIES.iter().copied().flatten().any(|function| function.names.contains(&name))
}

/// All of them, ready to be registered.
///
/// Errors: `Internal` where a signature cannot be read.
pub(crate) fn all() -> catalog::Result<Vec<Arc<HigherOrderUDF>>> {
    let functions = FAMILIES.iter().copied().flatten().map(Function::new);
    functions.map(|function| Ok(Arc::new(HigherOrderUDF::new_from_impl(function?)))).collect()
}
