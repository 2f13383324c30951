//! What each kind of scalar takes and refuses.

use super::*;

#[test]
fn integers() {
    for (text, expected) in [
        ("0", Some(0)),
        ("-1", Some(-1)),
        ("+7", Some(7)),
        ("007", Some(7)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("99999999999999999999", None),
        ("", None),
        ("-", None),
        ("1a", None),
        ("1.0", None),
        (" 1", None),
    ] {
        assert_eq!(integer(text.as_bytes()), expected, "{text}");
    }
    for (text, expected) in [
        ("1.0", Some(1)),
        ("-2.000", Some(-2)),
        ("1e3", Some(1000)),
        ("1.5e1", Some(15)),
        ("1E+2", Some(100)),
        ("100e-2", Some(1)),
        ("1.5", None),
        ("1e-1", None),
        ("1e19", None),
        ("0e999999999", Some(0)),
        ("1e999999999", None),
        ("1e", None),
        (".", None),
        ("abc", None),
    ] {
        assert_eq!(integral(text.as_bytes()), expected, "{text}");
    }
    for (text, expected) in
        [("1.9", Some(1)), ("-1.9", Some(-1)), (".5", Some(0)), ("-.5", Some(0)), ("12", Some(12)), ("1.x", None), ("1e3", None)]
    {
        assert_eq!(whole_part(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn decimals() {
    for (text, precision, scale, expected) in [
        ("1.23", 5, 2, Some(123)),
        ("1.235", 5, 2, Some(124)),
        ("-1.235", 5, 2, Some(-124)),
        ("1.2349999999999999999999999999999999999", 5, 2, Some(123)),
        ("0.1", 38, 20, Some(10_000_000_000_000_000_000)),
        ("999.99", 5, 2, Some(99_999)),
        ("999.995", 5, 2, None),
        ("1000", 5, 2, None),
        ("1e2", 5, 2, Some(10_000)),
        ("12.5e-1", 5, 2, Some(125)),
        ("99999999999999999999999999999999999999", 38, 0, Some(99_999_999_999_999_999_999_999_999_999_999_999_999)),
        ("999999999999999999999999999999999999999", 38, 0, None),
        ("NaN", 5, 2, None),
        ("1,5", 5, 2, None),
    ] {
        assert_eq!(decimal(text.as_bytes(), precision, scale), expected, "{text}");
    }
}

#[test]
fn floats_and_booleans() {
    assert_eq!(float(b"1.5"), Some(1.5f64));
    assert_eq!(float(b"-1e300"), Some(-1e300f64));
    assert_eq!(float(b"Infinity"), Some(f64::INFINITY));
    assert!(float::<f64>(b"NaN").is_some_and(f64::is_nan));
    assert_eq!(float::<f64>(b"abc"), None);
    assert_eq!(float::<f64>(&[0xff]), None);
    assert_eq!((boolean(b"True"), boolean(b"FALSE"), boolean(b"1"), boolean(b"t")), (Some(true), Some(false), None, None));
}

#[test]
fn dates() {
    for (text, expected) in [
        ("1970-01-01", Some(0)),
        ("1969-12-31", Some(-1)),
        ("2024-02-29", Some(19782)),
        ("2024-2-9", Some(19762)),
        ("0001-01-01", Some(-719162)),
        ("2024-02-29 10:00:00", Some(19782)),
        ("2024-02-29T10:00:00Z", Some(19782)),
        ("19782", Some(19782)),
        ("2023-02-29", None),
        ("2024-13-01", None),
        ("24-01-01", None),
        ("2024-01-01x", None),
        ("today", None),
    ] {
        assert_eq!(date(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn timestamps() {
    for (text, expected) in [
        ("1970-01-01 00:00:00", Some(0)),
        ("1970-01-01 00:00:01.5", Some(1500)),
        ("1970-01-01 00:00:00.0004999", Some(0)),
        ("1970-01-01 00:00:00.0005", Some(1)),
        ("1969-12-31 23:59:59.9996", Some(0)),
        ("1969-12-31 23:59:59.999", Some(-1)),
        ("2024-01-01T00:00:00.000Z", Some(1_704_067_200_000)),
        ("2024-01-01T02:00:00+02:00", Some(1_704_067_200_000)),
        ("2024-01-01T02:00:00.25+0200", Some(1_704_067_200_250)),
        ("2023-12-31 19:00:00-05", Some(1_704_067_200_000)),
        ("2024-01-01 00:00:00 UTC", Some(1_704_067_200_000)),
        ("2024-01-01", Some(1_704_067_200_000)),
        ("2024-01-01 00:00", Some(1_704_067_200_000)),
        ("1704067200", Some(1_704_067_200_000)),
        ("1704067200000", Some(1_704_067_200_000)),
        ("1704067200.25", Some(1_704_067_200_250)),
        ("1.7040672E9", Some(1_704_067_200_000)),
        ("2024-01-01 24:00:00", None),
        ("2024-01-01 00:00:00 Europe/Berlin", None),
        ("2024-01-01 00:00:00.", None),
        ("2024-01-01 00:00:00+2", None),
        ("01/02/2024", None),
        ("", None),
    ] {
        assert_eq!(timestamp(text.as_bytes(), TimeUnit::Millisecond), expected, "{text}");
    }
    assert_eq!(timestamp(b"1970-01-01 00:00:00.123456", TimeUnit::Microsecond), Some(123_456));
    assert_eq!(timestamp(b"1970-01-01 00:00:00.6", TimeUnit::Second), Some(1));
    assert_eq!(timestamp(b"9999-12-31 00:00:00", TimeUnit::Nanosecond), None);
}
