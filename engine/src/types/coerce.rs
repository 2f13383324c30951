//! Which types a value turns into by itself, and the least type that two types have in common: the rules of Trino's
//! `TypeCoercion`.

use super::{MAX_CHAR, MAX_PRECISION, Type};

/// A field of a row.
type Field = (Option<String>, Type);

/// The least type that values of both types turn into by themselves: what `UNION`, `CASE`, `COALESCE` and `=` compare in.
pub(crate) fn common_super_type(a: &Type, b: &Type) -> Option<Type> {
    use Type::*;
    if a == b {
        return Some(a.clone());
    }
    Some(match (a, b) {
        (Unknown, other) | (other, Unknown) => other.clone(),
        (Array(a), Array(b)) => Type::array(common_super_type(a, b)?),
        (Map(ak, av), Map(bk, bv)) => Type::map(common_super_type(ak, bk)?, common_super_type(av, bv)?),
        (Row(a), Row(b)) if a.len() == b.len() => {
            let field = |((a_name, a), (b_name, b)): (&Field, &Field)| {
                Some((if a_name == b_name { a_name.clone() } else { None }, common_super_type(a, b)?))
            };
            Row(a.iter().zip(b).map(field).collect::<Option<_>>()?)
        }
        (Varchar(a), Varchar(b)) => Varchar(a.zip(*b).map(|(a, b)| a.max(b))),
        (Char(a), Char(b)) => Char(*a.max(b)),
        // A varchar turns into a char, not the other way: then a literal meets a char column without its padding.
        (Char(n), Varchar(length)) | (Varchar(length), Char(n)) => Char((*n).max(length.unwrap_or(MAX_CHAR).min(MAX_CHAR))),
        (Date, Timestamp(_) | TimestampTz(_)) => b.clone(),
        (Timestamp(_) | TimestampTz(_), Date) => a.clone(),
        (Timestamp(a), Timestamp(b)) => Timestamp(*a.max(b)),
        (Timestamp(a) | TimestampTz(a), Timestamp(b) | TimestampTz(b)) => TimestampTz(*a.max(b)),
        (Time(a), Time(b)) => Time(*a.max(b)),
        (Time(a) | TimeTz(a), Time(b) | TimeTz(b)) => TimeTz(*a.max(b)),
        (P4HyperLogLog, HyperLogLog) | (HyperLogLog, P4HyperLogLog) => HyperLogLog,
        (a, b) => return numeric(a, b),
    })
}

fn numeric(a: &Type, b: &Type) -> Option<Type> {
    if !a.is_numeric() || !b.is_numeric() {
        return None;
    }
    // A number holds every decimal, but turns into no double by itself, nor a double into it.
    if *a == Type::Number || *b == Type::Number {
        let exact = |r#type: &Type| *r#type == Type::Number || r#type.as_decimal().is_some();
        return (exact(a) && exact(b)).then_some(Type::Number);
    }
    Some(match (a, b) {
        (Type::Double, _) | (_, Type::Double) => Type::Double,
        (Type::Real, _) | (_, Type::Real) => Type::Real,
        (Type::Decimal(..), _) | (_, Type::Decimal(..)) => {
            let ((ap, ascale), (bp, bscale)) = (a.as_decimal()?, b.as_decimal()?);
            let scale = ascale.max(bscale);
            let whole = (ap - ascale).max(bp - bscale);
            Type::Decimal((whole + scale).min(MAX_PRECISION), scale)
        }
        (Type::Bigint, _) | (_, Type::Bigint) => Type::Bigint,
        (Type::Integer, _) | (_, Type::Integer) => Type::Integer,
        _ => Type::Smallint,
    })
}

/// Whether a value of `from` turns into one of `to` by itself, in the argument of a function and in an assignment.
pub(crate) fn can_coerce(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (a, b) if a == b => true,
        (Type::Unknown, _) => true,
        (Type::Array(a), Type::Array(b)) => can_coerce(a, b),
        (Type::Map(ak, av), Type::Map(bk, bv)) => can_coerce(ak, bk) && can_coerce(av, bv),
        // The names of a row's fields do not matter.
        (Type::Row(a), Type::Row(b)) => a.len() == b.len() && a.iter().zip(b).all(|((_, a), (_, b))| can_coerce(a, b)),
        (Type::Varchar(_), Type::Varchar(None)) => true,
        // A function that has nothing for a char takes it with its blanks.
        (Type::Char(_), Type::Varchar(None)) => true,
        (a, b) => common_super_type(a, b).as_ref() == Some(b),
    }
}
