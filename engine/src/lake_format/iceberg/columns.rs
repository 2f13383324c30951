//! Iceberg's schema as columns, with the types that Trino has for them ("Iceberg connector: Iceberg to Trino type mapping"), and
//! where they are found in files: by id, in files without ids by the table's name mapping ("Column Projection").

use std::collections::HashMap;
use std::sync::Arc;

use catalog::name::fold;
use catalog::{Error, Result};
use datafusion::arrow::datatypes::{Field, FieldRef};
use iceberg::spec::{MappedField, NameMapping, NestedField, PrimitiveType, TableMetadata, Type as Written};

use super::values;
use crate::lake_format::{Place, distinct};
use crate::scan;
use crate::types::Type;

/// The table property that holds the name mapping.
const NAME_MAPPING: &str = "schema.name-mapping.default";

/// All columns as queries see them.
///
/// Errors: `NotSupported` naming column and type.
pub(super) fn all(fields: &[Arc<NestedField>]) -> Result<Vec<FieldRef>> {
    Ok(distinct(fields.iter().map(|field| Ok((field.name.as_str(), column(field)?))).collect::<Result<_>>()?))
}

/// A column as queries see it.
///
/// Errors: `NotSupported` naming column and type.
pub(super) fn column(field: &NestedField) -> Result<FieldRef> {
    let r#type = of(&field.field_type).map_err(|error| error.within(format!("iceberg: column '{}'", field.name)))?;
    Ok(Arc::new(Field::new(fold(&field.name), r#type.arrow(), true)))
}

/// The type of values of a type of Iceberg's.
pub(super) fn of(written: &Written) -> Result<Type> {
    Ok(match written {
        Written::Primitive(primitive) => of_primitive(primitive)?,
        Written::List(list) => Type::array(of(&list.element_field.field_type)?),
        Written::Map(map) => Type::map(of(&map.key_field.field_type)?, of(&map.value_field.field_type)?),
        Written::Struct(fields) => {
            let field = |field: &Arc<NestedField>| Ok((Some(field.name.clone()), of(&field.field_type)?));
            Type::Row(fields.fields().iter().map(field).collect::<Result<_>>()?)
        }
    })
}

fn of_primitive(primitive: &PrimitiveType) -> Result<Type> {
    Ok(match primitive {
        PrimitiveType::Boolean => Type::Boolean,
        PrimitiveType::Int => Type::Integer,
        PrimitiveType::Long => Type::Bigint,
        PrimitiveType::Float => Type::Real,
        PrimitiveType::Double => Type::Double,
        PrimitiveType::Decimal { precision, scale } => match (u8::try_from(*precision), u8::try_from(*scale)) {
            (Ok(precision), Ok(scale)) if precision <= 38 => Type::Decimal(precision, scale),
            _ => return Err(Error::not_supported(format!("the type {primitive} is not supported"))),
        },
        PrimitiveType::Date => Type::Date,
        PrimitiveType::Time => Type::Time(6),
        PrimitiveType::Timestamp => Type::Timestamp(6),
        PrimitiveType::Timestamptz => Type::TimestampTz(6),
        PrimitiveType::String => Type::VARCHAR,
        PrimitiveType::Uuid => Type::Uuid,
        PrimitiveType::Fixed(_) | PrimitiveType::Binary => Type::Varbinary,
        PrimitiveType::TimestampNs => Type::Timestamp(9),
        PrimitiveType::TimestamptzNs => Type::TimestampTz(9),
    })
}

/// The names that fields have in files without ids.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By id, where the table has a name mapping.
    mapped: Option<HashMap<i32, Vec<String>>>,
}

impl Names {
    /// Errors: `BadData` for a name mapping that is none.
    pub(super) fn of(metadata: &TableMetadata) -> Result<Self> {
        let Some(text) = metadata.properties().get(NAME_MAPPING) else { return Ok(Self::default()) };
        let mapping: NameMapping = serde_json::from_str(text)
            .map_err(|error| Error::bad_data(format!("iceberg: the property {NAME_MAPPING}: {error}")).caused_by(error))?;
        let mut mapped = HashMap::new();
        mapping.fields().iter().for_each(|field| gather(field, &mut mapped));
        Ok(Self { mapped: Some(mapped) })
    }

    /// Where files hold a field. Without a name mapping, files without ids are taken to have the names of the schema.
    pub(super) fn place(&self, field: &NestedField) -> Place {
        let names = match &self.mapped {
            Some(mapped) => mapped.get(&field.id).cloned().unwrap_or_default(),
            None => vec![field.name.clone()],
        };
        let members = match field.field_type.as_ref() {
            Written::Primitive(_) => vec![],
            Written::Struct(fields) => fields.fields().iter().map(|field| self.place(field)).collect(),
            Written::List(list) => vec![self.place(&list.element_field)],
            Written::Map(map) => vec![self.place(&map.key_field), self.place(&map.value_field)],
        };
        Place { id: Some(field.id), names, members, default: default(field) }
    }
}

/// What files that were written before the field was added have in it ("Default values").
fn default(field: &NestedField) -> Option<Vec<u8>> {
    let (written, value) = (field.field_type.as_primitive_type()?, field.initial_default.as_ref()?);
    let to = of(&field.field_type).ok()?.arrow();
    scan::encoded(&values::constant(written, Some(value), &to)?).ok()
}

fn gather(field: &MappedField, mapped: &mut HashMap<i32, Vec<String>>) {
    if let Some(id) = field.field_id() {
        mapped.insert(id, field.names().to_vec());
    }
    field.fields().iter().for_each(|field| gather(field, mapped));
}
