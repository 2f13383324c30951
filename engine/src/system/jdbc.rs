//! What JDBC's metadata say of types: the codes of `java.sql.Types`, sizes, digits (`io.trino.connector.system.jdbc`).

use super::cell::{Cell, Row};
use crate::types::Type;

/// `DatabaseMetaData.columnNullableUnknown`
const NULLABLE_UNKNOWN: i64 = 2;
/// `DatabaseMetaData.typeNullable`
const NULLABLE: i64 = 1;
/// `DatabaseMetaData.typeSearchable` and `typePredNone`
const SEARCHABLE: i64 = 3;
const NOT_SEARCHABLE: i64 = 0;
const MOST: i64 = i32::MAX as i64;
/// Characters of the longest name of a time zone, with the blank before it.
const ZONE: i64 = 33;

/// The type's code in `java.sql.Types`.
fn code(r#type: &Type) -> i64 {
    match r#type {
        Type::Boolean => 16,
        Type::Bigint => -5,
        Type::Integer => 4,
        Type::Smallint => 5,
        Type::Tinyint => -6,
        Type::Real => 7,
        Type::Double => 8,
        Type::Decimal(..) => 3,
        Type::Varchar(_) => 12,
        Type::Char(_) => 1,
        Type::Varbinary => -3,
        Type::Date => 91,
        Type::Time(_) => 92,
        Type::TimeTz(_) => 2013,
        Type::Timestamp(_) => 93,
        Type::TimestampTz(_) => 2014,
        Type::Array(_) => 2003,
        Type::Unknown => 0,
        _ => 2000,
    }
}

/// Digits or characters of the longest value.
fn size(r#type: &Type) -> Option<i64> {
    let fraction = |digits: u8| if digits == 0 { 0 } else { i64::from(digits) + 1 };
    Some(match r#type {
        Type::Bigint => 19,
        Type::Integer => 10,
        Type::Smallint => 5,
        Type::Tinyint => 3,
        Type::Real => 24,
        Type::Double => 53,
        Type::Decimal(precision, _) => i64::from(*precision),
        Type::Varchar(length) => length.map_or(MOST, i64::from),
        Type::Char(length) => i64::from(*length),
        Type::Varbinary => MOST,
        // +5881580-07-11
        Type::Date => 14,
        Type::Time(digits) => 8 + fraction(*digits),
        Type::TimeTz(digits) => 14 + fraction(*digits),
        Type::Timestamp(digits) => 23 + fraction(*digits),
        Type::TimestampTz(digits) => 23 + fraction(*digits) + ZONE,
        _ => return None,
    })
}

fn digits(r#type: &Type) -> Option<i64> {
    match r#type {
        Type::Bigint | Type::Integer | Type::Smallint | Type::Tinyint => Some(0),
        Type::Decimal(_, scale) => Some(i64::from(*scale)),
        Type::Time(digits) | Type::TimeTz(digits) | Type::Timestamp(digits) | Type::TimestampTz(digits) => {
            Some(i64::from(*digits))
        }
        _ => None,
    }
}

fn radix(r#type: &Type) -> Option<i64> {
    match r#type {
        Type::Bigint | Type::Integer | Type::Smallint | Type::Tinyint | Type::Decimal(..) => Some(10),
        Type::Real | Type::Double => Some(2),
        _ => None,
    }
}

fn octets(r#type: &Type) -> Option<i64> {
    match r#type {
        Type::Varchar(length) => Some(length.map_or(MOST, |length| (i64::from(length) * 4).min(MOST))),
        Type::Char(length) => Some(i64::from(*length) * 4),
        Type::Varbinary => Some(MOST),
        _ => None,
    }
}

/// A column of a table, as `DatabaseMetaData.getColumns` answers it. A type that cannot be read is told as it is stored.
pub(super) struct Column<'a> {
    pub(super) catalog: &'a str,
    pub(super) schema: &'a str,
    pub(super) table: &'a str,
    pub(super) name: String,
    pub(super) type_name: String,
    pub(super) comment: Option<String>,
    pub(super) position: i64,
}

impl Column<'_> {
    pub(super) fn row(self) -> Row {
        let r#type = Type::parse(&self.type_name).unwrap_or(Type::Json);
        vec![
            self.catalog.into(),
            self.schema.into(),
            self.table.into(),
            self.name.into(),
            code(&r#type).into(),
            self.type_name.into(),
            size(&r#type).into(),
            0.into(),
            digits(&r#type).into(),
            radix(&r#type).into(),
            NULLABLE_UNKNOWN.into(),
            self.comment.into(),
            Cell::Null,
            Cell::Null,
            Cell::Null,
            octets(&r#type).into(),
            self.position.into(),
            "".into(),
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
        ]
    }
}

/// `DatabaseMetaData.getTypeInfo`: the types without parameters first.
pub(super) fn types() -> Vec<Row> {
    let plain = [
        Type::Boolean,
        Type::Tinyint,
        Type::Smallint,
        Type::Integer,
        Type::Bigint,
        Type::Real,
        Type::Double,
        Type::Varbinary,
        Type::Date,
        Type::YearMonth,
        Type::DayTime,
        Type::Json,
        Type::Uuid,
        Type::IpAddress,
        Type::HyperLogLog,
        Type::P4HyperLogLog,
        Type::SetDigest,
        Type::TDigest,
        Type::Unknown,
    ];
    let plain = plain.into_iter().map(|known| {
        let searchable = if known.is_comparable() { SEARCHABLE } else { NOT_SEARCHABLE };
        about(&known.to_string(), code(&known), size(&known), searchable, radix(&known))
    });
    let parametric = [
        ("decimal", 3),
        ("varchar", 12),
        ("char", 1),
        ("time", 92),
        ("time with time zone", 2013),
        ("timestamp", 93),
        ("timestamp with time zone", 2014),
        ("array", 2003),
        ("map", 2000),
        ("row", 2000),
        ("qdigest", 2000),
    ];
    plain.chain(parametric.into_iter().map(|(name, code)| about(name, code, None, NOT_SEARCHABLE, None))).collect()
}

fn about(name: &str, code: i64, precision: Option<i64>, searchable: i64, radix: Option<i64>) -> Row {
    vec![
        name.into(),
        code.into(),
        precision.into(),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        NULLABLE.into(),
        false.into(),
        searchable.into(),
        Cell::Null,
        false.into(),
        Cell::Null,
        Cell::Null,
        0.into(),
        0.into(),
        Cell::Null,
        Cell::Null,
        radix.into(),
    ]
}
