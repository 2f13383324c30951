//! Parquet: the columns, rows and uncompressed bytes that its footer tells. Types as Glue's crawler writes them (glue.md 1.6),
//! the small integers, maps and raw bytes after Trino's Hive connector.

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::schema::types::Type;

use super::{Described, Directory};
use crate::crawl::inspected::{Finding, Inspections, Kind};
use crate::crawl::shape::{Member, Shape};

/// The footer's length and the magic.
const TRAILER: usize = 8;

/// `end` are the last bytes of an object of `size`, or all of them.
pub(in super::super) fn inspect(end: &[u8], size: u64, inspections: &mut Inspections) -> Finding {
    let directory = match footer(end, size) {
        Directory::Read(metadata) => Directory::Read(describe(&metadata)),
        Directory::Needs(bytes) => Directory::Needs(bytes),
        Directory::Damaged(why) => Directory::Damaged(why),
    };
    directory.found(inspections)
}

fn footer(end: &[u8], size: u64) -> Directory<ParquetMetaData> {
    let damaged = |why: &str| Directory::Damaged(why.to_owned());
    let Some((head, trailer)) = end.split_last_chunk::<TRAILER>() else { return damaged("a Parquet file too short to be one") };
    let [a, b, c, d, magic @ ..] = *trailer;
    match &magic {
        b"PAR1" => {}
        b"PARE" => return damaged("an encrypted Parquet file"),
        _ => return damaged("starts like a Parquet file, but its footer is missing: it is not whole"),
    }
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    let needed = length + TRAILER as u64;
    if needed > size {
        return damaged("a Parquet file whose footer is said to be longer than the file");
    }
    let Some(start) = head.len().checked_sub(length as usize) else { return Directory::Needs(needed) };
    match ParquetMetaDataReader::decode_metadata(head.get(start..).unwrap_or_default()) {
        Ok(metadata) => Directory::Read(metadata),
        Err(error) => Directory::Damaged(format!("a Parquet file whose footer cannot be read: {error}")),
    }
}

fn describe(metadata: &ParquetMetaData) -> Described {
    let file = metadata.file_metadata();
    let fields = file.schema_descr().root_schema().get_fields();
    Described {
        kind: Kind::Parquet,
        classification: "parquet",
        columns: fields.iter().map(|field| member(field)).collect(),
        records: u64::try_from(file.num_rows()).unwrap_or_default(),
        bytes: metadata.row_groups().iter().map(|group| u64::try_from(group.total_byte_size()).unwrap_or_default()).sum(),
    }
}

fn member(field: &Type) -> Member {
    Member::new(field.name(), shape(field))
}

fn shape(field: &Type) -> Shape {
    let one = value(field);
    // A repeated field that no list annotation surrounds is a list of its own.
    if is_repeated(field) { Shape::Array(Box::new(one)) } else { one }
}

fn is_repeated(field: &Type) -> bool {
    let info = field.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}

/// One value of the field, whether or not it is repeated.
fn value(field: &Type) -> Shape {
    if field.is_primitive() {
        return primitive(field);
    }
    let inner = match field.get_fields() {
        [inner] => Some(inner.as_ref()),
        _ => None,
    };
    match (field.get_basic_info().converted_type(), inner) {
        (ConvertedType::LIST, Some(repeated)) => Shape::Array(Box::new(element(field, repeated))),
        (ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE, Some(entry)) if entry.is_group() => match entry.get_fields() {
            [key, value] => Shape::Map(Box::new(shape(key)), Box::new(shape(value))),
            _ => structure(field),
        },
        _ => structure(field),
    }
}

fn structure(field: &Type) -> Shape {
    Shape::Struct(field.get_fields().iter().map(|field| member(field)).collect())
}

/// The element of a list, with the rules for lists of older writers (parquet-format, LogicalTypes.md, "Lists").
fn element(list: &Type, repeated: &Type) -> Shape {
    if !is_repeated(repeated) {
        return shape(repeated);
    }
    if repeated.is_primitive() {
        return primitive(repeated);
    }
    let is_element = repeated.name() == "array" || repeated.name() == format!("{}_tuple", list.name());
    match repeated.get_fields() {
        [element] if !is_element => shape(element),
        _ => value(repeated),
    }
}

