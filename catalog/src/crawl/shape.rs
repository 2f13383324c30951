//! The type lattice of the crawler: what one record, one object or one folder says about a column, and how two such
//! statements join into one that holds both.
//!
//! The order, bottom to top; joining takes the lowest type that holds every value of both sides:
//!
//! * `Null` is below everything: a column that is only ever null joins to whatever else turns up.
//! * `TinyInt < SmallInt < Int < BigInt < Decimal < Double`, `Float < Double`. An integer joins `Float` to `Float` only if it
//!   is exact there (tinyint, smallint), else to `Double`; decimals keep all their digits on both sides of the point, and
//!   what needs more than 38 digits is `Double`.
//! * `Date < Timestamp`.
//! * Structs join member by member, arrays by their elements, maps by keys and values, a struct and a map with text keys to
//!   a map whose values hold every member.
//! * Everything else (a number and a text, a struct and a number, …) is `String`, which holds the text or the JSON text.
//!   `String` is above everything.
//!
//! Joining is associative, and commutative but for the order of struct members, which is that of first sight.

use serde::{Deserialize, Serialize};

use super::columns::Columns;

/// Decimals have at most this many digits in Hive, Trino and Arrow's 128 bits.
pub const MAX_DECIMAL_DIGITS: u8 = 38;

/// A nested object with more members than this has data for keys: it is a map. (AWS writes such types out in full until they
/// pass Glue's 131,072 characters.)
pub const MAX_STRUCT_MEMBERS: usize = 500;

/// What is known of one value, column, member or element.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Shape {
    /// Seen, and never with a value.
    #[default]
    Null,
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    /// Precision (all digits) and scale (digits behind the point).
    Decimal(u8, i8),
    Date,
    Timestamp,
    Binary,
    String,
    Array(Box<Shape>),
    Map(Box<Shape>, Box<Shape>),
    /// In order of first sight, each name once.
    Struct(Vec<Member>),
}

/// A struct member or a column of an object: its name as the data has it, case included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    pub name: String,
    pub shape: Shape,
}

impl Member {
    pub fn new(name: impl Into<String>, shape: Shape) -> Self {
        Self { name: name.into(), shape }
    }
}

impl Shape {
    /// The lowest shape that holds the values of both; the order is in the module's description.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.join(&other);
        self
    }

    /// [`Shape::merge`] in place; copies only what is new.
    pub fn join(&mut self, other: &Self) {
        if self == other || matches!(other, Self::Null) {
            return;
        }
        match (&mut *self, other) {
            (Self::Null, _) => *self = other.clone(),
            (Self::Array(mine), Self::Array(theirs)) => mine.join(theirs),
            (Self::Map(key, value), Self::Map(other_key, other_value)) => {
                key.join(other_key);
                value.join(other_value);
            }
            (Self::Struct(mine), Self::Struct(theirs)) => {
                join_members(mine, theirs);
                if mine.len() > MAX_STRUCT_MEMBERS {
                    *self = map_of(mine);
                }
            }
            (Self::Struct(members), Self::Map(..)) => {
                let mut map = map_of(members);
                map.join(other);
                *self = map;
            }
            (Self::Map(..), Self::Struct(members)) => self.join(&map_of(members)),
            (mine, theirs) => *self = scalar(mine, theirs),
        }
    }

    /// The Hive type of a column or element of this shape, as the crawler writes it into the catalog.
    ///
    /// Never-valued is `string`. A struct without members is `string` (Hive has no empty struct). A struct with a member
    /// name that a Hive type string cannot hold is a map from those names to what holds all members, so that
    /// `tags['eks:cluster-name']` works where AWS writes a type that no query can read. Members whose names differ only by
    /// case are one, because Hive folds them.
    pub fn hive(&self) -> String {
        let mut text = String::new();
        self.write_hive(&mut text);
        text
    }

    fn write_hive(&self, out: &mut String) {
        match self {
            Self::Boolean => out.push_str("boolean"),
            Self::TinyInt => out.push_str("tinyint"),
            Self::SmallInt => out.push_str("smallint"),
            Self::Int => out.push_str("int"),
            Self::BigInt => out.push_str("bigint"),
            Self::Float => out.push_str("float"),
            Self::Double => out.push_str("double"),
            Self::Decimal(precision, scale) => out.push_str(&format!("decimal({precision},{scale})")),
            Self::Date => out.push_str("date"),
            Self::Timestamp => out.push_str("timestamp"),
            Self::Binary => out.push_str("binary"),
            Self::Null | Self::String => out.push_str("string"),
            Self::Array(element) => {
                out.push_str("array<");
                element.write_hive(out);
                out.push('>');
            }
            Self::Map(key, value) => write_map(key, value, out),
            Self::Struct(members) => write_struct(members, out),
        }
    }

    /// Whether this is a single value: neither array nor map nor struct.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Map(..) | Self::Struct(_))
    }
}

