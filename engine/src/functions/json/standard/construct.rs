//! `JSON_OBJECT` and `JSON_ARRAY`.

use arrow::array::ArrayRef;
use catalog::Error;
use datafusion::common::Result;

use super::super::Json;
use super::Value;
use super::query::{called, columns, output};
use crate::error::into_datafusion;
use crate::functions::columns::{flags, invalid, strings};
use crate::functions::{Call, Scalar};

pub(in super::super::super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["$json_object"],
        description: "JSON_OBJECT: an object of keys and values",
        overloads: &[
            called("(T, varchar, varchar, boolean) -> T", object),
            called("(T, varchar, varchar, boolean, ANY...) -> T", object),
        ],
    },
    Scalar {
        names: &["$json_array"],
        description: "JSON_ARRAY: an array of values",
        overloads: &[called("(T, varchar, varchar) -> T", array), called("(T, varchar, varchar, ANY...) -> T", array)],
    },
];

fn array(call: &Call<'_>) -> Result<ArrayRef> {
    let (columns, nulls) = (columns(call)?, strings(call, 2)?);
    let items = values(call, &columns, 3)?;
    let mut texts = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let mut array = Vec::with_capacity(items.len());
        for item in &items {
            let json = json(item, row)?;
            if json != Json::Null || nulls.value(row) == "NULL" {
                array.push(json);
            }
        }
        texts.push(Some(text(&Json::Array(array))));
    }
    output(call, texts, 1)
}

fn object(call: &Call<'_>) -> Result<ArrayRef> {
    let (columns, nulls, unique) = (columns(call)?, strings(call, 2)?, flags(call, 3)?);
    let all = values(call, &columns, 4)?;
    if all.iter().any(Value::is_json) && unique.true_count() > 0 {
        let message = "WITH UNIQUE KEYS behavior is not supported for JSON_OBJECT function when input expression has FORMAT";
        return Err(into_datafusion(Error::not_supported(message)));
    }
    let mut texts = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let mut members: Vec<(String, Json<'_>)> = Vec::with_capacity(all.len() / 2);
        for pair in all.chunks_exact(2) {
            if pair[0].is_null(row) {
                return Err(invalid("null value passed for JSON object key to JSON_OBJECT function"));
            }
            let (name, value) = (pair[0].text(row), json(&pair[1], row)?);
            if value == Json::Null && nulls.value(row) != "NULL" {
                continue;
            }
            if members.iter().any(|(known, _)| *known == name) {
                return Err(match unique.value(row) {
                    true => invalid("duplicate key passed to JSON_OBJECT function"),
                    false => into_datafusion(Error::not_supported("cannot construct a JSON object with duplicate key")),
                });
            }
            members.push((name, value));
        }
        texts.push(Some(text(&Json::Object(in_javas_order(members)))));
    }
    output(call, texts, 1)
}

fn text(json: &Json<'_>) -> String {
    let mut out = String::new();
    json.write_in_order(&mut out);
    out
}

fn values<'a>(call: &'a Call<'_>, columns: &'a [ArrayRef], from: usize) -> Result<Vec<Value<'a>>> {
    columns.iter().zip(call.types).skip(from).map(|(column, r#type)| Value::new(column, r#type)).collect()
}

fn json<'a>(value: &Value<'_>, row: usize) -> Result<Json<'a>> {
    match value.item(row) {
        Ok(item) => Ok(item.map_or(Json::Null, |item| item.to_json())),
        Err(wrong) => Err(wrong.error()),
    }
}

/// Members in the order of Java's `HashMap`, which Trino builds objects in: by the bucket of the key.
fn in_javas_order(mut members: Vec<(String, Json<'_>)>) -> Vec<(String, Json<'_>)> {
    let mut buckets = 16;
    while members.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    members.sort_by_key(|(name, _)| {
        let hash = name.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
        (hash ^ hash >> 16) as usize & (buckets - 1)
    });
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_in_the_order_of_javas_hash_map() {
        let order = |names: &[&str]| {
            let members = names.iter().map(|name| ((*name).to_string(), Json::Null)).collect();
            in_javas_order(members).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(order(&["key_1", "key_2"]), ["key_2", "key_1"]);
        assert_eq!(order(&["key1", "key2"]), ["key1", "key2"]);
        assert_eq!(order(&["z", "y", "x"]), ["x", "y", "z"]);
    }
}
