//! Values as the judge reads them: JSON, where a value that JSON has no type for is an object of one member that names its type.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use catalog::{Error, Result};
use engine::text::Text;
use engine::types::Type;
use serde_json::{Value, json};

/// The values of a column.
pub(crate) fn of(array: &ArrayRef) -> Result<Vec<Value>> {
    if let DataType::Dictionary(_, values) = array.data_type() {
        return of(&to(array, values)?);
    }
    let mut values = match Type::of(array.data_type())? {
        Type::Unknown => vec![Value::Null; array.len()],
        Type::Boolean => array.as_boolean().iter().map(|value| json!(value)).collect(),
        Type::Tinyint | Type::Smallint | Type::Integer | Type::Bigint => {
            to(array, &DataType::Int64)?.as_primitive::<Int64Type>().iter().map(|value| json!(value)).collect()
        }
        Type::Double => array.as_primitive::<Float64Type>().iter().map(|value| double(value.unwrap_or_default())).collect(),
        Type::Real => {
            let reals = to(array, &DataType::Float32)?;
            let values = reals.as_primitive::<Float32Type>().iter();
            values.map(|value| json!({"$real": real(value.unwrap_or_default())})).collect()
        }
        Type::Array(_) => list(array)?,
        Type::Map(..) => map(array)?,
        Type::Row(_) => row(array)?,
        Type::Varchar(_) | Type::Char(_) => texts(array)?.into_iter().map(Value::String).collect(),
        Type::Varbinary => texts(array)?.into_iter().map(|text| json!({"$bytes": text.replace(' ', "")})).collect(),
        other => texts(array)?.into_iter().map(|text| json!({tag(&other): text})).collect(),
    };
    if let Some(nulls) = array.logical_nulls() {
        let null = values.iter_mut().enumerate().filter(|(row, _)| nulls.is_null(*row));
        null.for_each(|(_, value)| *value = Value::Null);
    }
    Ok(values)
}

/// Doubles that JSON has no number for are said by name.
/// A real as the shortest number that means it.
fn real(value: f32) -> Value {
    double(value.to_string().parse().unwrap_or(f64::NAN))
}

fn double(value: f64) -> Value {
    match value {
        value if value.is_nan() => json!({"$double": "NaN"}),
        f64::INFINITY => json!({"$double": "Infinity"}),
        f64::NEG_INFINITY => json!({"$double": "-Infinity"}),
        value => json!(value),
    }
}

/// How the judge marks the text of a value of this type.
fn tag(r#type: &Type) -> &'static str {
    match r#type {
        Type::Decimal(..) => "$decimal",
        Type::Number => "$number",
        Type::Date => "$date",
        Type::Time(_) => "$time",
        Type::TimeTz(_) => "$timetz",
        Type::Timestamp(_) => "$timestamp",
        Type::TimestampTz(_) => "$timestamptz",
        Type::YearMonth => "$year to month",
        Type::DayTime => "$day to second",
        Type::Json => "$json",
        Type::Uuid => "$uuid",
        Type::IpAddress => "$ip",
        _ => "$text",
    }
}

fn texts(array: &ArrayRef) -> Result<Vec<String>> {
    let printer = Text::new(array.as_ref())?;
    let text = |row| {
        let mut text = String::new();
        printer.write(row, &mut text);
        text
    };
    Ok((0..array.len()).map(text).collect())
}

fn list(array: &ArrayRef) -> Result<Vec<Value>> {
    let array = match array.data_type() {
        DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => to(array, &DataType::List(item.clone()))?,
        _ => array.clone(),
    };
    let (items, offsets) = (of(array.as_list::<i32>().values())?, array.as_list::<i32>().value_offsets());
    Ok(offsets.windows(2).map(|ends| json!(items[ends[0] as usize..ends[1] as usize])).collect())
}

fn map(array: &ArrayRef) -> Result<Vec<Value>> {
    let array = array.as_map();
    let (keys, values) = (of(array.keys())?, of(array.values())?);
    let entry = |at: i32| json!([keys[at as usize], values[at as usize]]);
    Ok(array.value_offsets().windows(2).map(|ends| json!({"$map": (ends[0]..ends[1]).map(entry).collect::<Vec<_>>()})).collect())
}

fn row(array: &ArrayRef) -> Result<Vec<Value>> {
    let columns = array.as_struct().columns().iter().map(of).collect::<Result<Vec<_>>>()?;
    let row = |row: usize| json!({"$row": columns.iter().map(|column| &column[row]).collect::<Vec<_>>()});
    Ok((0..array.len()).map(row).collect())
}

fn to(array: &ArrayRef, r#type: &DataType) -> Result<ArrayRef> {
    cast(array, r#type).map_err(|error| Error::internal(error.to_string()))
}
