//! `from_base` and `to_base`.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use catalog::Result as OurResult;

use super::invalid;
use crate::functions::{Overload, Scalar};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["from_base"],
        description: "Convert a string in the given base to a number",
        overloads: &[Overload::new("(varchar, bigint) -> bigint", |call| {
            let (texts, bases) = (call.text(0)?, call.array(1)?);
            let bases = bases.as_primitive::<Int64Type>();
            call.bigints(|row| {
                let (text, base) = (texts.value(row), radix(bases.value(row))?);
                i64::from_str_radix(text, base).map_err(|_| invalid(format!("not a valid base-{base} number: {text}")))
            })
        })],
    },
    Scalar {
        names: &["to_base"],
        description: "Convert a number to a string in the given base",
        overloads: &[Overload::new("(bigint, bigint) -> varchar(64)", |call| {
            let (values, bases) = (call.array(0)?, call.array(1)?);
            let (values, bases) = (values.as_primitive::<Int64Type>(), bases.as_primitive::<Int64Type>());
            call.texts(|row, out| {
                print(values.value(row), radix(bases.value(row))?, out);
                Ok(())
            })
        })],
    },
];

fn radix(base: i64) -> OurResult<u32> {
    let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base));
    base.ok_or_else(|| invalid("radix must be between 2 and 36"))
}

fn print(value: i64, base: u32, out: &mut String) {
    let (mut rest, start) = (value.unsigned_abs(), out.len());
    while rest > 0 || out.len() == start {
        let digit = (rest % u64::from(base)) as u32;
        out.insert(start, char::from_digit(digit, base).unwrap_or('0'));
        rest /= u64::from(base);
    }
    if value < 0 {
        out.insert(start, '-');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits() {
        for (value, base, expected) in [(0, 2, "0"), (255, 16, "ff"), (-255, 2, "-11111111"), (i64::MIN, 36, "-1y2p0ij32e8e8")] {
            let mut out = String::new();
            print(value, base, &mut out);
            assert_eq!(out, expected);
        }
        assert!(radix(37).is_err() && radix(1).is_err());
    }
}
