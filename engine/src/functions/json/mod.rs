//! Trino's "JSON functions and operators". A json value is its canonical text; the older functions also read a varchar, as a
//! stream: what stands behind the answer is never read.

pub(crate) mod cast;
mod datetime;
mod language;
pub(crate) mod model;
mod path;
mod standard;

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array};
use arrow::datatypes::Float64Type;
use datafusion::common::Result;
use jiter::{Jiter, JiterError, Peek};

use super::columns::{Strings, booleans, invalid, longs, numbers, primitive, stored, strings, texts};
use super::{Call, Overload, Scalar};
pub(crate) use model::Json;
use path::Path;
pub(super) use standard::{CONSTRUCTORS, INPUTS, QUERIES, TABLES};
pub(crate) use standard::{Plan, Rows};

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["json_parse"],
        description: "The JSON value that the text is",
        overloads: &[Overload::new("(varchar) -> json", json_parse)],
    },
    Scalar {
        names: &["json_format"],
        description: "The text of a JSON value",
        overloads: &[Overload::new("(json) -> varchar", json_format)],
    },
    Scalar {
        names: &["json_extract"],
        description: "The JSON value that a path leads to, or NULL",
        overloads: &[
            Overload::new("(varchar, varchar) -> json", json_extract),
            Overload::new("(json, varchar) -> json", json_extract),
        ],
    },
    Scalar {
        names: &["json_extract_scalar"],
        description: "The text of the string, number or boolean that a path leads to, or NULL",
        overloads: &[
            Overload::new("(varchar, varchar) -> varchar", json_extract_scalar),
            Overload::new("(json, varchar) -> varchar", json_extract_scalar),
        ],
    },
    Scalar {
        names: &["json_size"],
        description: "How many members or elements the value has that a path leads to; 0 for one that can have none",
        overloads: &[
            Overload::new("(varchar, varchar) -> bigint", json_size),
            Overload::new("(json, varchar) -> bigint", json_size),
        ],
    },
    Scalar {
        names: &["json_array_length"],
        description: "How many elements the array has, or NULL",
        overloads: &[
            Overload::new("(varchar) -> bigint", json_array_length),
            Overload::new("(json) -> bigint", json_array_length),
        ],
    },
    Scalar {
        names: &["json_array_get"],
        description: "The element at an index of the array, from 0, or from the end where it is negative",
        overloads: &[
            Overload::new("(varchar, bigint) -> json", json_array_get),
            Overload::new("(json, bigint) -> json", json_array_get),
        ],
    },
    Scalar {
        names: &["json_array_contains"],
        description: "Whether the array has the boolean, number or string as an element",
        overloads: &[
            Overload::new("(varchar, boolean) -> boolean", json_array_contains_boolean),
            Overload::new("(json, boolean) -> boolean", json_array_contains_boolean),
            Overload::new("(varchar, bigint) -> boolean", json_array_contains_bigint),
            Overload::new("(json, bigint) -> boolean", json_array_contains_bigint),
            Overload::new("(varchar, double) -> boolean", json_array_contains_double),
            Overload::new("(json, double) -> boolean", json_array_contains_double),
            Overload::new("(varchar, varchar) -> boolean", json_array_contains_varchar),
            Overload::new("(json, varchar) -> boolean", json_array_contains_varchar),
        ],
    },
    Scalar {
        names: &["is_json_scalar"],
        description: "Whether the value is a number, a string, a boolean or null",
        overloads: &[Overload::new("(varchar) -> boolean", is_json_scalar), Overload::new("(json) -> boolean", is_json_scalar)],
    },
];

fn json_parse(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    texts(call, |row, out| match Json::parse(text.value(row)) {
        Some(value) => {
            value.write(out.text());
            Ok(true)
        }
        None => Err(invalid(format!("Cannot convert value to JSON: '{}'", text.value(row)))),
    })
}

fn json_format(call: &Call<'_>) -> Result<ArrayRef> {
    Ok(Arc::new(stored(call, 0)?.array().clone()))
}

/// The paths of an argument, read once for a run of equal ones.
struct Paths {
    texts: Strings,
    last: Option<(usize, Path)>,
}

