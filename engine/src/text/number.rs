//! Floating point numbers as Java's `Double.toString` and `Float.toString` print them: the shortest digits that read back as
//! the same number, plain from 0.001 up to ten million, else with an exponent, always with a fraction.

use std::fmt::{LowerExp, Write};

pub(crate) fn double(value: f64, out: &mut String) {
    match value.abs() {
        magnitude if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) => _ = write!(out, "{value:?}"),
        magnitude if magnitude.is_finite() => scientific(value, out),
        _ => special(value, out),
    }
}

pub(crate) fn real(value: f32, out: &mut String) {
    match value.abs() {
        magnitude if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) => _ = write!(out, "{value:?}"),
        magnitude if magnitude.is_finite() => scientific(value, out),
        _ => special(value.into(), out),
    }
}

/// Rust writes `1.5e20` and `1e20`, Java `1.5E20` and `1.0E20`.
fn scientific(value: impl LowerExp, out: &mut String) {
    let start = out.len();
    shortest(&value, out);
    if let Some(exponent) = out[start..].find('e').map(|at| start + at) {
        let fraction = if out[start..exponent].contains('.') { "E" } else { ".0E" };
        out.replace_range(exponent..=exponent, fraction);
    }
}

/// The shortest digits that read back as the same number. Java takes two where Rust does with one, and of those the nearest: the
/// least double is `4.9E-324`.
pub(crate) fn shortest(value: &impl LowerExp, out: &mut String) {
    let start = out.len();
    _ = write!(out, "{value:e}");
    if !out[start..].contains('.') {
        out.truncate(start);
        _ = write!(out, "{value:.1e}");
    }
}

fn special(value: f64, out: &mut String) {
    out.push_str(match value {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    });
}
