//! Values as the judge reads them: JSON, where a value that JSON has no type for is an object of one member that names its type.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use catalog::{Error, Result};
use engine::text::Text;
use engine::trino_type;
use serde_json::{Value, json};

/// The values of a column.
pub(crate) fn of(array: &ArrayRef) -> Result<Vec<Value>> {
    let name = trino_type::name(array.data_type())?;
    let base = name.split('(').next().unwrap_or_default();
    let mut values = match base {
        "unknown" => vec![Value::Null; array.len()],
        "boolean" => array.as_boolean().iter().map(|value| json!(value)).collect(),
        "tinyint" | "smallint" | "integer" | "bigint" => {
            to(array, &DataType::Int64)?.as_primitive::<Int64Type>().iter().map(|value| json!(value)).collect()
        }
        "double" => array.as_primitive::<Float64Type>().iter().map(|value| double(value.unwrap_or_default())).collect(),
        "real" => {
            let reals = to(array, &DataType::Float32)?;
            let values = reals.as_primitive::<Float32Type>().iter();
            values.map(|value| json!({"$real": double(value.unwrap_or_default().into())})).collect()
        }
        "array" => list(array)?,
        "map" => map(array)?,
        "row" if is_dictionary(array) => of(&undictionaried(array)?)?,
        "row" => row(array)?,
        "varchar" | "char" => texts(array)?.into_iter().map(Value::String).collect(),
        _ => texts(array)?.into_iter().map(|text| tagged(&name, text)).collect(),
    };
    if let Some(nulls) = array.logical_nulls() {
        for (row, value) in values.iter_mut().enumerate().filter(|(row, _)| nulls.is_null(*row)) {
            debug_assert!(row < array.len());
            *value = Value::Null;
        }
    }
    Ok(values)
}

/// Doubles that JSON has no number for are said by name.
fn double(value: f64) -> Value {
    match value {
        value if value.is_nan() => json!({"$double": "NaN"}),
        f64::INFINITY => json!({"$double": "Infinity"}),
        f64::NEG_INFINITY => json!({"$double": "-Infinity"}),
        value => json!(value),
    }
}

fn tagged(name: &str, text: String) -> Value {
    let tag = match name.split('(').next().unwrap_or_default() {
        "decimal" => "$decimal",
        "varbinary" => return json!({"$bytes": text.replace(' ', "")}),
        "date" => "$date",
        "timestamp" if name.ends_with("zone") => "$timestamptz",
        "timestamp" => "$timestamp",
        "time" if name.ends_with("zone") => "$timetz",
        "time" => "$time",
        "json" => "$json",
        "uuid" => "$uuid",
        "ipaddress" => "$ip",
        "interval day to second" => "$day to second",
        "interval year to month" => "$year to month",
        _ => "$text",
    };
    json!({tag: text})
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
    let item = match array.data_type() {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => item.clone(),
        _ => return of(&undictionaried(array)?),
    };
    let array = to(array, &DataType::List(item))?;
    let (items, offsets) = (of(array.as_list::<i32>().values())?, array.as_list::<i32>().value_offsets());
    Ok(offsets.windows(2).map(|ends| json!(items[ends[0] as usize..ends[1] as usize])).collect())
}

fn map(array: &ArrayRef) -> Result<Vec<Value>> {
    let Some(array) = array.as_map_opt() else { return of(&undictionaried(array)?) };
    let (keys, values) = (of(array.keys())?, of(array.values())?);
    let entry = |at: i32| json!([keys[at as usize], values[at as usize]]);
    Ok(array.value_offsets().windows(2).map(|ends| json!({"$map": (ends[0]..ends[1]).map(entry).collect::<Vec<_>>()})).collect())
}

fn row(array: &ArrayRef) -> Result<Vec<Value>> {
    let columns = array.as_struct().columns().iter().map(of).collect::<Result<Vec<_>>>()?;
    let row = |row: usize| json!({"$row": columns.iter().map(|column| &column[row]).collect::<Vec<_>>()});
    Ok((0..array.len()).map(row).collect())
}

fn is_dictionary(array: &ArrayRef) -> bool {
    matches!(array.data_type(), DataType::Dictionary(..))
}

fn undictionaried(array: &ArrayRef) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::Dictionary(_, values) => to(array, values),
        other => Err(Error::internal(format!("an array of the type {other} is not read"))),
    }
}

fn to(array: &ArrayRef, r#type: &DataType) -> Result<ArrayRef> {
    cast(array, r#type).map_err(|error| Error::internal(error.to_string()))
}
