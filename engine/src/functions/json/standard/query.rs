//! `JSON_EXISTS`, `JSON_VALUE` and `JSON_QUERY`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryArray, BooleanArray, StringViewArray, new_null_array};
use arrow::compute::concat;
use datafusion::common::{Result, internal_err};

use super::super::Json;
use super::super::language::Item;
use super::{Asked, Wrong, encode};
use crate::cast::{Strictness, cast, clock};
use crate::error::into_datafusion;
use crate::functions::columns::strings;
use crate::functions::{Call, Nulls, Overload, Scalar};
use crate::types::Type;

pub(in super::super::super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["$json_exists"],
        description: "JSON_EXISTS: whether a path leads to something",
        overloads: &[
            called("(ANY, varchar, varchar) -> boolean", exists),
            called("(ANY, varchar, varchar, ANY...) -> boolean", exists),
        ],
    },
    Scalar {
        names: &["$json_value"],
        description: "JSON_VALUE: the scalar that a path leads to",
        overloads: &[
            called("(ANY, varchar, T, varchar, ANY, varchar, ANY) -> T", value),
            called("(ANY, varchar, T, varchar, ANY, varchar, ANY, ANY...) -> T", value),
        ],
    },
    Scalar {
        names: &["$json_query"],
        description: "JSON_QUERY: the JSON text that a path leads to",
        overloads: &[
            called("(ANY, varchar, T, varchar, varchar, varchar, varchar, varchar) -> T", query),
            called("(ANY, varchar, T, varchar, varchar, varchar, varchar, varchar, ANY...) -> T", query),
        ],
    },
    Scalar {
        names: &["$json_access"],
        description: "The simplified accessor: the JSON text that a path leads to, an array of what is no array or object",
        overloads: &[called("(json, varchar) -> varchar", access)],
    },
];

pub(super) const fn called(signature: &'static str, call: fn(&Call<'_>) -> Result<ArrayRef>) -> Overload {
    Overload { signature, nulls: Nulls::Called, call }
}

/// The arguments that have values; of those that only say a type none is asked for.
pub(super) fn columns(call: &Call<'_>) -> Result<Vec<ArrayRef>> {
    (0..call.types.len()).map(|argument| call.array(argument)).collect()
}

fn exists(call: &Call<'_>) -> Result<ArrayRef> {
    let (columns, on_error) = (columns(call)?, strings(call, 2)?);
    let mut asked = Asked::new(call, &columns, 3)?;
    let found = (0..call.rows).map(|row| {
        let found = asked.ask(row, |sequence| match sequence {
            Ok(items) => Ok(Some(!items.is_empty())),
            Err(wrong) => match on_error.value(row) {
                "TRUE" => Ok(Some(true)),
                "FALSE" => Ok(Some(false)),
                "UNKNOWN" => Ok(None),
                _ => Err(wrong.error()),
            },
        })?;
        Ok(found.flatten())
    });
    Ok(Arc::new(found.collect::<Result<BooleanArray>>()?))
}

/// What a row's value is made of.
enum Found {
    Null,
    /// Cast from a type: the text of the value and whether it is a date or time of it.
    Text(String, Type),
    OnEmpty,
    OnError(Wrong),
}

fn value(call: &Call<'_>) -> Result<ArrayRef> {
    let columns = columns(call)?;
    let (on_empty, on_error) = (strings(call, 3)?, strings(call, 5)?);
    let mut asked = Asked::new(call, &columns, 7)?;
    let clock = clock(call.session()).map_err(into_datafusion)?;
    let to = call.result;
    let default = |argument: usize, row: usize| -> Result<ArrayRef> {
        let value = columns[argument].slice(row, 1);
        cast(&value, &call.types[argument], to, Strictness::Strict, clock).map_err(into_datafusion)
    };
    let null = || new_null_array(&to.arrow(), 1);
    let mut rows: Vec<ArrayRef> = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let found = asked.ask(row, |sequence| Ok(scalar(sequence)))?.unwrap_or(Found::Null);
        let wrong = match found {
            Found::Null => {
                rows.push(null());
                continue;
            }
            Found::OnEmpty => match on_empty.value(row) {
                "NULL" => {
                    rows.push(null());
                    continue;
                }
                "DEFAULT" => {
                    rows.push(default(4, row)?);
                    continue;
                }
                _ => return Err(Wrong::Value("JSON path found no items".to_string()).error()),
            },
            Found::Text(text, from) => {
                let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values([text]));
                let typed = cast(&texts, &Type::VARCHAR, &from, Strictness::Strict, clock);
                match typed.and_then(|typed| cast(&typed, &from, to, Strictness::Strict, clock)) {
                    Ok(value) => {
                        rows.push(value);
                        continue;
                    }
                    Err(error) => Wrong::Value(error.message().to_string()),
                }
            }
            Found::OnError(wrong) => wrong,
        };
        rows.push(match on_error.value(row) {
            "NULL" => null(),
            "DEFAULT" => default(6, row)?,
            _ => return Err(wrong.error()),
        });
    }
    let rows: Vec<&dyn Array> = rows.iter().map(AsRef::as_ref).collect();
    if rows.is_empty() { Ok(new_null_array(&to.arrow(), 0)) } else { Ok(concat(&rows)?) }
}

