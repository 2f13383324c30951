//! Trino's scalar functions, as tables: one line a function says its name, its overloads in Trino's notation and what computes
//! it. From that line come coercion of arguments, result types, `SHOW FUNCTIONS` and errors.
//!
//! A family of functions is a module with `pub(super) const FUNCTIONS: &[Scalar]`, named in [`FAMILIES`].

pub(crate) mod aggregate;
mod arithmetic;
mod array;
mod binary;
mod bind;
mod bitwise;
mod call;
mod coalesce;
mod columns;
mod conditional;
mod construct;
mod datetime;
mod decimal;
mod equality;
mod format;
mod function;
mod interval;
pub(crate) mod json;
pub(crate) mod lambda;
pub(crate) mod library;
mod map;
mod math;
mod network;
mod number;
mod quantiles;
pub(crate) mod regexp;
mod rows;
mod session;
mod set_digest;
mod signature;
mod sketch;
mod string;
mod system;
#[cfg(test)]
mod tests;
mod url;
mod variant;

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use catalog::Error;
use datafusion::common::Result;
use datafusion::logical_expr::ScalarUDF;

use crate::types::Type;

pub(crate) use bind::unexpected;
pub(crate) use call::Call;
pub(crate) use columns::invalid;
use function::Function;

/// All families. What several say of one name are overloads of one function.
const FAMILIES: &[&[Scalar]] = &[
    arithmetic::FUNCTIONS,
    decimal::FUNCTIONS,
    interval::FUNCTIONS,
    equality::FUNCTIONS,
    construct::FUNCTIONS,
    datetime::arithmetic::FUNCTIONS,
    datetime::duration::FUNCTIONS,
    datetime::extract::FUNCTIONS,
    datetime::extract::EXTRACTS,
    datetime::iso::FUNCTIONS,
    datetime::joda::FUNCTIONS,
    datetime::mysql::FUNCTIONS,
    datetime::now::FUNCTIONS,
    datetime::teradata::FUNCTIONS,
    datetime::unix::FUNCTIONS,
    datetime::zone::FUNCTIONS,
    bitwise::FUNCTIONS,
    conditional::FUNCTIONS,
    math::base::FUNCTIONS,
    math::bucket::FUNCTIONS,
    math::float::FUNCTIONS,
    math::random::FUNCTIONS,
    math::rounding::FUNCTIONS,
    math::statistics::FUNCTIONS,
    math::vector::FUNCTIONS,
    string::CHANGES,
    string::SEARCHES,
    string::SPLITS,
    string::WORDS,
    binary::BYTES,
    binary::ENCODINGS,
    binary::HASHES,
    binary::NUMBERS,
    regexp::SEARCHES,
    regexp::REPLACEMENTS,
    regexp::LIKE,
    json::FUNCTIONS,
    json::INPUTS,
    json::QUERIES,
    json::TABLES,
    json::CONSTRUCTORS,
    url::FUNCTIONS,
    session::FUNCTIONS,
    network::FUNCTIONS,
    format::FUNCTIONS,
    format::SIZES,
    array::JOINS,
    array::LOOKS,
    array::MAKES,
    array::SEQUENCES,
    array::SETS,
    array::VECTORS,
    sketch::FUNCTIONS,
    set_digest::FUNCTIONS,
    system::FUNCTIONS,
    quantiles::FUNCTIONS,
    map::LOOKS,
    map::MAKES,
    number::FUNCTIONS,
    variant::FUNCTIONS,
];

/// A scalar function: what its overloads have in common.
#[derive(Debug)]
pub(crate) struct Scalar {
    /// Its name and further names for it, in lower case. A name that begins with `$` cannot be called by users; the planner does.
    pub(crate) names: &'static [&'static str],
    /// A sentence for `SHOW FUNCTIONS`, as Trino has it.
    pub(crate) description: &'static str,
    pub(crate) overloads: &'static [Overload],
}

/// One overload of a function.
#[derive(Debug)]
pub(crate) struct Overload {
    /// Types of arguments and result, as Trino writes them: `(varchar, bigint) -> varchar`.
    ///
    /// A word that begins with a capital letter stands for a type (`(array(T), T) -> boolean`), one in lower case where a type has
    /// a number for that number, with which the result may count (`(decimal(p, s)) -> decimal(min(38, p + 1), s)`); dots after
    /// the last argument let it come once or more often (`(T...) -> T`). Arguments that stand for the same type or number get
    /// the least type in common; `ANY` is a type of its own each time.
    pub(crate) signature: &'static str,
    pub(crate) nulls: Nulls,
    /// Computes the result for all rows: an array of [`Call::rows`] values in the Arrow type of [`Call::result`].
    pub(crate) call: fn(&Call<'_>) -> Result<ArrayRef>,
}

impl Overload {
    /// One for which a NULL argument makes NULL.
    pub(crate) const fn new(signature: &'static str, call: fn(&Call<'_>) -> Result<ArrayRef>) -> Self {
        Self { signature, nulls: Nulls::Null, call }
    }
}

