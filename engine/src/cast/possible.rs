//! Which casts there are.

use super::variant;
use crate::types::{Type, temporal};

/// Whether `CAST(from AS to)` is allowed.
pub(crate) fn can_cast(from: &Type, to: &Type) -> bool {
    use Type::*;
    match (from, to) {
        (Unknown, _) => true,
        (from, to) if from == to => true,
        (Array(from), Array(to)) => can_cast(from, to),
        (Map(from_key, from_value), Map(to_key, to_value)) => can_cast(from_key, to_key) && can_cast(from_value, to_value),
        (Row(from), Row(to)) => from.len() == to.len() && from.iter().zip(to).all(|((_, from), (_, to))| can_cast(from, to)),
        (Variant, to) => variant::gives(to),
        (from, Variant) => variant::takes(from),
        (Json, to) => from_json(to),
        (from, Json) => to_json(from),
        // As text it has no bound.
        (IpAddress, Varchar(Some(_)) | Char(_)) => false,
        (from, Varchar(_) | Char(_)) => has_text(from),
        (Varchar(_) | Char(_), to) => is_read(to) || temporal::cast::can_cast(&Type::VARCHAR, to),
        (Uuid | IpAddress, Varbinary) | (Varbinary, Uuid | IpAddress) => true,
        (HyperLogLog | P4HyperLogLog | SetDigest | TDigest | QDigest(_), Varbinary) => true,
        (Varbinary, HyperLogLog | P4HyperLogLog | SetDigest | TDigest | QDigest(_)) => true,
        (P4HyperLogLog, HyperLogLog) | (HyperLogLog, P4HyperLogLog) => true,
        (from, to) if is_number(from) && is_number(to) => true,
        (from, to) => temporal::cast::can_cast(from, to),
    }
}

fn is_number(r#type: &Type) -> bool {
    r#type.is_numeric() || *r#type == Type::Boolean
}

fn has_text(r#type: &Type) -> bool {
    use Type::{Char, IpAddress, Uuid, Varchar};
    is_number(r#type)
        || matches!(r#type, Varchar(_) | Char(_) | Uuid | IpAddress)
        || temporal::cast::can_cast(r#type, &Type::VARCHAR)
}

fn is_read(r#type: &Type) -> bool {
    is_number(r#type) || matches!(r#type, Type::Varbinary | Type::Uuid | Type::IpAddress | Type::Json)
}

fn to_json(r#type: &Type) -> bool {
    match r#type {
        Type::Array(item) => to_json(item),
        Type::Map(key, value) => (is_number(key) || matches!(**key, Type::Varchar(_) | Type::Unknown)) && to_json(value),
        Type::Row(fields) => fields.iter().all(|(_, field)| to_json(field)),
        Type::Unknown | Type::Varchar(_) | Type::Json | Type::Date | Type::Timestamp(_) | Type::TimestampTz(_) => true,
        other => is_number(other),
    }
}

fn from_json(r#type: &Type) -> bool {
    match r#type {
        Type::Array(item) => from_json(item),
        Type::Map(key, value) => (is_number(key) || matches!(**key, Type::Varchar(_))) && from_json(value),
        Type::Row(fields) => fields.iter().all(|(_, field)| from_json(field)),
        Type::Varchar(_) | Type::Json => true,
        other => is_number(other),
    }
}
