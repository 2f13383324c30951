//! Trino's types, and how each is kept in Arrow.
//!
//! A value's type must survive every operator, and DataFusion keeps the `DataType` of a column through all of them, but loses the
//! metadata of its field in many (`min`, `coalesce`, `CASE`, `array_agg`, the values of maps). So a type that Arrow does not have
//! is a **wrapper**: a struct whose first child is called `v`, holds the value and has the type's name in its metadata.
//!
//! | type | Arrow |
//! |---|---|
//! | varchar, varbinary | `Utf8View`, `Binary` (a varchar's length stands in its field's metadata, see [`Type::of_field`]) |
//! | date, time(0, 3, 6, 9), timestamp(0, 3, 6) | `Date32`, `Time32`/`Time64`, `Timestamp` without a zone |
//! | other time(p) | wrapper of picoseconds of the day, `Int64` |
//! | other timestamp(p) | wrapper of microseconds, `Int64`, below 6; of seconds as `Decimal128(38, 12)` above |
//! | timestamp(p) with time zone | wrapper of the instant as above (microseconds up to 6) and `zone`, a [`Zone`]'s key, `Int16` |
//! | time(p) with time zone | wrapper of picoseconds of the day in UTC, `Int64`, and `zone`, minutes of offset, `Int16` |
//! | interval year to month, day to second | `Interval(YearMonth)`, `Duration(Millisecond)` |
//! | number | wrapper of `Binary`, whose bytes have the order of the numbers: see [`number`] |
//! | char(n) | wrapper of `Utf8View` without the blanks at the end |
//! | json | wrapper of `Utf8View`, canonical: no blanks, members in order |
//! | variant | wrapper of `Binary`, a key that equal values have in common, with names and value beside it: see [`variant`] |
//! | uuid, ipaddress | wrapper of `FixedSizeBinary(16)`; IPv4 as IPv6 has it (`::ffff:a.b.c.d`) |
//! | sketches | wrapper of `Binary` |
//! | array, map, row | `List`, `Map`, `Struct`; a field without a name has the name `""` |

mod arrow;
mod coerce;
mod field;
mod name;
pub(crate) mod number;
mod result;
// Functions, casts and literals come to use all of it.
#[allow(dead_code)]
pub(crate) mod temporal;
#[cfg(test)]
mod tests;
pub(crate) mod variant;
pub(crate) mod zone;

pub(crate) use arrow::{is_number, is_variant, is_wrapper, storage};
pub(crate) use coerce::{can_coerce, common_super_type};
pub(crate) use field::{LENGTH, of_hive, with_length};
pub(crate) use name::Parts;
pub(crate) use number::Number;
pub use result::{ResultType, name, result_type};
pub(crate) use zone::Zone;

/// The most digits of a decimal.
pub(crate) const MAX_PRECISION: u8 = 38;
/// The most digits of a second's fraction: picoseconds.
pub(crate) const MAX_FRACTION: u8 = 12;
/// The longest `char`.
pub(crate) const MAX_CHAR: u32 = 65_536;

/// A type of Trino's ("Data types").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// The type of `NULL`.
    Unknown,
    Boolean,
    Tinyint,
    Smallint,
    Integer,
    Bigint,
    Real,
    Double,
    /// Precision and scale.
    Decimal(u8, u8),
    /// A decimal of up to 200 digits, NaN or an infinity.
    Number,
    /// With the most characters, where there is a bound.
    Varchar(Option<u32>),
    Char(u32),
    Varbinary,
    Date,
    /// Digits of a second's fraction, here and below.
    Time(u8),
    TimeTz(u8),
    Timestamp(u8),
    TimestampTz(u8),
    /// `interval year to month`
    YearMonth,
    /// `interval day to second`
    DayTime,
    Array(Box<Type>),
    Map(Box<Type>, Box<Type>),
    Row(Vec<RowField>),
    Json,
    /// Values that each have a type of their own.
    Variant,
    Uuid,
    IpAddress,
    HyperLogLog,
    P4HyperLogLog,
    SetDigest,
    TDigest,
    QDigest(Box<Type>),
}

/// A field of a row: its name where it has one.
pub type RowField = (Option<String>, Type);

impl Type {
    pub(crate) const VARCHAR: Self = Self::Varchar(None);

    pub(crate) fn array(item: Self) -> Self {
        Self::Array(Box::new(item))
    }

    pub(crate) fn map(key: Self, value: Self) -> Self {
        Self::Map(Box::new(key), Box::new(value))
    }

    /// Whether Arrow has this type itself, so that DataFusion's comparisons are Trino's.
    pub(crate) fn is_plain(&self) -> bool {
        match self {
            Self::Time(digits) => matches!(digits, 0 | 3 | 6 | 9),
            Self::Timestamp(digits) => matches!(digits, 0 | 3 | 6),
            Self::Number
            | Self::Char(_)
            | Self::TimeTz(_)
            | Self::TimestampTz(_)
            | Self::Array(_)
            | Self::Map(..)
            | Self::Row(_)
            | Self::Json
            | Self::Variant
            | Self::Uuid
            | Self::IpAddress
            | Self::HyperLogLog
            | Self::P4HyperLogLog
            | Self::SetDigest
            | Self::TDigest
            | Self::QDigest(_) => false,
            _ => true,
        }
    }

    pub(crate) fn is_integer(&self) -> bool {
        matches!(self, Self::Tinyint | Self::Smallint | Self::Integer | Self::Bigint)
    }

    pub(crate) fn is_numeric(&self) -> bool {
        self.is_integer() || matches!(self, Self::Real | Self::Double | Self::Decimal(..) | Self::Number)
    }

    /// The decimal that holds every value of an integer type, or the decimal itself.
    pub(crate) fn as_decimal(&self) -> Option<(u8, u8)> {
        match self {
            Self::Tinyint => Some((3, 0)),
            Self::Smallint => Some((5, 0)),
            Self::Integer => Some((10, 0)),
            Self::Bigint => Some((19, 0)),
            Self::Decimal(precision, scale) => Some((*precision, *scale)),
            _ => None,
        }
    }

    /// Whether `<` and `ORDER BY` are defined.
    pub(crate) fn is_orderable(&self) -> bool {
        match self {
            Self::Json
            | Self::Variant
            | Self::Map(..)
            | Self::HyperLogLog
            | Self::P4HyperLogLog
            | Self::SetDigest
            | Self::TDigest => false,
            Self::QDigest(_) => false,
            Self::Array(item) => item.is_orderable(),
            Self::Row(fields) => fields.iter().all(|(_, field)| field.is_orderable()),
            _ => true,
        }
    }

    /// Whether `=` and `GROUP BY` are defined.
    pub(crate) fn is_comparable(&self) -> bool {
        match self {
            Self::HyperLogLog | Self::P4HyperLogLog | Self::SetDigest | Self::TDigest | Self::QDigest(_) => false,
            Self::Array(item) => item.is_comparable(),
            Self::Map(key, value) => key.is_comparable() && value.is_comparable(),
            Self::Row(fields) => fields.iter().all(|(_, field)| field.is_comparable()),
            _ => true,
        }
    }
}
