//! Numbers as tables: texts, bytes in order, arithmetic.

use bigdecimal::RoundingMode;

use super::Number;

fn number(text: &str) -> Number {
    Number::parse(text).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn texts() {
    let nines = "9".repeat(205);
    for (text, printed) in [
        ("0", "0"),
        ("-0.000", "0"),
        ("+0012.500", "12.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1000", "1E+3"),
        ("123456789e+4", "1.23456789E+12"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1E-7"),
        ("-0.00000012", "-1.2E-7"),
        ("1e308", "1E+308"),
        ("NaN", "NaN"),
        ("Infinity", "+Infinity"),
        ("+Infinity", "+Infinity"),
        ("-Infinity", "-Infinity"),
        (&nines, "1E+205"),
        (&format!("1{}5", "0".repeat(199)), &format!("1.{}1E+200", "0".repeat(198))),
    ] {
        assert_eq!(number(text).to_string(), printed, "{text}");
    }
    for wrong in ["", " 1", "+NaN", "nan", "infinity", "1e", "1e99999", "1e-99999", "0x1", "1_0", "--1", "."] {
        assert_eq!(Number::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn bytes_are_in_the_order_of_the_numbers() {
    let ordered = [
        "-Infinity",
        "-1e16000",
        "-123.5",
        "-123.45",
        "-123.4000001",
        "-123.4",
        "-123",
        "-100",
        "-99.99",
        "-1",
        "-0.1",
        "-0.09",
        "-1e-16000",
        "0",
        "1e-16000",
        "0.09",
        "0.1",
        "0.10001",
        "1",
        "9.999",
        "10",
        "10.01",
        "12",
        "12.5",
        "12.5000001",
        "12.51",
        "99",
        "100",
        "1e16000",
        "Infinity",
        "NaN",
    ];
    let bytes = |text: &str| {
        let mut out = Vec::new();
        number(text).write(&mut out);
        assert_eq!(Number::read(&out).unwrap(), number(text), "{text}");
        out
    };
    for pair in ordered.windows(2) {
        assert!(bytes(pair[0]) < bytes(pair[1]), "{} before {}", pair[0], pair[1]);
    }
    for wrong in [&[][..], &[0], &[2, 0, 0], &[4], &[4, 0, 0], &[3, 1], &[7]] {
        assert!(Number::read(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn arithmetic() {
    type Operation = fn(&Number, &Number) -> catalog::Result<Number>;
    type Cases = &'static [(&'static str, &'static str, &'static str)];
    let table: [(&str, Operation, Cases); 5] = [
        ("+", Number::add, &[("137.7", "17.1", "154.8"), ("-Infinity", "Infinity", "NaN"), ("1", "-Infinity", "-Infinity")]),
        ("-", Number::subtract, &[("1", "2", "-1"), ("Infinity", "Infinity", "NaN"), ("NaN", "1", "NaN")]),
        ("*", Number::multiply, &[("-12", "3", "-36"), ("Infinity", "0", "NaN"), ("-2", "Infinity", "-Infinity")]),
        (
            "/",
            Number::divide,
            &[
                ("1.0", "9.0", "0.111111"),
                ("1000", "25", "4E+1"),
                ("-1", "3", "-0.333333"),
                ("200", "-0.3", "-666.666667"),
                ("1635619.3155", "47497517.7405", "0.0344358904066548"),
                ("1", "99999999999999999999999999999999999999", "1E-38"),
                ("1e-300", "3", "3.3E-301"),
                ("1", "Infinity", "0"),
                ("Infinity", "0", "+Infinity"),
                ("Infinity", "-Infinity", "NaN"),
            ],
        ),
        ("%", Number::modulus, &[("-10", "3", "-1"), ("10", "-3", "1"), ("5", "Infinity", "5"), ("Infinity", "2", "NaN")]),
    ];
    for (name, of, cases) in table {
        for (a, b, expected) in cases {
            assert_eq!(of(&number(a), &number(b)).unwrap().to_string(), *expected, "{a} {name} {b}");
        }
    }
    assert!(number("1").divide(&number("0")).is_err() && number("1").modulus(&number("0")).is_err());
    assert!(number("1e16000").multiply(&number("1e16000")).is_err());
}

#[test]
fn rounding_and_other_types() {
    for (text, places, mode, expected) in [
        ("123.45", 0, RoundingMode::HalfUp, "123"),
        ("-123.5", 0, RoundingMode::HalfUp, "-124"),
        ("125.456", -1, RoundingMode::HalfUp, "1.3E+2"),
        ("149", -2, RoundingMode::HalfUp, "1E+2"),
        ("149", -20_000, RoundingMode::HalfUp, "0"),
        ("123.456", 5, RoundingMode::HalfUp, "123.456"),
        ("-123.45", 0, RoundingMode::Ceiling, "-123"),
        ("-123.45", 0, RoundingMode::Floor, "-124"),
        ("0.2", 0, RoundingMode::Ceiling, "1"),
        ("NaN", 0, RoundingMode::Floor, "NaN"),
    ] {
        assert_eq!(number(text).rounded(places, mode).unwrap().to_string(), expected, "{text} to {places}");
    }
    assert_eq!((number("1.25").unscaled(1), number("-2.5").unscaled(0), number("1e40").unscaled(0)), (Some(13), Some(-3), None));
    assert_eq!((number("1e-400").unscaled(10), number("NaN").unscaled(0)), (Some(0), None));
    assert_eq!(number("12345.6789").float::<f32>(), 12345.679);
    assert_eq!(number("9999e500").float::<f64>(), f64::INFINITY);
    assert_eq!(Number::of_float(0.1_f32).to_string(), "0.1");
    assert_eq!(Number::of_float(-0.0_f64).to_string(), "0");
    assert_eq!(Number::of_decimal(1200, 2).to_string(), "12");
}
