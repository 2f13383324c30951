//! Keys are the same where values are equal, and only there.

use super::*;

fn key_of(variant: impl Into<Variant<'static, 'static>>) -> Vec<u8> {
    let mut column = Column::new(1);
    column.copy(variant.into()).unwrap();
    let made = column.finish().unwrap();
    made.as_struct().column(0).as_binary::<i32>().value(0).to_vec()
}

#[test]
fn numbers_are_equal_by_value() {
    let decimal = |unscaled: i128, scale| Variant::try_from((unscaled, scale)).unwrap();
    let equal = [key_of(1_i8), key_of(1_i64), key_of(1.0_f64), key_of(1.0_f32), key_of(decimal(100, 2))];
    assert!(equal.iter().all(|key| *key == equal[0]), "{equal:?}");
    assert_eq!(key_of(0.5_f64), key_of(decimal(5, 1)));
    assert_eq!(key_of(-0.0_f64), key_of(0_i8));
    assert_ne!(key_of(0.1_f64), key_of(decimal(1, 1)), "no double is 0.1");
    assert_ne!(key_of(0.1_f64), key_of(0.1_f32));
    assert_ne!(key_of("1"), key_of(1_i8));
}

#[test]
fn kinds_of_timestamps_are_distinct() {
    let at = chrono::DateTime::from_timestamp(0, 1_000).unwrap();
    assert_ne!(key_of(at), key_of(at.naive_utc()));
    assert_eq!(key_of(Variant::TimestampMicros(at)), key_of(Variant::TimestampNanos(at)));
}

#[test]
fn a_key_says_that_nan_is_inside() {
    let mut built = VariantBuilder::new();
    let mut list = built.new_list();
    list.append_value(1_i8);
    list.append_value(f64::NAN);
    list.finish();
    let mut column = Column::new(1);
    column.push(built).unwrap();
    let made = column.finish().unwrap();
    assert!(holds_nan(made.as_struct().column(0).as_binary::<i32>().value(0)));
    assert!(!holds_nan(&key_of("NaN")));
}
