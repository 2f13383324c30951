//! Casts to `variant` and from it ("Cast to VARIANT", "Cast from VARIANT").

mod from;
pub(crate) mod json;
mod to;

pub(super) use from::from_variant;
pub(super) use to::to_variant;

use crate::types::Type;

/// Whether values of the type can be cast to a variant.
pub(super) fn takes(r#type: &Type) -> bool {
    match r#type {
        Type::Array(item) => takes(item),
        Type::Map(key, value) => matches!(**key, Type::Varchar(_) | Type::Unknown) && takes(value),
        // A field without a name could be no member of an object.
        Type::Row(fields) => fields.iter().all(|(name, field)| name.is_some() && takes(field)),
        other => is_scalar(other) || matches!(other, Type::Unknown | Type::Json | Type::Variant),
    }
}

/// Whether a variant can be cast to the type, where its value fits.
pub(super) fn gives(r#type: &Type) -> bool {
    match r#type {
        Type::Array(item) => gives(item),
        Type::Map(key, value) => matches!(**key, Type::Varchar(_)) && gives(value),
        Type::Row(fields) => fields.iter().all(|(_, field)| gives(field)),
        other => is_scalar(other) || matches!(other, Type::Json | Type::Variant),
    }
}

fn is_scalar(r#type: &Type) -> bool {
    use Type::{Boolean, Date, Decimal, Double, Real, Time, Timestamp, TimestampTz, Uuid, Varbinary, Varchar};
    r#type.is_integer()
        || matches!(r#type, Boolean | Real | Double | Decimal(..) | Varchar(_) | Varbinary | Date | Uuid)
        || matches!(r#type, Time(_) | Timestamp(_) | TimestampTz(_))
}
