//! Casts of types that Arrow does not have: uuid, ipaddress, char, json; and of bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder, StringViewArray, StructArray,
};
use arrow::datatypes::DataType;
use catalog::{Error, Result};

use super::text::as_wrapper;
use super::{Clock, invalid, native};
use crate::error::{from_datafusion, into_datafusion};
use crate::functions::json::cast::{from_json, to_json};
use crate::types::Type;

/// What a wrapper holds, with the wrapper's NULLs.
pub(crate) fn value(array: &ArrayRef) -> Result<ArrayRef> {
    let wrapper = as_wrapper(array)?;
    let value = wrapper.column(0);
    match wrapper.nulls() {
        Some(nulls) if nulls.null_count() > 0 => {
            let mask = arrow::array::BooleanArray::new(!nulls.inner(), None);
            arrow::compute::nullif(value, &mask).map_err(|error| Error::internal(error.to_string()))
        }
        _ => Ok(Arc::clone(value)),
    }
}

/// Values as a type that is kept in a wrapper of one child.
pub(crate) fn wrap(values: ArrayRef, r#type: &Type) -> Result<ArrayRef> {
    let DataType::Struct(fields) = r#type.arrow() else {
        return Err(Error::internal(format!("{type} is not wrapped")));
    };
    let nulls = values.logical_nulls();
    let made = StructArray::try_new(fields, vec![values], nulls);
    Ok(Arc::new(made.map_err(|error| Error::internal(error.to_string()))?))
}

/// Whether [`cast`] knows how.
pub(super) fn knows(from: &Type, to: &Type) -> bool {
    use Type::{HyperLogLog, IpAddress, P4HyperLogLog, QDigest, SetDigest, TDigest, Uuid, Varbinary, Varchar};
    matches!(
        (from, to),
        (Varchar(_), Varbinary | Uuid | IpAddress)
            | (Varbinary, Uuid | IpAddress)
            | (Uuid | IpAddress, Varbinary)
            | (HyperLogLog | P4HyperLogLog | SetDigest | TDigest | QDigest(_), Varbinary)
            | (Varbinary, HyperLogLog | P4HyperLogLog | SetDigest | TDigest | QDigest(_))
            | (P4HyperLogLog, HyperLogLog)
            | (HyperLogLog, P4HyperLogLog)
    )
}

pub(super) fn cast(array: &ArrayRef, from: &Type, to: &Type, clock: Clock) -> Result<ArrayRef> {
    use Type::{IpAddress, Json, Uuid, Varbinary, Varchar};
    match (from, to) {
        (Json, _) | (_, Json) => json(array, from, to, clock),
        (Varchar(_), Varbinary) => {
            let texts = native(array, &Type::VARCHAR)?;
            Ok(Arc::new(texts.as_string_view().iter().map(|text| text.map(str::as_bytes)).collect::<BinaryArray>()))
        }
        (Varchar(_), Uuid) => {
            let texts = native(array, &Type::VARCHAR)?;
            let read = |text: &str| read_uuid(text).ok_or_else(|| invalid(format!("Cannot cast value to UUID: {text}")));
            sixteen(texts.as_string_view().iter().map(|text| text.map(read).transpose()), to)
        }
        (Varchar(_), IpAddress) => {
            let texts = native(array, &Type::VARCHAR)?;
            let read = |text: &str| read_address(text).ok_or_else(|| invalid(format!("Cannot cast value to IPADDRESS: {text}")));
            sixteen(texts.as_string_view().iter().map(|text| text.map(read).transpose()), to)
        }
        (Varbinary, Uuid) => {
            let read =
                |bytes: &[u8]| bytes.try_into().map_err(|_| invalid(format!("Invalid UUID binary length: {}", bytes.len())));
            let bytes = native(array, &Varbinary)?;
            sixteen(bytes.as_binary::<i32>().iter().map(|bytes| bytes.map(read).transpose()), to)
        }
        (Varbinary, IpAddress) => {
            let read = |bytes: &[u8]| match bytes.len() {
                4 => Ok(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).unwrap_or_default()).to_ipv6_mapped().octets()),
                16 => Ok(<[u8; 16]>::try_from(bytes).unwrap_or_default()),
                length => Err(invalid(format!("Invalid InetAddress binary length: {length}"))),
            };
            let bytes = native(array, &Varbinary)?;
            sixteen(bytes.as_binary::<i32>().iter().map(|bytes| bytes.map(read).transpose()), to)
        }
        (Uuid | IpAddress, Varbinary) => {
            let values = value(array)?;
            Ok(Arc::new(values.as_fixed_size_binary().iter().collect::<BinaryArray>()))
        }
        (_, Varbinary) => value(array),
        (Varbinary, _) => wrap(native(array, &Varbinary)?, to),
        _ => wrap(value(array)?, to),
    }
}

fn sixteen(values: impl Iterator<Item = Result<Option<[u8; 16]>>>, to: &Type) -> Result<ArrayRef> {
    let mut builder = FixedSizeBinaryBuilder::new(16);
    for value in values {
        match value? {
            None => builder.append_null(),
            Some(bytes) => builder.append_value(bytes).map_err(|error| Error::internal(error.to_string()))?,
        }
    }
    let values: FixedSizeBinaryArray = builder.finish();
    wrap(Arc::new(values), to)
}

/// 36 characters, groups of hexadecimal digits with a hyphen between them.
fn read_uuid(text: &str) -> Option<[u8; 16]> {
    (text.len() == 36).then(|| uuid::Uuid::try_parse(text).ok()).flatten().map(uuid::Uuid::into_bytes)
}

fn read_address(text: &str) -> Option<[u8; 16]> {
    match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => Some(address.to_ipv6_mapped().octets()),
        IpAddr::V6(address) => Some(address.octets()),
    }
}

/// The text of uuids and addresses.
pub(super) fn text(array: &ArrayRef, from: &Type) -> Result<ArrayRef> {
    let values = value(array)?;
    let print = |bytes: &[u8]| {
        let bytes: [u8; 16] = bytes.try_into().unwrap_or_default();
        if *from == Type::Uuid { uuid::Uuid::from_bytes(bytes).hyphenated().to_string() } else { address(bytes) }
    };
    Ok(Arc::new(values.as_fixed_size_binary().iter().map(|bytes| bytes.map(print)).collect::<StringViewArray>()))
}

/// IPv4 addresses without the prefix that they are kept with.
pub(crate) fn address(bytes: [u8; 16]) -> String {
    let address = Ipv6Addr::from(bytes);
    match address.to_ipv4_mapped() {
        Some(address) => address.to_string(),
        None => address.to_string(),
    }
}

/// To json and from it.
pub(super) fn json(array: &ArrayRef, from: &Type, to: &Type, clock: Clock) -> Result<ArrayRef> {
    let ours = |array: &ArrayRef, from: &Type, to: &Type| super::strict(array, from, to, clock).map_err(into_datafusion);
    let made = match to {
        Type::Json => to_json(array, from),
        to => from_json(array, to, &ours, false),
    };
    made.map_err(from_datafusion)
}
