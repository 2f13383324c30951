//! From a type to Arrow's and back.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit};
use catalog::{Error, Result};

use super::Type;

/// The key in a wrapper's child under which the type's name stands.
const MARKER: &str = "civetta.type";
/// The name of `number`.
const NUMBER: &str = "number";
/// The name of `variant`.
const VARIANT: &str = "variant";
/// The wrapper's child that holds the value.
const VALUE: &str = "v";
/// The wrapper's child that holds the time zone.
const ZONE: &str = "zone";

impl Type {
    /// The type of values that Arrow calls `data_type`.
    ///
    /// Unsigned integers, which SQL does not have, get the next type that holds all of their values.
    /// Errors: `NotSupported` for the Arrow types that no SQL value has.
    pub fn of(data_type: &DataType) -> Result<Self> {
        use DataType as A;
        Ok(match data_type {
            A::Null => Self::Unknown,
            A::Boolean => Self::Boolean,
            A::Int8 => Self::Tinyint,
            A::Int16 | A::UInt8 => Self::Smallint,
            A::Int32 | A::UInt16 => Self::Integer,
            A::Int64 | A::UInt32 => Self::Bigint,
            A::UInt64 => Self::Decimal(20, 0),
            A::Float16 | A::Float32 => Self::Real,
            A::Float64 => Self::Double,
            A::Decimal32(precision, scale)
            | A::Decimal64(precision, scale)
            | A::Decimal128(precision, scale)
            | A::Decimal256(precision, scale) => {
                let scale = u8::try_from(*scale).map_err(|_| unnamed(data_type))?;
                Self::Decimal(*precision, scale)
            }
            A::Utf8 | A::LargeUtf8 | A::Utf8View => Self::VARCHAR,
            A::Binary | A::LargeBinary | A::BinaryView | A::FixedSizeBinary(_) => Self::Varbinary,
            A::Date32 | A::Date64 => Self::Date,
            A::Time32(unit) | A::Time64(unit) => Self::Time(digits(*unit)),
            A::Timestamp(unit, None) => Self::Timestamp(digits(*unit)),
            A::Timestamp(unit, Some(_)) => Self::TimestampTz(digits(*unit)),
            A::Interval(IntervalUnit::YearMonth) => Self::YearMonth,
            A::Interval(_) | A::Duration(_) => Self::DayTime,
            A::List(item) | A::LargeList(item) | A::ListView(item) | A::LargeListView(item) | A::FixedSizeList(item, _) => {
                Self::array(Self::of(item.data_type())?)
            }
            A::Struct(fields) => match marker(fields) {
                Some(name) => Self::parse(name)?,
                None => Self::Row(fields.iter().map(|field| named(field)).collect::<Result<_>>()?),
            },
            A::Map(entries, _) => match entries.data_type() {
                A::Struct(pair) if pair.len() == 2 => Self::map(Self::of(pair[0].data_type())?, Self::of(pair[1].data_type())?),
                other => return Err(unnamed(other)),
            },
            A::Dictionary(_, value) => Self::of(value)?,
            A::RunEndEncoded(_, values) => Self::of(values.data_type())?,
            other => return Err(unnamed(other)),
        })
    }

