//! A file's columns under the names that a table has for them, at any depth, where a [`Place`] says which is which.

use std::collections::HashMap;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, LargeListArray, ListArray, MapArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use datafusion::common::Result;
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;

use super::codec::decode_scalar;
use crate::lake_format::Place;

/// Before the names of what is none of the table's: no column of a table begins so.
const FOREIGN: char = '\0';
/// Where the default of a member stands, in hexadecimal digits.
const DEFAULT: &str = "civetta.default";

/// `physical` with the names of `logical`, whose columns are found at `places`, one for each.
pub(super) fn schema(logical: &Schema, physical: &Schema, places: &[Place]) -> Schema {
    let fields = fields(logical.fields(), physical.fields(), places);
    Schema::new_with_metadata(fields, physical.metadata().clone())
}

fn fields(logical: &Fields, physical: &Fields, places: &[Place]) -> Fields {
    let ids = physical.iter().any(|field| id(field).is_some());
    let found: HashMap<usize, (&FieldRef, &Place)> = logical
        .iter()
        .zip(places)
        .filter_map(|(wanted, place)| Some((position(physical, place, ids)?, (wanted, place))))
        .collect();
    let label = |(at, field): (usize, &FieldRef)| match found.get(&at) {
        Some((wanted, place)) => {
            let data_type = data_type(wanted.data_type(), field.data_type(), &place.members);
            Arc::new(field.as_ref().clone().with_name(wanted.name()).with_data_type(data_type))
        }
        None => Arc::new(field.as_ref().clone().with_name(format!("{FOREIGN}{}", field.name()))),
    };
    physical.iter().enumerate().map(label).collect()
}

fn id(field: &Field) -> Option<i32> {
    field.metadata().get(PARQUET_FIELD_ID_META_KEY)?.parse().ok()
}

/// Which of the fields is the one at `place`; `ids`: they have ids.
fn position(fields: &Fields, place: &Place, ids: bool) -> Option<usize> {
    match place.id {
        Some(wanted) if ids => fields.iter().position(|field| id(field) == Some(wanted)),
        _ => place.names.iter().find_map(|name| fields.iter().position(|field| field.name() == name)),
    }
}

/// `physical` with the names of `logical`; as it is where nothing is said of its members.
fn data_type(logical: &DataType, physical: &DataType, members: &[Place]) -> DataType {
    let element = |wanted: &FieldRef, have: &FieldRef| match members {
        [element] => Arc::new(relabelled(wanted, have, element)),
        _ => Arc::clone(have),
    };
    match (logical, physical) {
        (DataType::Struct(wanted), DataType::Struct(have)) if !members.is_empty() => {
            let named = fields(wanted, have, members);
            let defaults = wanted.iter().zip(members).filter(|(wanted, _)| named.find(wanted.name()).is_none());
            let defaults: Vec<FieldRef> = defaults.filter_map(|(wanted, place)| defaulted(wanted, place)).collect();
            DataType::Struct(named.iter().cloned().chain(defaults).collect())
        }
        (DataType::List(wanted), DataType::List(have)) => DataType::List(element(wanted, have)),
        (DataType::List(wanted), DataType::LargeList(have)) => DataType::LargeList(element(wanted, have)),
        (DataType::Map(wanted, _), DataType::Map(have, sorted)) => match (wanted.data_type(), have.data_type(), members) {
            (DataType::Struct(wanted), DataType::Struct(pair), [key, value]) if wanted.len() == 2 && pair.len() == 2 => {
                let pair = vec![relabelled(&wanted[0], &pair[0], key), relabelled(&wanted[1], &pair[1], value)];
                let entries = have.as_ref().clone().with_data_type(DataType::Struct(pair.into()));
                DataType::Map(Arc::new(entries), *sorted)
            }
            _ => physical.clone(),
        },
        _ => physical.clone(),
    }
}

/// A member that the file lacks and that has another value than NULL in its rows; the value stands in its metadata.
fn defaulted(wanted: &Field, place: &Place) -> Option<FieldRef> {
    let value = HEXLOWER.encode(place.default.as_ref()?);
    Some(Arc::new(wanted.clone().with_metadata([(DEFAULT.to_string(), value)].into())))
}

fn default_of(field: &Field, rows: usize) -> Result<ArrayRef> {
    let value = field.metadata().get(DEFAULT).and_then(|value| HEXLOWER.decode(value.as_bytes()).ok()).unwrap_or_default();
    decode_scalar(&value)?.to_array_of_size(rows)
}

/// A field that keeps its own name, with the members of its type relabelled.
fn relabelled(wanted: &Field, have: &Field, place: &Place) -> Field {
    have.clone().with_data_type(data_type(wanted.data_type(), have.data_type(), &place.members))
}

/// `array` as `to`, which is its own type but for the names in it.
pub(super) fn array(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    Ok(match (array.data_type(), to) {
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let own = array.as_struct();
            let named = own.columns().iter().zip(fields).map(|(column, field)| self::array(column, field.data_type()));
            let defaults = fields.iter().skip(own.num_columns()).map(|field| default_of(field, own.len()));
            let columns = named.chain(defaults);
            let (columns, nulls) = (columns.collect::<Result<Vec<_>>>()?, own.nulls().cloned());
            Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, own.len())?)
        }
        (DataType::List(_), DataType::List(item)) => {
            let list = array.as_list::<i32>();
            let values = self::array(list.values(), item.data_type())?;
            Arc::new(ListArray::try_new(Arc::clone(item), list.offsets().clone(), values, list.nulls().cloned())?)
        }
        (DataType::LargeList(_), DataType::LargeList(item)) => {
            let list = array.as_list::<i64>();
            let values = self::array(list.values(), item.data_type())?;
            Arc::new(LargeListArray::try_new(Arc::clone(item), list.offsets().clone(), values, list.nulls().cloned())?)
        }
        (DataType::Map(..), DataType::Map(entries, sorted)) => {
            let map = array.as_map();
            let pairs: ArrayRef = Arc::new(map.entries().clone());
            let pairs = self::array(&pairs, entries.data_type())?.as_struct().clone();
            Arc::new(MapArray::try_new(Arc::clone(entries), map.offsets().clone(), pairs, map.nulls().cloned(), *sorted)?)
        }
        _ => Arc::clone(array),
    })
}