/// Joins `theirs` into `mine`. Objects of one source mostly repeat one order, so a name is looked for first where the last
/// one was found.
fn join_members(mine: &mut Vec<Member>, theirs: &[Member]) {
    let mut next = 0;
    for member in theirs {
        let known = |known: &Member| known.name == member.name;
        let after = mine.iter().skip(next).position(known).map(|at| next + at);
        let at = after.or_else(|| mine.iter().take(next).position(known)).unwrap_or(mine.len());
        match mine.get_mut(at) {
            Some(known) => known.shape.join(&member.shape),
            None => mine.push(member.clone()),
        }
        next = at + 1;
    }
}

fn map_of(members: &[Member]) -> Shape {
    let mut value = Shape::Null;
    for member in members {
        value.join(&member.shape);
    }
    Shape::Map(Box::new(Shape::String), Box::new(value))
}

fn write_map(key: &Shape, value: &Shape, out: &mut String) {
    if !key.is_scalar() {
        // Hive's map keys are primitive.
        out.push_str("string");
        return;
    }
    out.push_str("map<");
    key.write_hive(out);
    out.push(',');
    value.write_hive(out);
    out.push('>');
}

fn write_struct(members: &[Member], out: &mut String) {
    if members.is_empty() {
        out.push_str("string");
    } else if members.len() <= MAX_STRUCT_MEMBERS && members.iter().all(|member| is_hive_identifier(&member.name)) {
        out.push_str("struct<");
        for (i, (member, _)) in Columns::fold(members).iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            out.push_str(&member.name);
            out.push(':');
            member.shape.write_hive(out);
        }
        out.push('>');
    } else {
        map_of(members).write_hive(out);
    }
}

/// Whether `name` may stand in a Hive type string: letters, digits and `_ . space $` (Hive's and Trino's
/// `TypeInfoUtils.isTypeChar`), and not blank.
pub fn is_hive_identifier(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ' ' | '$'))
}

/// Joins two different shapes of which neither is `Null` and at most one is nested.
fn scalar(a: &Shape, b: &Shape) -> Shape {
    use Shape::{Date, Decimal, Double, Float, SmallInt, String, Timestamp, TinyInt};
    match (a, b) {
        (Date, Timestamp) | (Timestamp, Date) => Timestamp,
        (Float, TinyInt | SmallInt) | (TinyInt | SmallInt, Float) => Float,
        _ => match (digits(a), digits(b)) {
            (Some(_), Some(_)) if matches!((a, b), (Double | Float, _) | (_, Double | Float)) => Double,
            (Some((a_whole, a_scale)), Some((b_whole, b_scale))) => {
                if let (Some(rank_a), Some(rank_b)) = (integer_rank(a), integer_rank(b)) {
                    return if rank_a >= rank_b { a.clone() } else { b.clone() };
                }
                let (whole, scale) = (a_whole.max(b_whole), a_scale.max(b_scale));
                match u8::try_from(whole + scale) {
                    Ok(precision) if precision <= MAX_DECIMAL_DIGITS => Decimal(precision, scale as i8),
                    _ => Double,
                }
            }
            _ => String,
        },
    }
}

/// Digits before and behind the point that a number of this shape may have; floating ones count as none.
fn digits(shape: &Shape) -> Option<(i16, i16)> {
    match shape {
        Shape::TinyInt => Some((3, 0)),
        Shape::SmallInt => Some((5, 0)),
        Shape::Int => Some((10, 0)),
        Shape::BigInt => Some((19, 0)),
        Shape::Decimal(precision, scale) => Some((i16::from(*precision) - i16::from(*scale), i16::from(*scale).max(0))),
        Shape::Float | Shape::Double => Some((0, 0)),
        _ => None,
    }
}

