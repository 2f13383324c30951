//! The little of Protocol Buffers' wire format that ORC's footers need, read field by field.

/// A field: its number and what it holds.
pub(super) struct Field<'a> {
    pub(super) number: u64,
    pub(super) value: FieldValue<'a>,
}

pub(super) enum FieldValue<'a> {
    /// Of variable length or fixed.
    Number(u64),
    /// Text, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
}

/// The fields of a message, in order; ends early where the message is damaged.
pub(super) fn fields(message: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut rest = message;
    std::iter::from_fn(move || field(&mut rest))
}

/// Packed numbers.
pub(super) fn numbers(packed: &[u8]) -> impl Iterator<Item = u64> {
    let mut rest = packed;
    std::iter::from_fn(move || number(&mut rest))
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<Field<'a>> {
    let tag = number(rest)?;
    let value = match tag & 7 {
        0 => FieldValue::Number(number(rest)?),
        1 => FieldValue::Number(u64::from_le_bytes(*take(rest, 8)?.first_chunk()?)),
        2 => {
            let length = usize::try_from(number(rest)?).ok()?;
            FieldValue::Bytes(take(rest, length)?)
        }
        5 => FieldValue::Number(u64::from(u32::from_le_bytes(*take(rest, 4)?.first_chunk()?))),
        _ => return None,
    };
    Some(Field { number: tag >> 3, value })
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *take(rest, 1)?.first()?;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(taken)
}
