//! The table.

use arrow::datatypes::DataType;
use datafusion::functions_aggregate::{
    any_value, bit_and_or_xor, bool_and_or, correlation, covariance, min_max, regr, stddev, variance,
};

use super::Kind::{Library, Own};
use super::count_distinct::{Checksum, Distinct, MergeSets};
use super::digest::Digest;
use super::extreme::{End, One, Several};
use super::maps::{Histogram, MapOf, MultimapOf};
use super::moments::{CountIf, Log, Logarithms, Moments, Shape};
use super::numeric_histogram::NumericHistogram;
use super::percentile::Percentile;
use super::quantiles::Quantiles;
use super::set_digest::Set;
use super::{Aggregate, Kind, Overload, Types};
use crate::values::list::element;

pub(super) const AGGREGATES: &[Aggregate] = &[
    Aggregate {
        names: &["any_value", "arbitrary"],
        description: "Any value that is not NULL",
        overloads: &[Overload { signature: "(T) -> T", kind: Library(any_value::any_value_udaf) }],
    },
    Aggregate {
        names: &["count_if"],
        description: "How many values are true",
        overloads: &[Overload {
            signature: "(boolean) -> bigint",
            kind: unordered(|_| vec![DataType::Int64], |_| Box::new(CountIf::default())),
        }],
    },
    Aggregate {
        names: &["max"],
        description: "The largest value, or so many of the largest",
        overloads: &[
            Overload { signature: "(double) -> double", kind: Kind::Float(End::Largest) },
            Overload { signature: "(real) -> real", kind: Kind::Float(End::Largest) },
            Overload { signature: "(T) -> T", kind: Library(min_max::max_udaf) },
            Overload {
                signature: "(T, bigint) -> array(T)",
                kind: unordered(best, |types| Box::new(Several::itself(End::Largest, &types.arguments[0]))),
            },
        ],
    },
    Aggregate {
        names: &["min"],
        description: "The smallest value, or so many of the smallest",
        overloads: &[
            Overload { signature: "(double) -> double", kind: Kind::Float(End::Smallest) },
            Overload { signature: "(real) -> real", kind: Kind::Float(End::Smallest) },
            Overload { signature: "(T) -> T", kind: Library(min_max::min_udaf) },
            Overload {
                signature: "(T, bigint) -> array(T)",
                kind: unordered(best, |types| Box::new(Several::itself(End::Smallest, &types.arguments[0]))),
            },
        ],
    },
    Aggregate {
        names: &["max_by"],
        description: "The value at the largest of others, or the values at so many of the largest",
        overloads: &[
            Overload {
                signature: "(T, V) -> T",
                kind: unordered(same, |types| Box::new(One::new(End::Largest, &types.arguments[0], &types.arguments[1]))),
            },
            Overload {
                signature: "(T, V, bigint) -> array(T)",
                kind: unordered(best, |types| Box::new(Several::by(End::Largest, &types.arguments[0], &types.arguments[1]))),
            },
        ],
    },
    Aggregate {
        names: &["min_by"],
        description: "The value at the smallest of others, or the values at so many of the smallest",
        overloads: &[
            Overload {
                signature: "(T, V) -> T",
                kind: unordered(same, |types| Box::new(One::new(End::Smallest, &types.arguments[0], &types.arguments[1]))),
            },
            Overload {
                signature: "(T, V, bigint) -> array(T)",
                kind: unordered(best, |types| Box::new(Several::by(End::Smallest, &types.arguments[0], &types.arguments[1]))),
            },
        ],
    },
    Aggregate {
        names: &["bool_and", "every"],
        description: "Whether all values are true",
        overloads: &[Overload { signature: "(boolean) -> boolean", kind: Library(bool_and_or::bool_and_udaf) }],
    },
    Aggregate {
        names: &["bool_or"],
        description: "Whether any value is true",
        overloads: &[Overload { signature: "(boolean) -> boolean", kind: Library(bool_and_or::bool_or_udaf) }],
    },
    Aggregate {
        names: &["bitwise_and_agg"],
        description: "The bits that all values have, in two's complement",
        overloads: &[Overload { signature: "(bigint) -> bigint", kind: Library(bit_and_or_xor::bit_and_udaf) }],
    },
    Aggregate {
        names: &["bitwise_or_agg"],
        description: "The bits that any value has, in two's complement",
        overloads: &[Overload { signature: "(bigint) -> bigint", kind: Library(bit_and_or_xor::bit_or_udaf) }],
    },
    Aggregate {
        names: &["bitwise_xor_agg"],
        description: "The bits that an odd number of values has, in two's complement",
        overloads: &[Overload { signature: "(bigint) -> bigint", kind: Library(bit_and_or_xor::bit_xor_udaf) }],
    },
    Aggregate {
        names: &["checksum"],
        description: "A sum of the values that does not depend on their order",
        overloads: &[Overload {
            signature: "(T) -> varbinary",
            kind: unordered(|_| vec![DataType::Int64], |_| Box::new(Checksum::default())),
        }],
    },
    Aggregate {
        names: &["histogram"],
        description: "How many of each value there are",
        overloads: &[Overload {
            signature: "(T) -> map(T, bigint)",
            kind: unordered(
                |types| counts(&types.arguments[0]),
                |types| Box::new(Histogram::new(&types.arguments[0], &types.result)),
            ),
        }],
    },
    Aggregate {
        names: &["approx_most_frequent"],
        description: "The most frequent values and how many of each there are",
        overloads: &[Overload {
            signature: "(bigint, T, bigint) -> map(T, bigint)",
            kind: unordered(
                |types| counts(&types.arguments[1]),
                |types| Box::new(Histogram::most_frequent(&types.arguments[1], &types.result)),
            ),
        }],
    },
    Aggregate {
        names: &["map_agg"],
        description: "A map of the keys to the values",
        overloads: &[Overload {
            signature: "(K, V) -> map(K, V)",
            kind: ordered(result, |types| Box::new(MapOf::new(&types.arguments[0], &types.arguments[1], &types.result))),
        }],
    },
    Aggregate {
        names: &["map_union"],
        description: "The entries of all maps",
        overloads: &[Overload {
            signature: "(map(K, V)) -> map(K, V)",
            kind: ordered(result, |types| {
                let (key, value) = entry(&types.result);
                Box::new(MapOf::new(&key, &value, &types.result))
            }),
        }],
    },
    Aggregate {
        names: &["multimap_agg"],
        description: "A map of the keys to all of their values",
        overloads: &[Overload {
            signature: "(K, V) -> map(K, array(V))",
            kind: ordered(result, |types| Box::new(MultimapOf::new(&types.arguments[0], &types.arguments[1], &types.result))),
        }],
    },
    Aggregate {
        names: &["approx_distinct"],
        description: "How many different values there are, about",
        overloads: &[
            Overload { signature: "(T) -> bigint", kind: unordered(bytes, |_| Box::new(Distinct::count())) },
            Overload { signature: "(T, double) -> bigint", kind: unordered(bytes, |_| Box::new(Distinct::count())) },
        ],
    },
    Aggregate {
        names: &["approx_set"],
        description: "A sketch of the different values",
        overloads: &[
            Overload { signature: "(T) -> hyperloglog", kind: unordered(bytes, |types| Box::new(Distinct::set(&types.result))) },
            Overload {
                signature: "(T, double) -> hyperloglog",
                kind: unordered(bytes, |types| Box::new(Distinct::set(&types.result))),
            },
        ],
    },
    Aggregate {
        names: &["merge"],
        description: "Sketches together",
        overloads: &[
            Overload {
                signature: "(hyperloglog) -> hyperloglog",
                kind: unordered(bytes, |types| Box::new(MergeSets::new(&types.result))),
            },
            Overload {
                signature: "(tdigest) -> tdigest",
                kind: unordered(bytes, |types| Box::new(Digest::of_digests(&types.result))),
            },
            Overload { signature: "(qdigest(bigint)) -> qdigest(bigint)", kind: merged_quantiles() },
            Overload { signature: "(qdigest(double)) -> qdigest(double)", kind: merged_quantiles() },
            Overload { signature: "(qdigest(real)) -> qdigest(real)", kind: merged_quantiles() },
        ],
    },
    Aggregate {
        names: &["make_set_digest"],
        description: "A digest of the set of values, which tells what sets have in common",
        overloads: &[
            Overload {
                signature: "(bigint) -> setdigest",
                kind: unordered(bytes, |types| Box::new(Set::of_values(&types.result))),
            },
            Overload {
                signature: "(date) -> setdigest",
                kind: unordered(bytes, |types| Box::new(Set::of_values(&types.result))),
            },
            Overload {
                signature: "(varchar) -> setdigest",
                kind: unordered(bytes, |types| Box::new(Set::of_values(&types.result))),
            },
            Overload {
                signature: "(varbinary) -> setdigest",
                kind: unordered(bytes, |types| Box::new(Set::of_values(&types.result))),
            },
        ],
    },
    Aggregate {
        names: &["merge_set_digest"],
        description: "Digests of sets together",
        overloads: &[Overload {
            signature: "(setdigest) -> setdigest",
            kind: unordered(bytes, |types| Box::new(Set::of_digests(&types.result))),
        }],
    },
    Aggregate {
        names: &["tdigest_agg"],
        description: "A sketch of the distribution of the values",
        overloads: &[
            Overload {
                signature: "(double) -> tdigest",
                kind: unordered(bytes, |types| Box::new(Digest::of_values(&types.result))),
            },
            Overload {
                signature: "(double, double) -> tdigest",
                kind: unordered(bytes, |types| Box::new(Digest::of_values(&types.result))),
            },
            Overload {
                signature: "(double, double, double) -> tdigest",
                kind: unordered(bytes, |types| Box::new(Digest::of_values(&types.result))),
            },
        ],
    },
    Aggregate {
        names: &["qdigest_agg"],
        description: "A digest of the distribution of the values, with a bound for its error",
        overloads: &[
            Overload { signature: "(bigint) -> qdigest(bigint)", kind: quantiles() },
            Overload { signature: "(double) -> qdigest(double)", kind: quantiles() },
            Overload { signature: "(real) -> qdigest(real)", kind: quantiles() },
            Overload { signature: "(bigint, bigint) -> qdigest(bigint)", kind: quantiles() },
            Overload { signature: "(double, bigint) -> qdigest(double)", kind: quantiles() },
            Overload { signature: "(real, bigint) -> qdigest(real)", kind: quantiles() },
            Overload { signature: "(bigint, bigint, double) -> qdigest(bigint)", kind: quantiles() },
            Overload { signature: "(double, bigint, double) -> qdigest(double)", kind: quantiles() },
            Overload { signature: "(real, bigint, double) -> qdigest(real)", kind: quantiles() },
        ],
    },
    Aggregate {
        names: &["approx_percentile"],
        description: "The value below which so much of all values is, about",
        overloads: &[
            Overload { signature: "(bigint, double) -> bigint", kind: percentile::<false, false>() },
            Overload { signature: "(real, double) -> real", kind: percentile::<false, false>() },
            Overload { signature: "(double, double) -> double", kind: percentile::<false, false>() },
            Overload { signature: "(bigint, array(double)) -> array(bigint)", kind: percentile::<false, true>() },
            Overload { signature: "(real, array(double)) -> array(real)", kind: percentile::<false, true>() },
            Overload { signature: "(double, array(double)) -> array(double)", kind: percentile::<false, true>() },
            Overload { signature: "(bigint, double, double) -> bigint", kind: percentile::<true, false>() },
            Overload { signature: "(real, double, double) -> real", kind: percentile::<true, false>() },
            Overload { signature: "(double, double, double) -> double", kind: percentile::<true, false>() },
            Overload { signature: "(bigint, double, array(double)) -> array(bigint)", kind: percentile::<true, true>() },
            Overload { signature: "(real, double, array(double)) -> array(real)", kind: percentile::<true, true>() },
            Overload { signature: "(double, double, array(double)) -> array(double)", kind: percentile::<true, true>() },
            Overload { signature: "(bigint, double, double, double) -> bigint", kind: percentile::<true, false>() },
            Overload { signature: "(real, double, double, double) -> real", kind: percentile::<true, false>() },
            Overload { signature: "(double, double, double, double) -> double", kind: percentile::<true, false>() },
        ],
    },
    Aggregate {
        names: &["numeric_histogram"],
        description: "So many buckets of the values with how many there are in each, about",
        overloads: &[
            Overload { signature: "(bigint, double) -> map(double, double)", kind: buckets() },
            Overload { signature: "(bigint, real) -> map(real, real)", kind: buckets() },
            Overload { signature: "(bigint, double, double) -> map(double, double)", kind: buckets() },
            Overload { signature: "(bigint, real, double) -> map(real, real)", kind: buckets() },
        ],
    },
    Aggregate {
        names: &["geometric_mean"],
        description: "The geometric mean of the values",
        overloads: &[Overload {
            signature: "(double) -> double",
            kind: unordered(|_| vec![DataType::Float64; 2], |_| Box::new(Logarithms::new(Log::Mean))),
        }],
    },
    Aggregate {
        names: &["entropy"],
        description: "The entropy of counts, in bits",
        overloads: &[Overload {
            signature: "(double) -> double",
            kind: unordered(|_| vec![DataType::Float64; 2], |_| Box::new(Logarithms::new(Log::Entropy))),
        }],
    },
    Aggregate {
        names: &["kurtosis"],
        description: "The excess kurtosis of the values",
        overloads: &[Overload {
            signature: "(double) -> double",
            kind: unordered(|_| vec![DataType::Float64; 5], |_| Box::new(Moments::new(Shape::Kurtosis))),
        }],
    },
    Aggregate {
        names: &["skewness"],
        description: "The skewness of the values",
        overloads: &[Overload {
            signature: "(double) -> double",
            kind: unordered(|_| vec![DataType::Float64; 5], |_| Box::new(Moments::new(Shape::Skewness))),
        }],
    },
    Aggregate {
        names: &["corr"],
        description: "The correlation of two columns",
        overloads: &[Overload { signature: "(double, double) -> double", kind: Library(correlation::corr_udaf) }],
    },
    Aggregate {
        names: &["covar_pop"],
        description: "The covariance of two columns, of all that there is",
        overloads: &[Overload { signature: "(double, double) -> double", kind: Library(covariance::covar_pop_udaf) }],
    },
    Aggregate {
        names: &["covar_samp"],
        description: "The covariance of two columns, of a sample",
        overloads: &[Overload { signature: "(double, double) -> double", kind: Library(covariance::covar_samp_udaf) }],
    },
    Aggregate {
        names: &["regr_intercept"],
        description: "The intercept of the line that fits pairs of y and x",
        overloads: &[Overload { signature: "(double, double) -> double", kind: Library(regr::regr_intercept_udaf) }],
    },
    Aggregate {
        names: &["regr_slope"],
        description: "The slope of the line that fits pairs of y and x",
        overloads: &[Overload { signature: "(double, double) -> double", kind: Library(regr::regr_slope_udaf) }],
    },
    Aggregate {
        names: &["stddev", "stddev_samp"],
        description: "The standard deviation, of a sample",
        overloads: &[Overload { signature: "(double) -> double", kind: Library(stddev::stddev_udaf) }],
    },
    Aggregate {
        names: &["stddev_pop"],
        description: "The standard deviation, of all that there is",
        overloads: &[Overload { signature: "(double) -> double", kind: Library(stddev::stddev_pop_udaf) }],
    },
    Aggregate {
        names: &["variance", "var_samp"],
        description: "The variance, of a sample",
        overloads: &[Overload { signature: "(double) -> double", kind: Library(variance::var_samp_udaf) }],
    },
    Aggregate {
        names: &["var_pop"],
        description: "The variance, of all that there is",
        overloads: &[Overload { signature: "(double) -> double", kind: Library(variance::var_pop_udaf) }],
    },
];