fn integer_rank(shape: &Shape) -> Option<u8> {
    match shape {
        Shape::TinyInt => Some(0),
        Shape::SmallInt => Some(1),
        Shape::Int => Some(2),
        Shape::BigInt => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Shape::*;
    use super::*;
    use proptest::prelude::*;

    fn array(element: Shape) -> Shape {
        Array(Box::new(element))
    }

    fn map(value: Shape) -> Shape {
        Map(Box::new(String), Box::new(value))
    }

    fn object(members: &[(&str, Shape)]) -> Shape {
        Struct(members.iter().map(|(name, shape)| Member::new(*name, shape.clone())).collect())
    }

    #[test]
    fn joins() {
        for (a, b, joined) in [
            (Null, Int, Int),
            (Null, Null, Null),
            (Int, BigInt, BigInt),
            (TinyInt, SmallInt, SmallInt),
            (BigInt, Double, Double),
            (SmallInt, Float, Float),
            (Int, Float, Double),
            (Float, Double, Double),
            (Int, Boolean, String),
            (Int, String, String),
            (Date, Timestamp, Timestamp),
            (Date, String, String),
            (Date, Int, String),
            (Binary, String, String),
            (Decimal(5, 2), Int, Decimal(12, 2)),
            (Decimal(5, 2), Decimal(10, 0), Decimal(12, 2)),
            (Decimal(38, 0), BigInt, Decimal(38, 0)),
            (Decimal(38, 10), Decimal(38, 0), Double),
            (Decimal(5, 2), Double, Double),
            (Decimal(5, 2), Float, Double),
            (array(Int), array(BigInt), array(BigInt)),
            (array(Null), array(object(&[("a", Int)])), array(object(&[("a", Int)]))),
            (array(Int), Int, String),
            (object(&[("a", Int)]), Int, String),
            (object(&[("a", Int)]), object(&[("b", String), ("a", Double)]), object(&[("a", Double), ("b", String)])),
            (object(&[("a", Int), ("b", BigInt)]), map(TinyInt), map(BigInt)),
            (map(Int), map(String), map(String)),
            (map(Int), array(Int), String),
        ] {
            assert_eq!(a.clone().merge(b.clone()), joined, "{a:?} + {b:?}");
            if !matches!(joined, Struct(_)) {
                assert_eq!(b.clone().merge(a.clone()), joined, "{b:?} + {a:?}");
            }
        }
    }

    #[test]
    fn members_keep_the_order_of_first_sight() {
        let merged = object(&[("b", Int), ("c", Int)]).merge(object(&[("a", Int), ("c", String), ("b", Null)]));
        assert_eq!(merged, object(&[("b", Int), ("c", String), ("a", Int)]));
    }

    #[test]
    fn an_object_with_too_many_members_is_a_map() {
        let names: Vec<_> = (0..=MAX_STRUCT_MEMBERS).map(|i| format!("user{i}")).collect();
        let mut shape = Struct(Vec::new());
        for name in &names {
            shape.join(&object(&[(name, Int)]));
        }
        assert_eq!(shape, map(Int));
    }

    #[test]
    fn hive_types() {
        for (shape, text) in [
            (Null, "string"),
            (array(Null), "array<string>"),
            (Decimal(10, 2), "decimal(10,2)"),
            (object(&[]), "string"),
            (object(&[("run", String), ("t", array(object(&[("k", Double)])))]), "struct<run:string,t:array<struct<k:double>>>"),
            (object(&[("a b", Int), ("c.d", Int), ("$e", Int)]), "struct<a b:int,c.d:int,$e:int>"),
            (object(&[("eks:cluster", String), ("Name", String)]), "map<string,string>"),
            (object(&[("a-b", Int), ("c", BigInt)]), "map<string,bigint>"),
            (object(&[("", Int)]), "map<string,int>"),
            (object(&[("Name", Int), ("name", String), ("x", Int)]), "struct<Name:string,x:int>"),
            (Map(Box::new(array(Int)), Box::new(Int)), "string"),
        ] {
            assert_eq!(shape.hive(), text);
        }
    }

    fn any_shape() -> impl Strategy<Value = Shape> {
        let leaf = prop_oneof![
            Just(Null),
            Just(Boolean),
            Just(TinyInt),
            Just(SmallInt),
            Just(Int),
            Just(BigInt),
            Just(Float),
            Just(Double),
            (1u8..=38).prop_flat_map(|p| (0..=p as i8).prop_map(move |s| Decimal(p, s))),
            Just(Date),
            Just(Timestamp),
            Just(Binary),
            Just(String),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(array),
                inner.clone().prop_map(map),
                prop::collection::btree_map("[a-c]", inner, 0..3)
                    .prop_map(|members| Struct(members.into_iter().map(|(name, shape)| Member::new(name, shape)).collect())),
            ]
        })
    }

    /// Member order aside.
    fn sorted(shape: &Shape) -> Shape {
        match shape {
            Array(element) => array(sorted(element)),
            Map(key, value) => Map(key.clone(), Box::new(sorted(value))),
            Struct(members) => {
                let mut members: Vec<_> = members.iter().map(|m| Member::new(m.name.clone(), sorted(&m.shape))).collect();
                members.sort_by(|a, b| a.name.cmp(&b.name));
                Struct(members)
            }
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn merging_is_idempotent_commutative_and_associative(a in any_shape(), b in any_shape(), c in any_shape()) {
            let join = |x: &Shape, y: &Shape| x.clone().merge(y.clone());
            prop_assert_eq!(join(&a, &a), a.clone());
            prop_assert_eq!(sorted(&join(&a, &b)), sorted(&join(&b, &a)));
            prop_assert_eq!(sorted(&join(&join(&a, &b), &c)), sorted(&join(&a, &join(&b, &c))));
            prop_assert_eq!(join(&join(&a, &b), &b), join(&a, &b));
        }
    }
}
