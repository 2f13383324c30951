//! Delta's schema as columns, with the types that Athena has for them ("Query Linux Foundation Delta Lake tables": supported data
//! types), and where they are found in files ("Column Mapping" in the Delta protocol).

use std::sync::Arc;

use catalog::name::fold;
use catalog::{Error, Result};
use datafusion::arrow::datatypes::{Field, FieldRef};
use deltalake_core::kernel::{ColumnMetadataKey, DataType, MetadataValue, PrimitiveType, StructField};

use crate::lake_format::Place;
use crate::types::Type;

/// A column as queries see it.
///
/// Errors: `NotSupported` naming column and type.
pub(super) fn column(field: &StructField) -> Result<FieldRef> {
    let r#type = of(&field.data_type).map_err(|error| error.within(format!("delta: column '{}'", field.name)))?;
    Ok(Arc::new(Field::new(fold(&field.name), r#type.arrow(), true)))
}

/// The type of values of a type of Delta's.
pub(super) fn of(written: &DataType) -> Result<Type> {
    Ok(match written {
        DataType::Primitive(primitive) => of_primitive(primitive)?,
        DataType::Array(array) => Type::array(of(&array.element_type)?),
        DataType::Map(map) => Type::map(of(&map.key_type)?, of(&map.value_type)?),
        DataType::Struct(fields) => {
            let field = |field: &StructField| Ok((Some(field.name.clone()), of(&field.data_type)?));
            Type::Row(fields.fields().map(field).collect::<Result<_>>()?)
        }
        DataType::Variant(_) => Type::Variant,
    })
}

fn of_primitive(primitive: &PrimitiveType) -> Result<Type> {
    Ok(match primitive {
        PrimitiveType::String => Type::VARCHAR,
        PrimitiveType::Long => Type::Bigint,
        PrimitiveType::Integer => Type::Integer,
        PrimitiveType::Short => Type::Smallint,
        PrimitiveType::Byte => Type::Tinyint,
        PrimitiveType::Float => Type::Real,
        PrimitiveType::Double => Type::Double,
        PrimitiveType::Boolean => Type::Boolean,
        PrimitiveType::Binary => Type::Varbinary,
        PrimitiveType::Date => Type::Date,
        PrimitiveType::Timestamp => Type::TimestampTz(3),
        PrimitiveType::TimestampNtz => Type::Timestamp(6),
        PrimitiveType::Decimal(decimal) => Type::Decimal(decimal.precision(), decimal.scale()),
        other => return Err(Error::not_supported(format!("the type {other} is not supported"))),
    })
}

/// How columns are found in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mapping {
    /// By the names of the schema.
    None,
    /// By physical names.
    Name,
    /// By the ids of Parquet's fields, and by physical names in files without.
    Id,
}

impl Mapping {
    /// Errors: `NotSupported` for a mode that is none of the protocol's.
    pub(super) fn of(mode: Option<&str>) -> Result<Self> {
        match mode {
            None | Some("none") => Ok(Self::None),
            Some("name") => Ok(Self::Name),
            Some("id") => Ok(Self::Id),
            Some(other) => Err(Error::not_supported(format!("delta: the column mapping mode '{other}' is not known"))),
        }
    }

    /// The name that the log and files have for a column.
    pub(super) fn physical_name(self, field: &StructField) -> &str {
        match field.get_config_value(&ColumnMetadataKey::ColumnMappingPhysicalName) {
            Some(MetadataValue::String(name)) if self != Self::None => name,
            _ => &field.name,
        }
    }

    /// Where files hold a column.
    pub(super) fn place(self, field: &StructField) -> Place {
        let id = match field.get_config_value(&ColumnMetadataKey::ColumnMappingId) {
            Some(MetadataValue::Number(id)) if self == Self::Id => i32::try_from(*id).ok(),
            _ => None,
        };
        Place { id, names: vec![self.physical_name(field).to_string()], members: self.members(&field.data_type), default: None }
    }

    fn members(self, within: &DataType) -> Vec<Place> {
        let unnamed = |within: &DataType| Place { id: None, names: vec![], members: self.members(within), default: None };
        match within {
            // Without a mapping members are found by their names anyway.
            _ if self == Self::None => vec![],
            DataType::Struct(fields) => fields.fields().map(|field| self.place(field)).collect(),
            DataType::Array(array) => vec![unnamed(&array.element_type)],
            DataType::Map(map) => vec![unnamed(&map.key_type), unnamed(&map.value_type)],
            DataType::Primitive(_) | DataType::Variant(_) => vec![],
        }
    }
}
