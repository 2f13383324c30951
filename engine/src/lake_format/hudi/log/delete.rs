//! Delete blocks of version 3: a list of record keys in Avro's binary encoding, by the schema `HoodieDeleteRecordList` (Apache Hudi,
//! "Technical Specification": delete block). The schema is fixed, so it is read here member by member.

use bytes::Bytes;
use catalog::{Error, Result};
use datafusion::common::ScalarValue;

use super::block::Reader;

/// The scale of decimals in `DecimalWrapper`, whatever that of the column is.
const DECIMAL: (u8, i8) = (30, 15);

/// A key that was deleted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deleted {
    pub(super) key: String,
    /// `None`: the delete wins over everything that was written before it.
    pub(super) ordering: Option<ScalarValue>,
}

/// The keys in the content of a delete block.
///
/// Errors: `NotSupported` for versions 1 and 2, which are Java objects in Kryo's encoding, and for several ordering fields;
/// `BadData` for content that is not as the schema says.
pub(super) fn deleted(content: &Bytes) -> Result<Vec<Deleted>> {
    let mut reader = Reader { bytes: content.clone() };
    let version = reader.number()?;
    if version != 3 {
        return Err(Error::not_supported(format!("hudi delete blocks of version {version} are not supported; version 3 is")));
    }
    let length = reader.number()? as usize;
    let mut avro = Avro(Reader { bytes: reader.take(length)? });
    let mut keys = vec![];
    loop {
        let count = avro.count()?;
        if count == 0 {
            return Ok(keys);
        }
        for _ in 0..count {
            let key = avro.optional_text()?;
            avro.optional_text()?;
            let ordering = avro.ordering()?;
            keys.extend(key.map(|key| Deleted { key, ordering }));
        }
    }
}

/// Avro's binary encoding.
struct Avro(Reader);

impl Avro {
    /// A variable-length zig-zag number.
    fn long(&mut self) -> Result<i64> {
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.0.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
            }
        }
        Err(broken("a number does not end"))
    }

    /// The items of an array's next block; a negative number stands before the block's length in bytes.
    fn count(&mut self) -> Result<i64> {
        let count = self.long()?;
        if count < 0 {
            self.long()?;
        }
        count.checked_abs().ok_or_else(|| broken("a count is out of range"))
    }

    fn bytes(&mut self) -> Result<Bytes> {
        let length = usize::try_from(self.long()?).map_err(|_| broken("a length is negative"))?;
        self.0.take(length)
    }

    fn text(&mut self) -> Result<String> {
        let bytes = self.bytes()?;
        std::str::from_utf8(&bytes).map(str::to_string).map_err(|_| broken("a text is not UTF-8"))
    }

    fn optional_text(&mut self) -> Result<Option<String>> {
        match self.long()? {
            0 => Ok(None),
            1 => self.text().map(Some),
            other => Err(broken(&format!("a text has the branch {other}"))),
        }
    }

    fn int(&mut self) -> Result<i32> {
        i32::try_from(self.long()?).map_err(|_| broken("a number is out of range"))
    }

    /// The branches are wrappers of one value each; the integer 0 says that there is no order but that of writing.
    fn ordering(&mut self) -> Result<Option<ScalarValue>> {
        Ok(match self.long()? {
            0 => None,
            1 => Some(ScalarValue::Boolean(Some(self.0.take(1)?[0] != 0))),
            2 => Some(self.int()?).filter(|value| *value != 0).map(|value| ScalarValue::Int32(Some(value))),
            3 => Some(ScalarValue::Int64(Some(self.long()?))),
            4 => Some(ScalarValue::Float32(Some(f32::from_bits(self.0.number()?.swap_bytes())))),
            5 => {
                let (low, high) = (self.0.number()?.swap_bytes(), self.0.number()?.swap_bytes());
                Some(ScalarValue::Float64(Some(f64::from_bits(u64::from(high) << 32 | u64::from(low)))))
            }
            6 => Some(ScalarValue::Binary(Some(self.bytes()?.to_vec()))),
            7 => Some(ScalarValue::Utf8(Some(self.text()?))),
            8 => Some(ScalarValue::Date32(Some(self.int()?))),
            9 => Some(self.decimal()?),
            10 => Some(ScalarValue::Time64Microsecond(Some(self.long()?))),
            11 => Some(ScalarValue::TimestampMicrosecond(Some(self.long()?), None)),
            other => {
                return Err(Error::not_supported(format!(
                    "hudi deletes with an ordering value of the branch {other} (several ordering fields) are not supported"
                )));
            }
        })
    }

    fn decimal(&mut self) -> Result<ScalarValue> {
        let bytes = self.bytes()?;
        if bytes.len() > 16 {
            return Err(broken("a decimal is out of range"));
        }
        let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
        let value = bytes.iter().fold(sign, |value: i128, byte| value << 8 | i128::from(*byte));
        Ok(ScalarValue::Decimal128(Some(value), DECIMAL.0, DECIMAL.1))
    }
}

fn broken(why: &str) -> Error {
    Error::bad_data(format!("a hudi delete block cannot be read: {why}"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn zigzag(value: i64, out: &mut Vec<u8>) {
        let mut rest = ((value << 1) ^ (value >> 63)) as u64;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    /// A delete block's content: keys with the branch and bytes of their ordering values.
    pub(crate) fn content(keys: &[(&str, u8, &[u8])]) -> Bytes {
        let mut avro = vec![];
        zigzag(keys.len() as i64, &mut avro);
        for (key, branch, value) in keys {
            avro.push(2);
            zigzag(key.len() as i64, &mut avro);
            avro.extend(key.as_bytes());
            avro.extend([0, branch * 2]);
            avro.extend(*value);
        }
        avro.push(0);
        Bytes::from([&3_u32.to_be_bytes()[..], &(avro.len() as u32).to_be_bytes(), &avro].concat())
    }

    #[test]
    fn keys_and_their_order() {
        for (branch, value, expected) in [
            (0, &[][..], None),
            (2, &[0], None),
            (2, &[6], Some(ScalarValue::Int32(Some(3)))),
            (3, &[0x81, 0x01], Some(ScalarValue::Int64(Some(-65)))),
            (4, &1.5_f32.to_le_bytes(), Some(ScalarValue::Float32(Some(1.5)))),
            (5, &(-2.5_f64).to_le_bytes(), Some(ScalarValue::Float64(Some(-2.5)))),
            (7, &[4, b'a', b'b'], Some(ScalarValue::from("ab"))),
            (9, &[2, 0xff], Some(ScalarValue::Decimal128(Some(-1), 30, 15))),
            (11, &[2], Some(ScalarValue::TimestampMicrosecond(Some(1), None))),
        ] {
            let found = deleted(&content(&[("k", branch, value), ("l", 0, &[])])).unwrap();
            assert_eq!(found[0], Deleted { key: "k".into(), ordering: expected });
            assert_eq!(found[1].key, "l");
        }
    }

    #[test]
    fn other_versions_and_torn_blocks_are_told() {
        for (content, expected) in [
            (Bytes::from_static(&[0, 0, 0, 2, 0, 0, 0, 0]), "delete blocks of version 2"),
            (content(&[("k", 12, &[])]), "several ordering fields"),
            (content(&[("k", 3, &[])]).slice(..12), "ends early"),
        ] {
            let error = deleted(&content).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
    }
}
