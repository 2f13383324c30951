//! Partition filters on rows, three-valued.

use proptest::prelude::*;

use super::*;
use crate::table::{Column, NULL_PARTITION};

fn table() -> Table {
    let keys = vec![Column::new("year", "int"), Column::new("Day", "date"), Column::new("name", "string")];
    Table { partition_keys: Some(keys), ..Table::default() }
}

fn compare(key: &str, op: Comparison, value: &str) -> PartitionFilter {
    PartitionFilter::Compare { key: key.to_owned(), op, value: value.to_owned() }
}

fn passes(filter: &PartitionFilter, values: [&str; 3]) -> Option<bool> {
    let table = table();
    let texts = values.map(str::to_owned);
    let key = key::Key::new(&table, &key::types(&table), &texts).unwrap();
    Predicate::new(&table, filter).unwrap().matches(&texts, &key.values)
}

#[test]
fn comparisons_are_typed() {
    let row = ["9", "2024-02-10", "b"];
    for (filter, expected) in [
        (compare("year", Comparison::Lt, "10"), true),
        (compare("YEAR", Comparison::Eq, "09"), true),
        (compare("year", Comparison::Gt, "8.5"), true),
        (compare("day", Comparison::GtEq, "2024-2-9"), true),
        (compare("name", Comparison::NotEq, "b"), false),
        (PartitionFilter::Like { key: "name".into(), pattern: "_".into() }, true),
        (PartitionFilter::Like { key: "name".into(), pattern: "B%".into() }, false),
        (PartitionFilter::In { key: "year".into(), values: vec!["1".into(), "009".into()] }, true),
    ] {
        assert_eq!(passes(&filter, row), Some(expected), "{filter:?}");
    }
}

#[test]
fn null_satisfies_only_its_own_text() {
    let row = ["9", "2024-02-10", NULL_PARTITION];
    let unknown = compare("name", Comparison::Eq, "b");
    assert_eq!(passes(&unknown, row), None);
    assert_eq!(passes(&PartitionFilter::Not(Box::new(unknown.clone())), row), None);
    assert_eq!(passes(&PartitionFilter::Or(vec![unknown.clone(), compare("year", Comparison::Eq, "9")]), row), Some(true));
    assert_eq!(passes(&PartitionFilter::And(vec![unknown, compare("year", Comparison::Eq, "8")]), row), Some(false));
    assert_eq!(passes(&compare("name", Comparison::Eq, NULL_PARTITION), row), Some(true));
}

#[test]
fn filters_that_do_not_fit_are_refused() {
    for (filter, kind) in [
        (compare("month", Comparison::Eq, "1"), ErrorKind::ColumnNotFound),
        (compare("year", Comparison::Eq, "test"), ErrorKind::InvalidInput),
        (compare("day", Comparison::Lt, "yesterday"), ErrorKind::InvalidInput),
        (PartitionFilter::Like { key: "year".into(), pattern: "2%".into() }, ErrorKind::InvalidInput),
    ] {
        assert_eq!(Predicate::new(&table(), &filter).unwrap_err().kind(), kind, "{filter:?}");
    }
}

fn leaf() -> impl Strategy<Value = PartitionFilter> {
    let op = prop_oneof![
        Just(Comparison::Eq),
        Just(Comparison::NotEq),
        Just(Comparison::Lt),
        Just(Comparison::LtEq),
        Just(Comparison::Gt),
        Just(Comparison::GtEq)
    ];
    prop_oneof![
        (op.clone(), -3..4_i32).prop_map(|(op, value)| compare("year", op, &value.to_string())),
        (op, "[ab]{0,2}").prop_map(|(op, value)| compare("name", op, &value)),
        prop::collection::vec("[ab]{0,2}", 0..3).prop_map(|values| PartitionFilter::In { key: "name".into(), values }),
        "[ab%_]{0,3}".prop_map(|pattern| PartitionFilter::Like { key: "name".into(), pattern }),
    ]
}

fn filters() -> impl Strategy<Value = PartitionFilter> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(PartitionFilter::And),
            prop::collection::vec(inner.clone(), 1..3).prop_map(PartitionFilter::Or),
            inner.prop_map(|filter| PartitionFilter::Not(Box::new(filter))),
        ]
    })
}

proptest! {
    /// No partition that passes lies outside of the ranges, and ranges are sorted and disjoint.
    #[test]
    fn ranges_leave_nothing_out(filter in filters(), year in prop_oneof![Just(NULL_PARTITION.to_owned()), (-3..4_i32).prop_map(|n| n.to_string())],
                                name in prop_oneof![Just(NULL_PARTITION.to_owned()), "[ab]{0,2}".prop_map(String::from)]) {
        let table = table();
        let texts = [year, "2024-01-01".to_owned(), name];
        let key = key::Key::new(&table, &key::types(&table), &texts).unwrap();
        let predicate = Predicate::new(&table, &filter).unwrap();
        for (index, value) in key.values.iter().enumerate() {
            let ranges = predicate.ranges(index);
            prop_assert!(ranges.windows(2).all(|pair| pair[0].high <= pair[1].low));
            if predicate.matches(&texts, &key.values) == Some(true) {
                prop_assert!(ranges.iter().any(|range| range.low <= *value && *value < range.high), "key {} of {:?}", index, ranges);
            }
        }
    }
}
