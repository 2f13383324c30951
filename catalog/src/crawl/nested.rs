//! Hive types whose structs gain members: the one change that `MergeNewColumns` makes to a column that exists.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields};

use crate::hive_type::{parse, print};

/// The type `old` with the members of structs that only `new` has, at any depth; `None` when there are none or one of the
/// types is not understood.
pub(super) fn with_members_of(old: &str, new: &str) -> Option<String> {
    let (old, new) = (parse(old).ok()?, parse(new).ok()?);
    let merged = merged(&old, &new);
    if merged == old { None } else { print(&merged).ok() }
}

fn merged(old: &DataType, new: &DataType) -> DataType {
    match (old, new) {
        (DataType::Struct(mine), DataType::Struct(theirs)) => {
            let kept = mine.iter().map(|field| match theirs.iter().find(|other| other.name() == field.name()) {
                Some(other) => field_of(field, other),
                None => Arc::clone(field),
            });
            let added = theirs.iter().filter(|field| !mine.iter().any(|known| known.name() == field.name())).cloned();
            DataType::Struct(kept.chain(added).collect::<Fields>())
        }
        (DataType::List(mine), DataType::List(theirs)) => DataType::List(field_of(mine, theirs)),
        (DataType::Map(mine, sorted), DataType::Map(theirs, _)) => DataType::Map(field_of(mine, theirs), *sorted),
        (old, _) => old.clone(),
    }
}

fn field_of(old: &Arc<Field>, new: &Field) -> Arc<Field> {
    Arc::new(old.as_ref().clone().with_data_type(merged(old.data_type(), new.data_type())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_added_and_nothing_else() {
        for (old, new, expected) in [
            ("struct<a:int>", "struct<b:string,a:double>", Some("struct<a:int,b:string>")),
            ("array<struct<a:int>>", "array<struct<a:int,b:int>>", Some("array<struct<a:int,b:int>>")),
            ("struct<s:struct<a:int>>", "struct<s:struct<b:int>>", Some("struct<s:struct<a:int,b:int>>")),
            ("map<string,struct<a:int>>", "map<string,struct<b:int>>", Some("map<string,struct<a:int,b:int>>")),
            ("int", "bigint", None),
            ("struct<a:int>", "string", None),
            ("struct<a:int,b:int>", "struct<a:int>", None),
            ("nonsense", "struct<a:int>", None),
        ] {
            assert_eq!(with_members_of(old, new).as_deref(), expected, "{old} {new}");
        }
    }
}