type State = fn(&Types) -> Vec<DataType>;
type Make = fn(&Types) -> Box<dyn datafusion::logical_expr::Accumulator>;

const fn unordered(state: State, make: Make) -> Kind {
    Own { state, make, ordered: false }
}

const fn ordered(state: State, make: Make) -> Kind {
    Own { state, make, ordered: true }
}

const fn percentile<const WEIGHTED: bool, const MANY: bool>() -> Kind {
    unordered(
        |_| vec![DataType::List(element(&DataType::Float64)); 4],
        |types| Box::new(Percentile::new(types.arguments[0].clone(), WEIGHTED, MANY)),
    )
}

const fn quantiles() -> Kind {
    unordered(bytes, |types| Box::new(Quantiles::of_values(&types.result)))
}

const fn merged_quantiles() -> Kind {
    unordered(bytes, |types| Box::new(Quantiles::of_digests(&types.result)))
}

const fn buckets() -> Kind {
    let state: State = |_| {
        let numbers = DataType::List(element(&DataType::Float64));
        vec![DataType::Int64, numbers.clone(), numbers]
    };
    unordered(state, |types| Box::new(NumericHistogram::new(&types.result)))
}

fn same(types: &Types) -> Vec<DataType> {
    types.arguments.clone()
}

fn result(types: &Types) -> Vec<DataType> {
    vec![types.result.clone()]
}

fn bytes(_: &Types) -> Vec<DataType> {
    vec![DataType::Binary]
}

/// How many are asked for, the values and what they go by.
fn best(types: &Types) -> Vec<DataType> {
    let (value, by) = (&types.arguments[0], &types.arguments[types.arguments.len() - 2]);
    vec![DataType::Int64, DataType::List(element(value)), DataType::List(element(by))]
}

fn counts(value: &DataType) -> Vec<DataType> {
    vec![DataType::List(element(value)), DataType::List(element(&DataType::Int64)), DataType::Int64]
}

/// The types of a map's keys and values.
fn entry(map: &DataType) -> (DataType, DataType) {
    if let DataType::Map(entries, _) = map
        && let DataType::Struct(pair) = entries.data_type()
        && let [key, value] = pair.as_ref()
    {
        return (key.data_type().clone(), value.data_type().clone());
    }
    (DataType::Null, DataType::Null)
}
