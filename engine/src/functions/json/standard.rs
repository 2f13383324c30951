//! SQL's JSON functions, as the planner calls them: `sql` says what arguments each has. JSON text that is an input comes as
//! json which nothing has read yet; what is wrong with it is an error that the clause ON ERROR is about.

mod construct;
mod query;
mod table;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use catalog::{Error, ErrorKind};
use datafusion::common::{DataFusionError, Result};

use super::Json;
use super::language::{Item, Number, Parameters, Path};
use crate::error::into_datafusion;
use crate::functions::columns::{Bytes, Strings, binaries, stored, strings, texts};
use crate::functions::{Call, Overload, Scalar};
use crate::text::Text;
use crate::types::Type;

pub(in super::super) use construct::FUNCTIONS as CONSTRUCTORS;
pub(in super::super) use query::FUNCTIONS as QUERIES;
pub(in super::super) use table::FUNCTIONS as TABLES;
pub(crate) use table::{Plan, Rows};

pub(in super::super) const INPUTS: &[Scalar] = &[Scalar {
    names: &["$json_input"],
    description: "A text as JSON that is not read yet (FORMAT JSON)",
    overloads: &[
        Overload::new("(varchar, varchar) -> json", text_input),
        Overload::new("(json, varchar) -> json", text_input),
        Overload::new("(varbinary, varchar) -> json", bytes_input),
    ],
}];

fn text_input(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, encoding) = (stored(call, 0)?, strings(call, 1)?);
    texts(call, |row, out| {
        if encoding.value(row) != "JSON" {
            let (given, encoding) = (&call.types[0], encoding.value(row));
            let message = format!("Cannot read input of type {given} as JSON using formatting JSON ENCODING {encoding}");
            return Err(into_datafusion(Error::new(ErrorKind::TypeMismatch, message)));
        }
        out.push_str(text.value(row));
        Ok(true)
    })
}

fn bytes_input(call: &Call<'_>) -> Result<ArrayRef> {
    let (bytes, encoding): (Bytes, Strings) = (binaries(call, 0)?, strings(call, 1)?);
    texts(call, |row, out| {
        let bytes = bytes.value(row);
        match encoding.value(row) {
            "UTF16" => {
                let units = bytes.chunks(2).map(|unit| unit.iter().rev().fold(0, |unit, byte| unit << 8 | u16::from(*byte)));
                char::decode_utf16(units).for_each(|c| out.push(c.unwrap_or(char::REPLACEMENT_CHARACTER)));
            }
            "UTF32" => {
                let codes = bytes.chunks(4).map(|code| code.iter().rev().fold(0, |code, byte| code << 8 | u32::from(*byte)));
                codes.for_each(|code| out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)));
            }
            _ => out.push_str(&String::from_utf8_lossy(bytes)),
        }
        Ok(true)
    })
}

/// A text in an encoding's bytes.
fn encode(text: &str, encoding: Option<&str>) -> Vec<u8> {
    match encoding {
        Some("UTF16") => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Some("UTF32") => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        _ => text.as_bytes().to_vec(),
    }
}

/// Why there is no answer, which ON ERROR may answer for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wrong {
    Input,
    Path(String),
    Value(String),
    Output(String),
}

impl Wrong {
    fn error(self) -> DataFusionError {
        let (kind, message) = match self {
            Self::Input => (ErrorKind::JsonInput, "conversion to JSON failed: ".to_string()),
            Self::Path(why) => (ErrorKind::PathEvaluation, format!("path evaluation failed: {why}")),
            Self::Value(why) => (ErrorKind::JsonValueResult, format!("cannot extract SQL scalar from JSON: {why}")),
            Self::Output(why) => (ErrorKind::JsonOutput, format!("conversion from JSON failed: {why}")),
        };
        into_datafusion(Error::new(kind, message))
    }
}

/// A value of SQL that is given to a JSON function.
struct Value<'a> {
    values: &'a dyn Array,
    r#type: &'a Type,
    text: Text<'a>,
}

