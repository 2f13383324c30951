//! Arrays as text: `array_join` and what `listagg` makes of the array that it gathers.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};
use catalog::{Error, ErrorKind};
use datafusion::common::Result;

use crate::error::into_datafusion;
use crate::functions::{Call, Nulls, Overload, Scalar};
use crate::values::list::{as_list, range};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["$array_join"],
        description: "The elements of an array with a delimiter between them; NULLs are left out, or replaced",
        overloads: &[
            Overload::new("(array(varchar), varchar) -> varchar", array_join),
            Overload::new("(array(varchar), varchar, varchar) -> varchar", array_join),
        ],
    },
    Scalar {
        names: &["$listagg"],
        description: "The elements of an array with a separator between them; NULL where there is none",
        overloads: &[Overload {
            signature: "(array(varchar), varchar, varchar, boolean) -> varchar",
            nulls: Nulls::Called,
            call: listagg,
        }],
    },
];

fn array_join(call: &Call<'_>) -> Result<ArrayRef> {
    let (array, delimiter) = (call.array(0)?, call.array(1)?);
    let replacement = if call.types.len() > 2 { Some(call.array(2)?) } else { None };
    let (list, delimiter) = (as_list(&array)?, delimiter.as_string_view());
    let texts = list.values().as_string_view();
    let valid = call.valid();
    let mut joined = StringViewBuilder::with_capacity(call.rows);
    let mut text = String::new();
    for row in 0..call.rows {
        if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
            joined.append_null();
            continue;
        }
        text.clear();
        let mut first = true;
        for at in range(list.offsets(), row) {
            let part = match &replacement {
                _ if texts.is_valid(at) => texts.value(at),
                Some(replacement) => replacement.as_string_view().value(row),
                None => continue,
            };
            if !std::mem::take(&mut first) {
                text.push_str(delimiter.value(row));
            }
            text.push_str(part);
        }
        joined.append_value(&text);
    }
    Ok(Arc::new(joined.finish()))
}

/// The most bytes that `listagg` makes, as Trino limits them.
const MOST: usize = 1_048_576;

fn listagg(call: &Call<'_>) -> Result<ArrayRef> {
    let (array, separator, filler, count) = (call.array(0)?, call.array(1)?, call.array(2)?, call.array(3)?);
    let (list, separator, filler) = (as_list(&array)?, separator.as_string_view(), filler.as_string_view());
    let (texts, count) = (list.values().as_string_view(), count.as_boolean());
    let rows = (0..call.rows).map(|row| {
        if list.is_null(row) {
            return Ok(None);
        }
        let parts: Vec<&str> = range(list.offsets(), row).filter(|at| texts.is_valid(*at)).map(|at| texts.value(at)).collect();
        let filler = filler.is_valid(row).then(|| filler.value(row));
        concatenated(&parts, separator.value(row), filler, count.value(row))
    });
    Ok(Arc::new(rows.collect::<Result<StringViewArray>>()?))
}

/// None of no parts. Where they are too long the last ones are left out and `filler` stands for them, with their number.
fn concatenated(parts: &[&str], separator: &str, filler: Option<&str>, with_count: bool) -> Result<Option<String>> {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        let length = text.len() + part.len() + if at > 0 { separator.len() } else { 0 };
        if length > MOST {
            let Some(filler) = filler else {
                let message = format!("Concatenated string has the length in bytes larger than the maximum output length {MOST}");
                return Err(into_datafusion(Error::new(ErrorKind::LimitExceeded, message)));
            };
            text.push_str(separator);
            text.push_str(filler);
            if with_count {
                text.push_str(&format!("({})", parts.len() - at));
            }
            return Ok(Some(text));
        }
        if at > 0 {
            text.push_str(separator);
        }
        text.push_str(part);
    }
    Ok((!parts.is_empty()).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_an_error_or_ends_with_the_filler() {
        let long = "x".repeat(MOST - 1);
        type Case<'a> = (&'a [&'a str], Option<&'a str>, bool, Option<usize>);
        let cases: &[Case<'_>] = &[
            (&["a", "b"], None, false, Some(3)),
            (&[], None, false, None),
            (&[&long, "a"], Some("..."), true, Some(MOST - 1 + 1 + 6)),
            (&[&long, "a"], Some("..."), false, Some(MOST - 1 + 1 + 3)),
        ];
        for (parts, filler, with_count, expected) in cases {
            let text = concatenated(parts, ",", *filler, *with_count).unwrap();
            assert_eq!(text.map(|text| text.len()), *expected);
        }
        assert!(concatenated(&[&long, "a"], ",", None, false).is_err());
    }
}