impl Paths {
    fn of(call: &Call<'_>, argument: usize) -> Result<Self> {
        Ok(Self { texts: strings(call, argument)?, last: None })
    }

    fn at(&mut self, row: usize) -> Result<&Path> {
        let path = match self.last.take() {
            Some((before, path)) if self.texts.same(before, row) => path,
            _ => {
                let text = self.texts.value(row);
                Path::parse(text).ok_or_else(|| invalid(format!("Invalid JSON path: '{text}'")))?
            }
        };
        Ok(&self.last.insert((row, path)).1)
    }
}

fn json_extract(call: &Call<'_>) -> Result<ArrayRef> {
    let (json, mut paths) = (stored(call, 0)?, Paths::of(call, 1)?);
    texts(call, |row, out| {
        let found = paths.at(row)?.follow(json.value(row), |jiter, peek| model::read(jiter, peek, 0));
        found.inspect(|value| value.write_in_order(out.text())).map_or(Ok(false), |_| Ok(true))
    })
}

fn json_extract_scalar(call: &Call<'_>) -> Result<ArrayRef> {
    let (json, mut paths) = (stored(call, 0)?, Paths::of(call, 1)?);
    texts(call, |row, out| {
        let found = paths.at(row)?.follow(json.value(row), |jiter, peek| scalar(jiter, peek, out.text()));
        Ok(found.unwrap_or(false))
    })
}

/// Appends the text of a scalar that is not null.
fn scalar(jiter: &mut Jiter<'_>, peek: Peek, out: &mut String) -> Result<bool, JiterError> {
    match peek {
        Peek::Null | Peek::Array | Peek::Object => return Ok(false),
        Peek::String => out.push_str(jiter.known_str()?),
        _ => {
            let start = jiter.current_index();
            jiter.known_skip(peek)?;
            out.push_str(&String::from_utf8_lossy(jiter.slice_to_current(start)));
        }
    }
    Ok(true)
}

fn json_size(call: &Call<'_>) -> Result<ArrayRef> {
    let (json, mut paths) = (stored(call, 0)?, Paths::of(call, 1)?);
    numbers(call, |row| Ok(paths.at(row)?.follow(json.value(row), size)))
}

fn size(jiter: &mut Jiter<'_>, peek: Peek) -> Result<i64, JiterError> {
    match peek {
        Peek::Array => {
            let mut count = 0;
            elements(jiter, |jiter, peek| {
                count += 1;
                jiter.known_skip(peek)?;
                Ok(true)
            })?;
            Ok(count)
        }
        Peek::Object => {
            let mut count = 0;
            let mut more = jiter.known_object()?.is_some();
            while more {
                count += 1;
                jiter.next_skip()?;
                more = jiter.next_key()?.is_some();
            }
            Ok(count)
        }
        other => jiter.known_skip(other).map(|()| 0),
    }
}

/// Gives each element of the array that begins here to `visit`, which reads it and says whether to go on.
fn elements<'a>(
    jiter: &mut Jiter<'a>,
    mut visit: impl FnMut(&mut Jiter<'a>, Peek) -> Result<bool, JiterError>,
) -> Result<(), JiterError> {
    let mut next = jiter.known_array()?;
    while let Some(peek) = next {
        if !visit(jiter, peek)? {
            return Ok(());
        }
        next = jiter.array_step()?;
    }
    Ok(())
}

/// As [`elements`], of the array that the text is; `None` where it is none.
fn elements_of<'a>(text: &'a str, visit: impl FnMut(&mut Jiter<'a>, Peek) -> Result<bool, JiterError>) -> Option<()> {
    let mut jiter = Jiter::new(text.as_bytes());
    match jiter.peek().ok()? {
        Peek::Array => elements(&mut jiter, visit).ok(),
        _ => None,
    }
}

fn json_array_length(call: &Call<'_>) -> Result<ArrayRef> {
    let json = stored(call, 0)?;
    numbers(call, |row| Ok(length(json.value(row))))
}

fn length(text: &str) -> Option<i64> {
    let mut count = 0;
    elements_of(text, |jiter, peek| {
        count += 1;
        jiter.known_skip(peek)?;
        Ok(true)
    })?;
    Some(count)
}