impl<'a> Value<'a> {
    /// `NotSupported` for types whose values JSON does not have.
    fn new(values: &'a ArrayRef, r#type: &'a Type) -> Result<Self> {
        if matches!(r#type, Type::Array(_) | Type::Map(..) | Type::Row(_) | Type::Varbinary) || !can_be_text(r#type) {
            let message = format!("Unsupported type of an input of a JSON function: {type}");
            return Err(into_datafusion(Error::not_supported(message)));
        }
        Ok(Self { values: values.as_ref(), r#type, text: Text::new(values.as_ref()).map_err(into_datafusion)? })
    }

    fn is_null(&self, row: usize) -> bool {
        *self.r#type == Type::Unknown || self.text.is_null(row)
    }

    fn is_json(&self) -> bool {
        *self.r#type == Type::Json
    }

    fn text(&self, row: usize) -> String {
        self.text.padded(row, self.r#type)
    }

    /// As an item of a path; `None` for an empty sequence, which NULL with FORMAT JSON is.
    fn item<'i>(&self, row: usize) -> Result<Option<Item<'i>>, Wrong> {
        if self.is_null(row) {
            return Ok((!self.is_json()).then_some(Item::Made(Json::Null)));
        }
        let values = self.values;
        Ok(Some(match self.r#type {
            Type::Json => {
                let text = self.text(row);
                Item::Made(Json::parse(&text).ok_or(Wrong::Input)?.into_owned())
            }
            Type::Boolean => Item::Made(Json::Bool(values.as_boolean().value(row))),
            Type::Tinyint => Item::Number(Number::Integer(values.as_primitive::<Int8Type>().value(row).into())),
            Type::Smallint => Item::Number(Number::Integer(values.as_primitive::<Int16Type>().value(row).into())),
            Type::Integer => Item::Number(Number::Integer(values.as_primitive::<Int32Type>().value(row).into())),
            Type::Bigint => Item::Number(Number::Integer(values.as_primitive::<Int64Type>().value(row))),
            Type::Real => Item::Number(Number::Double(values.as_primitive::<Float32Type>().value(row).into())),
            Type::Double => Item::Number(Number::Double(values.as_primitive::<Float64Type>().value(row))),
            Type::Decimal(_, scale) => {
                Item::Number(Number::Decimal(values.as_primitive::<Decimal128Type>().value(row), u32::from(*scale)))
            }
            Type::Number => {
                let text = self.text(row);
                // NaN and infinities are no numbers of JSON.
                let finite = text.ends_with(|last: char| last.is_ascii_digit());
                Item::Made(if finite { Json::Number(text.into()) } else { Json::Text(text) })
            }
            Type::Date | Type::Time(_) | Type::TimeTz(_) | Type::Timestamp(_) | Type::TimestampTz(_) => {
                Item::Moment(self.text(row), self.r#type.clone())
            }
            _ => Item::Made(Json::Text(self.text(row))),
        }))
    }
}

fn can_be_text(r#type: &Type) -> bool {
    use Type::*;
    !matches!(r#type, HyperLogLog | P4HyperLogLog | SetDigest | TDigest | QDigest(_) | YearMonth | DayTime)
}

/// The arguments that every function with a path begins with, and those of PASSING at the end.
struct Asked<'a> {
    input: Strings,
    path: Strings,
    last: Option<(usize, Path)>,
    names: Vec<Strings>,
    values: Vec<Value<'a>>,
}

impl<'a> Asked<'a> {
    /// `columns` are the call's arguments; those from `passing` on are names and values in turn.
    fn new(call: &'a Call<'_>, columns: &'a [ArrayRef], passing: usize) -> Result<Self> {
        let mut names = Vec::new();
        let mut values = Vec::new();
        for at in (passing..columns.len().saturating_sub(1)).step_by(2) {
            names.push(strings(call, at)?);
            values.push(Value::new(&columns[at + 1], &call.types[at + 1])?);
        }
        Ok(Self { input: Strings::of(&columns[0])?, path: strings(call, 1)?, last: None, names, values })
    }

    /// Gives the sequence of a row to `answer`, or what was wrong; `None` where the input is NULL.
    fn ask<T>(&mut self, row: usize, answer: impl FnOnce(Result<Vec<Item<'_>>, Wrong>) -> Result<T>) -> Result<Option<T>> {
        if self.path.is_null(row) {
            return Ok(None);
        }
        let path = match self.last.take() {
            Some((before, path)) if self.path.same(before, row) => path,
            _ => {
                let path = Path::parse(self.path.value(row)).map_err(into_datafusion)?;
                self.has_all(&path, row)?;
                path
            }
        };
        let parameters = self.parameters(row);
        let path = &self.last.insert((row, path)).1;
        if self.input.is_null(row) {
            return Ok(None);
        }
        let Some(input) = Json::parse(self.input.value(row)) else { return answer(Err(Wrong::Input)).map(Some) };
        match parameters {
            Err(wrong) => answer(Err(wrong)).map(Some),
            Ok(parameters) => answer(path.follow(&input, &parameters).map_err(|failure| Wrong::Path(failure.0))).map(Some),
        }
    }

    /// The values of PASSING in a row.
    fn parameters<'i>(&self, row: usize) -> Result<Parameters<'i>, Wrong> {
        self.names.iter().zip(&self.values).map(|(name, value)| Ok((name.value(row).to_string(), value.item(row)?))).collect()
    }

    /// Whether all values that a path asks for are given.
    fn has_all(&self, path: &Path, row: usize) -> Result<()> {
        let passed = |name: &str| self.names.iter().any(|passed| passed.value(row) == name);
        let Some(name) = path.variables.iter().find(|name| !passed(name)) else { return Ok(()) };
        let advice = format!("Try quoting \"{name}\" in the PASSING clause to match case");
        let message = format!("no value passed for parameter {name}. {advice}");
        Err(into_datafusion(Error::new(ErrorKind::InvalidPath, message)))
    }

    /// Gives the input of a row and the values of PASSING to `answer`; `None` where the input is NULL.
    fn given<T>(
        &self,
        row: usize,
        answer: impl FnOnce(&Json<'_>, &Parameters<'_>) -> Result<T, Wrong>,
    ) -> Option<Result<T, Wrong>> {
        if self.input.is_null(row) {
            return None;
        }
        let Some(input) = Json::parse(self.input.value(row)) else { return Some(Err(Wrong::Input)) };
        Some(self.parameters(row).and_then(|parameters| answer(&input, &parameters)))
    }
}
