//! Arrays, maps and rows as Java prints them, and dictionaries, which print as what they hold.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, GenericListArray, GenericListViewArray, MapArray, OffsetSizeTrait, StructArray, make_comparator,
};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Field};
use catalog::Result;

use super::{Text, Writer, unprintable};

pub(super) fn writer<'a>(array: &'a dyn Array) -> Result<Writer<'a>> {
    match array.data_type() {
        DataType::List(_) => list(array.as_list::<i32>()),
        DataType::LargeList(_) => list(array.as_list::<i64>()),
        DataType::ListView(_) => list_view(array.as_list_view::<i32>()),
        DataType::LargeListView(_) => list_view(array.as_list_view::<i64>()),
        DataType::FixedSizeList(..) => {
            let array = array.as_fixed_size_list();
            let (items, width) = (Text::new(array.values())?, array.value_length() as usize);
            Ok(Box::new(move |row, out| sequence(&items, row * width..(row + 1) * width, out)))
        }
        DataType::Struct(_) => row(array.as_struct()),
        DataType::Map(..) => map(array.as_map()),
        DataType::Dictionary(..) => {
            let array = array.as_any_dictionary();
            let values = Text::new(array.values().as_ref())?;
            let keys = if array.values().is_empty() { Vec::new() } else { array.normalized_keys() };
            Ok(Box::new(move |row, out| _ = values.write(keys[row], out)))
        }
        other => Err(unprintable(other)),
    }
}

fn list<'a, O: OffsetSizeTrait>(array: &'a GenericListArray<O>) -> Result<Writer<'a>> {
    let (items, offsets) = (Text::new(array.values())?, array.value_offsets());
    Ok(Box::new(move |row, out| sequence(&items, offsets[row].as_usize()..offsets[row + 1].as_usize(), out)))
}

fn list_view<'a, O: OffsetSizeTrait>(array: &'a GenericListViewArray<O>) -> Result<Writer<'a>> {
    let (items, offsets, sizes) = (Text::new(array.values())?, array.value_offsets(), array.value_sizes());
    Ok(Box::new(move |row, out| {
        let start = offsets[row].as_usize();
        sequence(&items, start..start + sizes[row].as_usize(), out);
    }))
}

fn sequence(items: &Text<'_>, range: Range<usize>, out: &mut String) {
    out.push('[');
    for (index, item) in range.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        items.write_nested(item, out);
    }
    out.push(']');
}

/// A field without a name prints its value alone: Trino's anonymous row.
fn row<'a>(array: &'a StructArray) -> Result<Writer<'a>> {
    let named = |(field, column): (&'a Arc<Field>, &'a ArrayRef)| Ok((field.name().as_str(), Text::new(column)?));
    let fields = array.fields().iter().zip(array.columns()).map(named).collect::<Result<Vec<_>>>()?;
    Ok(Box::new(move |row, out| {
        out.push('{');
        for (index, (name, text)) in fields.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            if !name.is_empty() {
                out.push_str(name);
                out.push('=');
            }
            text.write_nested(row, out);
        }
        out.push('}');
    }))
}

fn map<'a>(array: &'a MapArray) -> Result<Writer<'a>> {
    let (keys, values, offsets) = (Text::new(array.keys())?, Text::new(array.values())?, array.value_offsets());
    // Keys that Arrow cannot order stay in the order they are stored in.
    let order = make_comparator(array.keys(), array.keys(), SortOptions::default()).ok();
    Ok(Box::new(move |row, out| {
        let mut entries: Vec<usize> = (offsets[row] as usize..offsets[row + 1] as usize).collect();
        if let Some(order) = &order {
            entries.sort_by(|left, right| order(*left, *right));
        }
        out.push('{');
        for (index, entry) in entries.into_iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            keys.write_nested(entry, out);
            out.push('=');
            values.write_nested(entry, out);
        }
        out.push('}');
    }))
}
