//! Equality and keys against Trino's rules for NULL, NaN, zeros and maps.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array};
use arrow::buffer::OffsetBuffer;

use super::equality::Equality;
use super::key::{Keys, NaN};
use super::list::{list, map};

fn ints(values: &[Option<i32>]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

fn lists(rows: &[&[Option<i32>]]) -> ArrayRef {
    let offsets = OffsetBuffer::from_lengths(rows.iter().map(|row| row.len()));
    Arc::new(list(offsets, ints(&rows.concat()), None).unwrap())
}

fn maps(rows: &[&[(i32, Option<i32>)]]) -> ArrayRef {
    let offsets = OffsetBuffer::from_lengths(rows.iter().map(|row| row.len()));
    let entries = rows.concat();
    let keys: Vec<_> = entries.iter().map(|(key, _)| Some(*key)).collect();
    let values: Vec<_> = entries.iter().map(|(_, value)| *value).collect();
    Arc::new(map(offsets, ints(&keys), ints(&values), None).unwrap())
}

#[test]
fn equality_is_open_where_a_null_leaves_it_open() {
    let cases = [
        (ints(&[Some(1)]), ints(&[Some(1)]), Some(true)),
        (ints(&[Some(1)]), ints(&[None]), None),
        (lists(&[&[Some(1), None]]), lists(&[&[Some(1), None]]), None),
        (lists(&[&[Some(1), None]]), lists(&[&[Some(2), None]]), Some(false)),
        (lists(&[&[None]]), lists(&[&[None, None]]), Some(false)),
        (lists(&[&[]]), lists(&[&[]]), Some(true)),
        (maps(&[&[(1, Some(2)), (3, Some(4))]]), maps(&[&[(3, Some(4)), (1, Some(2))]]), Some(true)),
        (maps(&[&[(1, Some(2)), (3, None)]]), maps(&[&[(3, Some(4)), (1, Some(2))]]), None),
        (maps(&[&[(1, Some(2)), (3, None)]]), maps(&[&[(3, Some(4)), (1, Some(9))]]), Some(false)),
        (maps(&[&[(1, None)]]), maps(&[&[(2, None)]]), Some(false)),
    ];
    for (left, right, expected) in cases {
        assert_eq!(Equality::new(&left, &right).unwrap().equal(0, 0), expected, "{left:?} = {right:?}");
    }
    let nan: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, 0.0, -0.0]));
    let equality = Equality::new(&nan, &nan).unwrap();
    assert_eq!((equality.equal(0, 0), equality.equal(1, 2)), (Some(false), Some(true)));
}

#[test]
fn keys_are_equal_where_values_are_not_distinct_and_ordered_as_they_are() {
    let values: ArrayRef =
        Arc::new(Float64Array::from(vec![Some(0.0), Some(-0.0), Some(f64::NAN), Some(-f64::NAN), None, Some(-1.0)]));
    let keys = Keys::of(&values).unwrap();
    assert_eq!(keys.get(0), keys.get(1));
    assert_eq!(keys.get(2), keys.get(3));
    assert!(keys.get(4) < keys.get(5) && keys.get(5) < keys.get(0) && keys.get(0) < keys.get(2));
    let keys = Keys::with(&values, NaN::Smallest).unwrap();
    assert!(keys.get(4) < keys.get(2) && keys.get(2) < keys.get(5));

    let values = maps(&[&[(1, Some(2)), (3, None)], &[(3, None), (1, Some(2))], &[(1, Some(2))]]);
    let keys = Keys::of(&values).unwrap();
    assert_eq!(keys.get(0), keys.get(1));
    assert_ne!(keys.get(0), keys.get(2));
}