/// What a function does with NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// A NULL argument makes NULL. `call` computes something for those rows, which is dropped: it must not fail for them.
    Null,
    /// The function itself sees them.
    Called,
}

/// An overload for `SHOW FUNCTIONS`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed {
    pub(crate) name: &'static str,
    /// As [`Overload::signature`].
    pub(crate) signature: &'static str,
    /// `scalar`, `aggregate` or `window`.
    pub(crate) kind: &'static str,
    pub(crate) description: &'static str,
}

/// Functions that users call by a name, and the planner by one with `$`.
const RENAMED: &[&str] = &["array_join", "map", "regexp_replace"];

/// Every overload that users may call, once for each name.
pub(crate) fn listed() -> impl Iterator<Item = Listed> {
    let scalars = FAMILIES.iter().copied().flatten().flat_map(|scalar| {
        let signatures = scalar.overloads.iter().map(|overload| overload.signature);
        list(library::SCALAR, scalar.names, scalar.description, signatures)
    });
    let all = scalars.chain(lambda::listed()).chain(aggregate::listed());
    let ours = all.filter_map(|listed| match listed.name.strip_prefix('$') {
        Some(name) => RENAMED.iter().find(|renamed| **renamed == name).map(|name| Listed { name, ..listed }),
        None => Some(listed),
    });
    ours.chain(library::FUNCTIONS.iter().copied()).chain(library::SAID_OTHERWISE.iter().copied())
}

/// Whether there is a function of this kind and name, lower case, as far as users and the planner are concerned.
pub(crate) fn has(kind: &str, name: &str) -> bool {
    let ours = match kind {
        library::SCALAR => registry().is_ok_and(|known| known.by_name.contains_key(name)) || lambda::has(name),
        library::AGGREGATE => aggregate::has(name),
        _ => false,
    };
    ours || name.starts_with('$') || library::has(kind, name)
}

fn list(
    kind: &'static str,
    names: &'static [&'static str],
    description: &'static str,
    signatures: impl Iterator<Item = &'static str> + Clone,
) -> impl Iterator<Item = Listed> {
    names.iter().flat_map(move |name| signatures.clone().map(move |signature| Listed { name, signature, kind, description }))
}

/// All functions, ready to be registered.
///
/// Errors: `Internal` where a table has a signature that cannot be read.
pub(crate) fn all() -> catalog::Result<impl Iterator<Item = Arc<ScalarUDF>>> {
    Ok(registry()?.functions.iter().cloned())
}

/// A function by its name, for the planner.
///
/// Errors: `Internal` where there is none.
pub(crate) fn named(name: &str) -> catalog::Result<Arc<ScalarUDF>> {
    let found = registry()?.by_name.get(name).cloned();
    found.ok_or_else(|| Error::internal(format!("there is no function {name}")))
}

/// The Arrow types that a call's arguments turn into; None for functions that are not in our tables.
pub(crate) fn wanted(function: &ScalarUDF, given: &[DataType]) -> Option<Vec<DataType>> {
    let function: &dyn Any = function.inner().as_ref();
    if let Some(function) = function.downcast_ref::<Function>() {
        return Some(function.wanted(given));
    }
    if let Some(wanted) = coalesce::wanted(function, given) {
        return Some(wanted);
    }
    construct::looks_into(function, given).and_then(|element| wanted(&element, given))
}

/// The type that comes out of a call, with the length of a varchar where the overload tells it; None for functions that are not
/// in our tables.
pub(crate) fn result(function: &ScalarUDF, given: &[Type]) -> Option<Type> {
    let function: &dyn Any = function.inner().as_ref();
    function.downcast_ref::<Function>()?.with_length(given)
}

struct Registry {
    functions: Vec<Arc<ScalarUDF>>,
    by_name: HashMap<String, Arc<ScalarUDF>>,
}

fn registry() -> catalog::Result<&'static Registry> {
    static REGISTRY: LazyLock<catalog::Result<Registry>> = LazyLock::new(Registry::new);
    REGISTRY.as_ref().map_err(Error::duplicate)
}

impl Registry {
    fn new() -> catalog::Result<Self> {
        let mut tables: Vec<(&str, Vec<&'static Scalar>)> = Vec::new();
        for scalar in FAMILIES.iter().copied().flatten() {
            match tables.iter_mut().find(|(name, _)| *name == scalar.names[0]) {
                Some((_, parts)) => parts.push(scalar),
                None => tables.push((scalar.names[0], vec![scalar])),
            }
        }
        let functions = tables.iter().map(|(_, parts)| Ok(Arc::new(ScalarUDF::new_from_impl(Function::new(parts)?))));
        let mut functions = functions.collect::<catalog::Result<Vec<_>>>()?;
        functions.push(Arc::new(coalesce::coalesce()));
        functions.extend(construct::all());
        functions.extend(crate::cast::all());
        let names = |function: &Arc<ScalarUDF>| {
            let names = function.aliases().iter().cloned().chain([function.name().to_string()]);
            names.map(|name| (name, Arc::clone(function))).collect::<Vec<_>>()
        };
        Ok(Self { by_name: functions.iter().flat_map(names).collect(), functions })
    }
}
