//! Decimal digits of a number, and how `%d`, `%f`, `%e` and `%g` print them: rounded half up, as Java does.

use super::specifier::Specifier;

/// `0.DIGITS × 10^exponent`, the digits from '0' to '9', none of them for zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digits {
    pub(super) negative: bool,
    digits: Vec<u8>,
    exponent: i32,
}

impl Digits {
    pub(super) fn integer(value: i64) -> Self {
        Self::parse(&value.to_string()).unwrap_or(Self { negative: false, digits: vec![], exponent: 0 })
    }

    /// Of the shortest digits that read back as the same number; `None` for NaN and the infinities.
    pub(super) fn of_double(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e')?;
        let mut read = Self::parse(digits)?;
        read.exponent += exponent.parse::<i32>().ok()?;
        Some(read)
    }

    /// Of a number without an exponent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if all.is_empty() || !all.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let zeros = all.iter().take_while(|digit| **digit == b'0').count();
        let exponent = whole.len() as i32 - zeros as i32;
        Some(Self { negative, exponent: if zeros == all.len() { 0 } else { exponent }, digits: all[zeros..].to_vec() })
    }

    /// The number with so many digits before the end, half up.
    fn rounded(&self, kept: i32) -> Self {
        let kept = usize::try_from(kept).ok();
        let mut digits = self.digits.clone();
        let up = match kept {
            Some(kept) => digits.get(kept).is_some_and(|digit| *digit >= b'5'),
            None => false,
        };
        digits.truncate(kept.unwrap_or(0));
        let mut exponent = self.exponent;
        if up {
            let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
            digits.truncate(digits.len() - nines);
            match digits.last_mut() {
                Some(digit) => *digit += 1,
                None => {
                    digits.push(b'1');
                    exponent += 1;
                }
            }
        }
        Self { negative: self.negative, digits, exponent }
    }

    /// The digit at a place after (or, negative, before) the point.
    fn at(&self, place: i32) -> char {
        let at = usize::try_from(place + self.exponent).ok();
        at.and_then(|at| self.digits.get(at)).map_or('0', |digit| char::from(*digit))
    }

    pub(super) fn with(&self, specifier: &Specifier) -> String {
        match specifier.conversion.to_ascii_lowercase() {
            'e' => self.scientific(specifier.precision.unwrap_or(6), specifier),
            'g' => self.general(specifier),
            _ => self.fixed(specifier.precision.unwrap_or(6), specifier),
        }
    }

    /// Without a sign, with `decimals` digits after the point.
    pub(super) fn fixed(&self, decimals: usize, specifier: &Specifier) -> String {
        self.plain(decimals, specifier.has(','), specifier.has('#'))
    }

    fn plain(&self, decimals: usize, groups: bool, point: bool) -> String {
        let rounded = self.rounded(self.exponent + decimals as i32);
        let mut out = String::new();
        let whole = rounded.exponent.max(1);
        for place in -whole..0 {
            out.push(rounded.at(place));
            if groups && place < -1 && (place + 1) % 3 == 0 {
                out.push(',');
            }
        }
        if decimals > 0 || point {
            out.push('.');
        }
        (0..decimals as i32).for_each(|place| out.push(rounded.at(place)));
        out
    }

    /// How often the number was divided by a thousand, at most so often, and the first three digits of what is left.
    pub(super) fn in_thousands(&self, most: usize) -> (usize, String) {
        let times = (usize::try_from(self.exponent - 1).unwrap_or(0) / 3).min(most);
        let left = Self { exponent: self.exponent - 3 * times as i32, ..self.clone() };
        let text = match left.exponent {
            ..=1 => left.plain(2, false, false),
            2 => left.plain(1, false, false),
            _ => return (times, left.plain(0, false, false)),
        };
        (times, text.trim_end_matches('0').trim_end_matches('.').to_string())
    }

    fn scientific(&self, decimals: usize, specifier: &Specifier) -> String {
        let rounded = self.rounded(1 + decimals as i32);
        let mut out = String::new();
        out.push(rounded.at(-rounded.exponent));
        if decimals > 0 || specifier.has('#') {
            out.push('.');
        }
        (1..=decimals as i32).for_each(|place| out.push(rounded.at(place - rounded.exponent)));
        let exponent = if rounded.digits.is_empty() { 0 } else { rounded.exponent - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        out.push_str(&format!("e{sign}{:02}", exponent.abs()));
        out
    }

    fn general(&self, specifier: &Specifier) -> String {
        let precision = specifier.precision.unwrap_or(6).max(1);
        let rounded = self.rounded(precision as i32);
        match rounded.exponent {
            0 if rounded.digits.is_empty() => self.fixed(precision - 1, specifier),
            exponent if exponent > -4 && exponent <= precision as i32 => {
                self.fixed((precision as i32 - exponent).max(0) as usize, specifier)
            }
            _ => self.scientific(precision - 1, specifier),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::specifier::{Piece, parse};
    use super::*;

    fn shown(format: &str, value: f64) -> String {
        let pieces = parse(format).unwrap();
        let [Piece::Value { specifier, .. }] = pieces.as_slice() else { panic!("{format}") };
        let digits = Digits::of_double(value).unwrap();
        let mut out = String::new();
        specifier.pad(&digits.with(specifier), digits.negative, &mut out);
        out
    }

    #[test]
    fn numbers_are_javas() {
        for (format, value, expected) in [
            ("%,.2f", 1_234_567.89, "1,234,567.89"),
            ("%.2f", 0.125, "0.13"),
            ("%.0f", 0.5, "1"),
            ("%.0f", 0.4, "0"),
            ("%.1f", 9.95, "10.0"),
            ("%.1f", 0.05, "0.1"),
            ("%.1f", 0.004, "0.0"),
            ("%f", 1e10, "10000000000.000000"),
            ("%08.2f", -1.5, "-0001.50"),
            ("%+.1f", 2.0, "+2.0"),
            ("%(.1f", -2.0, "(2.0)"),
            ("%,.0f", 999.9, "1,000"),
            ("%e", 12345.678, "1.234568e+04"),
            ("%.2E", 0.000_995_9, "9.96E-04"),
            ("%.1e", 9.99, "1.0e+01"),
            ("%e", 0.0, "0.000000e+00"),
            ("%g", 123.456_789, "123.457"),
            ("%g", 0.0001, "0.000100000"),
            ("%g", 1e-5, "1.00000e-05"),
            ("%.3g", 12345.0, "1.23e+04"),
            ("%8.1f|", 0.0, "     0.0"),
        ] {
            assert_eq!(shown(format.trim_end_matches('|'), value), expected, "{format} {value}");
        }
    }
}