    /// The one Arrow type that functions get and give values of this type in.
    pub fn arrow(&self) -> DataType {
        use DataType as A;
        match self {
            Self::Unknown => A::Null,
            Self::Boolean => A::Boolean,
            Self::Tinyint => A::Int8,
            Self::Smallint => A::Int16,
            Self::Integer => A::Int32,
            Self::Bigint => A::Int64,
            Self::Real => A::Float32,
            Self::Double => A::Float64,
            Self::Decimal(precision, scale) => A::Decimal128(*precision, *scale as i8),
            Self::Varchar(_) => A::Utf8View,
            Self::Varbinary => A::Binary,
            Self::Date => A::Date32,
            Self::Time(0) => A::Time32(TimeUnit::Second),
            Self::Time(3) => A::Time32(TimeUnit::Millisecond),
            Self::Time(6) => A::Time64(TimeUnit::Microsecond),
            Self::Time(9) => A::Time64(TimeUnit::Nanosecond),
            Self::Timestamp(0) => A::Timestamp(TimeUnit::Second, None),
            Self::Timestamp(3) => A::Timestamp(TimeUnit::Millisecond, None),
            Self::Timestamp(6) => A::Timestamp(TimeUnit::Microsecond, None),
            Self::YearMonth => A::Interval(IntervalUnit::YearMonth),
            Self::DayTime => A::Duration(TimeUnit::Millisecond),
            Self::Array(item) => A::List(Arc::new(Field::new_list_field(item.arrow(), true))),
            Self::Map(key, value) => {
                let pair = vec![Field::new("key", key.arrow(), false), Field::new("value", value.arrow(), true)];
                A::Map(Arc::new(Field::new("entries", A::Struct(pair.into()), false)), false)
            }
            Self::Row(fields) => {
                let field = |(name, r#type): &(Option<String>, Self)| {
                    Field::new(name.as_deref().unwrap_or_default(), r#type.arrow(), true)
                };
                A::Struct(fields.iter().map(field).collect())
            }
            Self::Time(_) => self.wrapper(A::Int64),
            Self::TimeTz(_) => self.zoned(A::Int64),
            Self::Timestamp(digits) => self.wrapper(instant(*digits)),
            Self::TimestampTz(digits) => self.zoned(instant(*digits)),
            Self::Char(_) | Self::Json => self.wrapper(A::Utf8View),
            Self::Variant => self.variant(),
            Self::Uuid | Self::IpAddress => self.wrapper(A::FixedSizeBinary(16)),
            Self::Number | Self::HyperLogLog | Self::P4HyperLogLog | Self::SetDigest | Self::TDigest | Self::QDigest(_) => {
                self.wrapper(A::Binary)
            }
        }
    }

    fn wrapper(&self, storage: DataType) -> DataType {
        DataType::Struct(Fields::from(vec![self.value(storage)]))
    }

    fn zoned(&self, storage: DataType) -> DataType {
        static ZONE_FIELD: LazyLock<Arc<Field>> = LazyLock::new(|| Arc::new(Field::new(ZONE, DataType::Int16, false)));
        DataType::Struct(Fields::from(vec![Arc::new(self.value(storage)), Arc::clone(&ZONE_FIELD)]))
    }

    fn variant(&self) -> DataType {
        static BESIDE: LazyLock<[Arc<Field>; 2]> =
            LazyLock::new(|| ["names", "value"].map(|name| Arc::new(Field::new(name, DataType::Binary, false))));
        let [names, value] = &*BESIDE;
        DataType::Struct(Fields::from(vec![Arc::new(self.value(DataType::Binary)), Arc::clone(names), Arc::clone(value)]))
    }

    /// The child is never NULL where its struct is not; it is nullable all the same, because DataFusion makes it so in places.
    fn value(&self, storage: DataType) -> Field {
        Field::new(VALUE, storage, true).with_metadata([(MARKER.to_string(), self.to_string())].into())
    }
}

/// Whether values of the Arrow type are wrapped.
pub(crate) fn is_wrapper(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Struct(fields) if marker(fields).is_some())
}

/// Whether values of the Arrow type are of type `number`.
pub(crate) fn is_number(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Struct(fields) if marker(fields) == Some(NUMBER))
}

/// Whether values of the Arrow type are of type `variant`.
pub(crate) fn is_variant(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Struct(fields) if marker(fields) == Some(VARIANT))
}

/// The Arrow type of what a wrapper holds. None for what is not wrapped.
pub(crate) fn storage(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Struct(fields) if marker(fields).is_some() => fields.first().map(|field| field.data_type().clone()),
        _ => None,
    }
}

fn marker(fields: &Fields) -> Option<&str> {
    let first = fields.first()?;
    first.metadata().get(MARKER).map(String::as_str)
}

/// What an instant with so many digits is kept as.
fn instant(digits: u8) -> DataType {
    if digits <= 6 { DataType::Int64 } else { DataType::Decimal128(38, 12) }
}

fn named(field: &Field) -> Result<(Option<String>, Type)> {
    let name = (!field.name().is_empty()).then(|| field.name().clone());
    Ok((name, Type::of(field.data_type())?))
}

fn digits(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

fn unnamed(data_type: &DataType) -> Error {
    Error::not_supported(format!("the arrow type {data_type} has no SQL type; cast the column to another type"))
}