fn json_array_get(call: &Call<'_>) -> Result<ArrayRef> {
    let (json, index) = (stored(call, 0)?, longs(call, 1)?);
    texts(call, |row, out| {
        let (text, index) = (json.value(row), index.value(row));
        let index = if index < 0 { length(text).unwrap_or(0) + index } else { index };
        let (mut at, mut found) = (0, false);
        let read = elements_of(text, |jiter, peek| {
            if at == index {
                found = element(jiter, peek, out.text())?;
                return Ok(false);
            }
            at += 1;
            jiter.known_skip(peek)?;
            Ok(true)
        });
        Ok(found && read.is_some())
    })
}

/// An element as Trino gives it, a string without its quotes: its documentation calls that broken, and clients rely on it.
fn element(jiter: &mut Jiter<'_>, peek: Peek, out: &mut String) -> Result<bool, JiterError> {
    match peek {
        Peek::Array | Peek::Object => {
            model::read(jiter, peek, 0)?.write_in_order(out);
            Ok(true)
        }
        scalar => self::scalar(jiter, scalar, out),
    }
}

/// Whether some element of each row's array is what `is` looks for; NULL where the text is no array up to there.
fn json_array_contains(
    call: &Call<'_>,
    is: impl Fn(usize, &mut Jiter<'_>, Peek) -> Result<bool, JiterError>,
) -> Result<ArrayRef> {
    let json = stored(call, 0)?;
    booleans(call, |row| {
        let mut found = false;
        let read = elements_of(json.value(row), |jiter, peek| {
            found = is(row, jiter, peek)?;
            Ok(!found)
        });
        Ok(read.map(|()| found))
    })
}

fn json_array_contains_boolean(call: &Call<'_>) -> Result<ArrayRef> {
    let wanted = super::columns::flags(call, 1)?;
    json_array_contains(call, |row, jiter, peek| match peek {
        Peek::True | Peek::False => Ok(jiter.known_bool(peek)? == wanted.value(row)),
        other => jiter.known_skip(other).map(|()| false),
    })
}

fn json_array_contains_bigint(call: &Call<'_>) -> Result<ArrayRef> {
    let wanted = longs(call, 1)?;
    json_array_contains(call, |row, jiter, peek| {
        Ok(number(jiter, peek)?.is_some_and(|number| Json::is_integer(number) && number.parse() == Ok(wanted.value(row))))
    })
}

fn json_array_contains_double(call: &Call<'_>) -> Result<ArrayRef> {
    let wanted: Float64Array = primitive::<Float64Type>(call, 1)?;
    json_array_contains(call, |row, jiter, peek| {
        let number = number(jiter, peek)?.filter(|number| !Json::is_integer(number));
        let value = number.and_then(|number| number.parse::<f64>().ok());
        Ok(value.is_some_and(|value| value.is_finite() && value == wanted.value(row)))
    })
}

/// The text of a number; any other value is passed over.
fn number<'a>(jiter: &mut Jiter<'a>, peek: Peek) -> Result<Option<&'a str>, JiterError> {
    let start = jiter.current_index();
    jiter.known_skip(peek)?;
    let text = std::str::from_utf8(jiter.slice_to_current(start)).ok();
    Ok(text.filter(|text| text.starts_with(|c: char| c == '-' || c.is_ascii_digit())))
}

fn json_array_contains_varchar(call: &Call<'_>) -> Result<ArrayRef> {
    let wanted = strings(call, 1)?;
    json_array_contains(call, |row, jiter, peek| match peek {
        Peek::String => Ok(jiter.known_str()? == wanted.value(row)),
        other => jiter.known_skip(other).map(|()| false),
    })
}

fn is_json_scalar(call: &Call<'_>) -> Result<ArrayRef> {
    let json = stored(call, 0)?;
    booleans(call, |row| {
        let text = json.value(row);
        let mut jiter = Jiter::new(text.as_bytes());
        let read = jiter.peek().and_then(|peek| {
            jiter.known_skip(peek)?;
            jiter.finish()?;
            Ok(!matches!(peek, Peek::Array | Peek::Object))
        });
        read.map(Some).map_err(|_| invalid(format!("Invalid JSON value: {text}")))
    })
}
