//! `regexp_replace` with a lambda, which is given the groups of a match and gives what stands in its place.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, StringViewBuilder, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};

use super::super::columns::Strings;
use super::super::lambda::Call;
use super::Patterns;
use crate::types::Type;

/// The texts of the first argument, what the second matches in them replaced by what the lambda gives. It is called once, for
/// all matches of all rows; where it gives NULL the whole text is.
pub(in super::super) fn regexp_replace(call: &Call<'_>) -> Result<ArrayRef> {
    let text = Strings::of(call.array(0)?)?;
    let mut patterns = Patterns { texts: Strings::of(call.array(1)?)?, last: None };
    let (mut rows, mut found): (Vec<u32>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    let (mut groups, mut lengths) = (StringViewBuilder::new(), Vec::new());
    let is_null = |row: usize, patterns: &Patterns| text.is_null(row) || patterns.texts.is_null(row);
    for row in (0..call.rows).filter(|row| !is_null(*row, &patterns)).collect::<Vec<_>>() {
        let pattern = patterns.at(row)?;
        pattern.each_captures(text.value(row), |captured| {
            let Some(whole) = captured[0].clone() else { return Ok(()) };
            rows.push(row as u32);
            found.push(whole);
            lengths.push(captured.len() - 1);
            captured[1..].iter().for_each(|group| groups.append_option(group.clone().map(|group| &text.value(row)[group])));
            Ok(())
        })?;
    }
    let DataType::List(item) = Type::array(Type::VARCHAR).arrow() else { return internal_err!("an array is a list") };
    let groups = ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(groups.finish()), None)?;
    let given = call.apply(0, &[Arc::new(groups) as ArrayRef], &UInt32Array::from(rows.clone()))?;
    let given = Strings::of(&given)?;
    let mut out = StringViewBuilder::with_capacity(call.rows);
    let mut next = 0;
    let mut replaced = String::new();
    for row in 0..call.rows {
        let matches = next + rows[next..].iter().take_while(|of| **of as usize == row).count();
        if is_null(row, &patterns) || (next..matches).any(|at| given.is_null(at)) {
            out.append_null();
        } else {
            let text = text.value(row);
            let mut rest = 0;
            replaced.clear();
            for at in next..matches {
                replaced.push_str(&text[rest..found[at].start]);
                replaced.push_str(given.value(at));
                rest = found[at].end;
            }
            replaced.push_str(&text[rest..]);
            out.append_value(&replaced);
        }
        next = matches;
    }
    Ok(Arc::new(out.finish()))
}
