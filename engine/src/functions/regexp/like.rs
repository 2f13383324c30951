//! `LIKE` with Trino's escapes: none without ESCAPE, so that a backslash is a character like others. Arrow's kernels take it for
//! the escape; patterns are written anew for them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Scalar as ArrowScalar, StringViewArray};
use datafusion::common::Result;

use super::super::columns::{invalid, strings};
use super::super::{Call, Overload, Scalar};

pub(in super::super) const FUNCTIONS: &[Scalar] = &[Scalar {
    names: &["$like"],
    description: "The predicate LIKE, with its escape character",
    overloads: &[
        Overload::new("(varchar, varchar) -> boolean", like),
        Overload::new("(varchar, varchar, varchar) -> boolean", like),
    ],
}];

fn like(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, pattern) = (strings(call, 0)?, strings(call, 1)?);
    let escape = if call.types.len() > 2 { Some(strings(call, 2)?) } else { None };
    let constant = call.constant(1).is_some() && (escape.is_none() || call.constant(2).is_some());
    let rows = if constant { call.rows.min(1) } else { call.rows };
    let patterns: StringViewArray = (0..rows)
        .map(|row| {
            if pattern.is_null(row) || escape.as_ref().is_some_and(|escape| escape.is_null(row)) {
                return Ok(None);
            }
            arrow_pattern(pattern.value(row), escape.as_ref().map(|escape| escape.value(row))).map(Some)
        })
        .collect::<Result<_>>()?;
    let matched = match constant && rows == 1 {
        true => arrow::compute::like(text.array(), &ArrowScalar::new(patterns))?,
        false => arrow::compute::like(text.array(), &patterns)?,
    };
    Ok(Arc::new(matched))
}

/// A pattern as Arrow's `like` reads it, where a backslash is the escape.
///
/// Errors with Trino's words where the escape is not one character or stands before another than `%`, `_` and itself.
pub(crate) fn arrow_pattern(pattern: &str, escape: Option<&str>) -> Result<String> {
    let escape = match escape {
        None => None,
        Some(escape) => match (escape.chars().next(), escape.chars().nth(1)) {
            (Some(single), None) => Some(single),
            _ => return Err(invalid("Escape string must be a single character")),
        },
    };
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let (c, escaped) = match Some(c) == escape {
            false => (c, false),
            true => match chars.next() {
                Some(next) if matches!(next, '%' | '_') || Some(next) == escape => (next, true),
                _ => return Err(invalid("Escape character must be followed by '%', '_' or the escape character itself")),
            },
        };
        if c == '\\' || (escaped && matches!(c, '%' | '_')) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, escape, expected) in [
            (r"a\%", None, Some(r"a\\%")),
            ("a#%_##", Some("#"), Some(r"a\%_#")),
            (r"a\\b\_", Some(r"\"), Some(r"a\\b\_")),
            ("a%", Some("%"), None),
            ("%%", Some("%"), Some(r"\%")),
            ("a", Some(""), None),
            ("a", Some("##"), None),
            ("#a", Some("#"), None),
        ] {
            assert_eq!(arrow_pattern(pattern, escape).ok().as_deref(), expected, "{pattern} {escape:?}");
        }
    }
}