fn primitive(field: &Type) -> Shape {
    let info = field.get_basic_info();
    match info.converted_type() {
        ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => return Shape::String,
        ConvertedType::DECIMAL => return Shape::Decimal(field.get_precision() as u8, field.get_scale() as i8),
        ConvertedType::DATE => return Shape::Date,
        ConvertedType::TIMESTAMP_MILLIS | ConvertedType::TIMESTAMP_MICROS => return Shape::Timestamp,
        ConvertedType::INT_8 => return Shape::TinyInt,
        // Unsigned integers get the type that holds them all.
        ConvertedType::INT_16 | ConvertedType::UINT_8 => return Shape::SmallInt,
        ConvertedType::UINT_16 => return Shape::Int,
        ConvertedType::UINT_32 => return Shape::BigInt,
        ConvertedType::UINT_64 => return Shape::Decimal(20, 0),
        _ => {}
    }
    match (field.get_physical_type(), info.logical_type_ref()) {
        (Physical::INT64, Some(LogicalType::Timestamp { .. })) | (Physical::INT96, _) => Shape::Timestamp,
        (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Float16)) | (Physical::FLOAT, _) => Shape::Float,
        (Physical::BOOLEAN, _) => Shape::Boolean,
        (Physical::INT32, _) => Shape::Int,
        (Physical::INT64, _) => Shape::BigInt,
        (Physical::DOUBLE, _) => Shape::Double,
        (Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY, _) => Shape::Binary,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use parquet::arrow::ArrowWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    fn columns(message: &str) -> Vec<String> {
        let schema = parse_message_type(&format!("message m {{ {message} }}")).unwrap();
        schema.get_fields().iter().map(|field| format!("{} {}", field.name(), shape(field).hive())).collect()
    }

    #[test]
    fn types() {
        for (message, column) in [
            ("required boolean a;", "a boolean"),
            ("required int32 a;", "a int"),
            ("required int32 a (INT_8);", "a tinyint"),
            ("required int32 a (INTEGER(16,true));", "a smallint"),
            ("required int32 a (UINT_32);", "a bigint"),
            ("required int64 a (UINT_64);", "a decimal(20,0)"),
            ("required int64 a;", "a bigint"),
            ("required float a;", "a float"),
            ("optional double a;", "a double"),
            ("required binary a (UTF8);", "a string"),
            ("required binary a (STRING);", "a string"),
            ("required binary a;", "a binary"),
            ("required int32 a (DATE);", "a date"),
            ("required int64 a (TIMESTAMP_MILLIS);", "a timestamp"),
            ("required int64 a (TIMESTAMP(MICROS,true));", "a timestamp"),
            ("required int64 a (TIMESTAMP(NANOS,false));", "a timestamp"),
            ("required int96 a;", "a timestamp"),
            ("required int32 a (DECIMAL(9,2));", "a decimal(9,2)"),
            ("required fixed_len_byte_array(16) a (DECIMAL(38,10));", "a decimal(38,10)"),
            ("required group a { required int32 b; required binary c (UTF8); }", "a struct<b:int,c:string>"),
            ("optional group a (LIST) { repeated group list { optional int64 element; } }", "a array<bigint>"),
            ("optional group a (LIST) { repeated int32 element; }", "a array<int>"),
            ("optional group a (LIST) { repeated group array { required int32 x; } }", "a array<struct<x:int>>"),
            ("optional group a (LIST) { repeated group a_tuple { required int32 x; } }", "a array<struct<x:int>>"),
            (
                "optional group a (LIST) { repeated group e { required int32 x; required int32 y; } }",
                "a array<struct<x:int,y:int>>",
            ),
            (
                "optional group a (LIST) { repeated group list { optional group element (LIST) { repeated group list \
                 { optional double element; } } } }",
                "a array<array<double>>",
            ),
            (
                "optional group a (MAP) { repeated group key_value { required binary key (UTF8); optional int32 value; } }",
                "a map<string,int>",
            ),
            ("repeated int32 a;", "a array<int>"),
        ] {
            assert_eq!(columns(message), [column], "{message}");
        }
    }

    fn file(rows: i64) -> Vec<u8> {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
        let batch = RecordBatch::try_from_iter([("A", column)]).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn rows_and_bytes_come_from_the_footer() {
        let file = file(50);
        let mut inspections = Inspections::default();
        let size = file.len() as u64;
        let Finding::Found(found) = inspect(&file, size, &mut inspections) else { panic!("not found") };
        assert_eq!(found.records, 50);
        assert!(found.bytes > 400, "{}", found.bytes);
        assert_eq!(inspections.get(found.inspection).unwrap().columns, [Member::new("A", Shape::BigInt)]);
        // With less than the footer, it says how much it needs, and that is enough.
        let Finding::NeedsTail { bytes } = inspect(&file[file.len() - 10..], size, &mut inspections) else { panic!("enough") };
        let tail = &file[file.len() - bytes as usize..];
        assert_eq!(inspect(tail, size, &mut inspections), Finding::Found(found));
    }

    #[test]
    fn damaged_files_are_named_so() {
        let whole = file(3);
        let mut lying = whole.clone();
        let at = lying.len() - 8;
        lying[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut garbled = whole.clone();
        let length = garbled.len();
        garbled[length - 200..length - 8].fill(0xFF);
        for (bytes, says) in
            [(&whole[..20], "not whole"), (&lying[..], "longer than"), (&garbled[..], "cannot be read"), (b"PAR1", "short")]
        {
            match inspect(bytes, bytes.len() as u64, &mut Inspections::default()) {
                Finding::Unrecognised { why } => assert!(why.contains(says), "{why}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