/// The only item of a sequence, if it is a scalar.
fn scalar(sequence: Result<Vec<Item<'_>>, Wrong>) -> Found {
    let items = match sequence {
        Ok(items) => items,
        Err(wrong) => return Found::OnError(wrong),
    };
    let [item] = items.as_slice() else {
        return match items.is_empty() {
            true => Found::OnEmpty,
            false => Found::OnError(Wrong::Value("JSON path found multiple items".to_string())),
        };
    };
    if let Item::Moment(text, r#type) = item {
        return Found::Text(text.clone(), r#type.clone());
    }
    match item.to_json() {
        Json::Null => Found::Null,
        Json::Bool(value) => Found::Text(value.to_string(), Type::Boolean),
        Json::Text(text) => Found::Text(text, Type::VARCHAR),
        Json::Number(number) => {
            let mut text = String::new();
            Json::Number(number).write(&mut text);
            let r#type = match text.parse::<i64>() {
                Ok(_) => Type::Bigint,
                Err(_) if text.contains(['E', 'N', 'I']) => Type::Double,
                Err(_) => Type::VARCHAR,
            };
            Found::Text(text, r#type)
        }
        Json::Array(_) | Json::Object(_) => {
            Found::OnError(Wrong::Value("JSON path found an item that cannot be converted to an SQL value".to_string()))
        }
    }
}

fn query(call: &Call<'_>) -> Result<ArrayRef> {
    let columns = columns(call)?;
    let [wrapper, quotes, on_empty, on_error] = [4, 5, 6, 7].map(|argument| strings(call, argument));
    let (wrapper, quotes, on_empty, on_error) = (wrapper?, quotes?, on_empty?, on_error?);
    let mut asked = Asked::new(call, &columns, 8)?;
    let mut found = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let text = asked.ask(row, |sequence| {
            let behaviour = match sequence.and_then(|items| wrapped(&items, wrapper.value(row))) {
                Ok(Some(Json::Text(text))) if quotes.value(row) == "OMIT" => return Ok(Some(text)),
                Ok(Some(json)) => {
                    let mut text = String::new();
                    json.write_in_order(&mut text);
                    return Ok(Some(text));
                }
                Ok(None) if on_empty.value(row) == "ERROR" => {
                    return Err(Wrong::Output("JSON path found no items".to_string()).error());
                }
                Ok(None) => on_empty.value(row),
                Err(wrong) if on_error.value(row) == "ERROR" => return Err(wrong.error()),
                Err(_) => on_error.value(row),
            };
            Ok(match behaviour {
                "EMPTY ARRAY" => Some("[]".to_string()),
                "EMPTY OBJECT" => Some("{}".to_string()),
                _ => None,
            })
        })?;
        found.push(text.flatten());
    }
    output(call, found, 3)
}

fn access(call: &Call<'_>) -> Result<ArrayRef> {
    let columns = columns(call)?;
    let mut asked = Asked::new(call, &columns, 2)?;
    let found = (0..call.rows).map(|row| {
        let text = asked.ask(row, |sequence| {
            let json = sequence.and_then(|items| wrapped(&items, "CONDITIONAL")).ok().flatten();
            Ok(json.map(|json| {
                let mut text = String::new();
                json.write_in_order(&mut text);
                text
            }))
        });
        Ok(text?.flatten())
    });
    Ok(Arc::new(StringViewArray::from_iter(found.collect::<Result<Vec<_>>>()?)))
}

/// The one value that a sequence is, inside of an array where the clause says so. `None` for an empty one.
fn wrapped<'a>(items: &[Item<'a>], wrapper: &str) -> Result<Option<Json<'a>>, Wrong> {
    let array = || Json::Array(items.iter().map(Item::to_json).collect());
    match items {
        [] => Ok(None),
        [_, ..] if wrapper == "UNCONDITIONAL" => Ok(Some(array())),
        [single] => match single.to_json() {
            structured @ (Json::Array(_) | Json::Object(_)) => Ok(Some(structured)),
            _ if wrapper == "CONDITIONAL" => Ok(Some(array())),
            scalar => Ok(Some(scalar)),
        },
        _ if wrapper == "CONDITIONAL" => Ok(Some(array())),
        _ => Err(Wrong::Output("JSON path found multiple items".to_string())),
    }
}

/// JSON texts as values of the type that RETURNING says; the argument `encoding` is that of a varbinary.
pub(super) fn output(call: &Call<'_>, texts: Vec<Option<String>>, encoding: usize) -> Result<ArrayRef> {
    match call.result {
        Type::Varchar(_) => Ok(Arc::new(StringViewArray::from_iter(texts))),
        Type::Char(_) => {
            let clock = clock(call.session()).map_err(into_datafusion)?;
            let texts: ArrayRef = Arc::new(StringViewArray::from_iter(texts));
            cast(&texts, &Type::VARCHAR, call.result, Strictness::Strict, clock).map_err(into_datafusion)
        }
        Type::Varbinary => {
            let encodings = strings(call, encoding)?;
            let encoded = texts.iter().enumerate().map(|(row, text)| {
                let encoding = (!encodings.is_null(row)).then(|| encodings.value(row));
                text.as_ref().map(|text| encode(text, encoding))
            });
            Ok(Arc::new(encoded.collect::<BinaryArray>()))
        }
        other => internal_err!("Cannot output JSON value as {other} using formatting JSON"),
    }
}
