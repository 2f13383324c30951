//! `format`, with the formats of Java's `Formatter` ("Conversion functions"), and what else of that page makes text of values.

mod moment;
mod number;
mod size;
mod specifier;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use datafusion::common::Result;

use super::columns::{invalid, strings};
use super::{Call, Overload, Scalar};
use crate::error::into_datafusion;
use crate::text::Text;
use crate::types::Type;
use crate::types::temporal::column::Column;
use moment::Moment;
use number::Digits;
pub(super) use size::FUNCTIONS as SIZES;
use specifier::{Piece, Specifier};

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["format"],
        description: "The arguments as a format of Java's Formatter says: format('%s has %,d', name, count)",
        overloads: &[Overload { nulls: super::Nulls::Called, ..Overload::new("(varchar, ANY...) -> varchar", format) }],
    },
    Scalar {
        names: &["typeof"],
        description: "The name of the value's type",
        overloads: &[Overload { nulls: super::Nulls::Called, ..Overload::new("(ANY) -> varchar", type_of) }],
    },
];

fn type_of(call: &Call<'_>) -> Result<ArrayRef> {
    let name = call.types.first().map(Type::display_name).unwrap_or_default();
    super::columns::texts_called(call, |_, out| {
        out.push_str(&name);
        Ok(true)
    })
}

/// A value as Java's `Formatter` is given it.
#[derive(Debug, Clone)]
enum Value {
    Null,
    Boolean(bool),
    Long(i64),
    /// With its text, and whether it is a decimal: that one has no `%e` of infinity.
    Number {
        text: String,
        digits: Option<Digits>,
    },
    Text(String),
    Moment(Moment),
}

/// Reads the values of one argument.
struct Argument<'a> {
    values: &'a dyn Array,
    r#type: &'a Type,
    text: Text<'a>,
    /// Of a date, a time or a timestamp.
    moments: Option<Column>,
}

impl<'a> Argument<'a> {
    fn new(values: &'a ArrayRef, r#type: &'a Type) -> Result<Self> {
        let text = Text::new(values.as_ref()).map_err(into_datafusion)?;
        let temporal = matches!(r#type, Type::Date | Type::Time(_) | Type::Timestamp(_) | Type::TimestampTz(_));
        let moments = temporal.then(|| Column::of(values, r#type).map_err(into_datafusion)).transpose()?;
        Ok(Self { values: values.as_ref(), r#type, text, moments })
    }

    fn value(&self, row: usize) -> Value {
        if self.text.is_null(row) || *self.r#type == Type::Unknown {
            return Value::Null;
        }
        let values = self.values;
        match self.r#type {
            Type::Boolean => Value::Boolean(values.as_boolean().value(row)),
            Type::Tinyint => Value::Long(values.as_primitive::<Int8Type>().value(row).into()),
            Type::Smallint => Value::Long(values.as_primitive::<Int16Type>().value(row).into()),
            Type::Integer => Value::Long(values.as_primitive::<Int32Type>().value(row).into()),
            Type::Bigint => Value::Long(values.as_primitive::<Int64Type>().value(row)),
            Type::Real => double(values.as_primitive::<Float32Type>().value(row).into()),
            Type::Double => double(values.as_primitive::<Float64Type>().value(row)),
            Type::Decimal(..) => {
                let text = values.as_primitive::<Decimal128Type>().value_as_string(row);
                Value::Number { digits: Digits::parse(&text), text }
            }
            r#type => {
                let moment = self.moments.as_ref().and_then(|moments| Moment::of(moments, r#type, row));
                moment.map_or_else(|| Value::Text(self.text(row)), Value::Moment)
            }
        }
    }

    fn text(&self, row: usize) -> String {
        self.text.padded(row, self.r#type)
    }
}

fn double(value: f64) -> Value {
    let mut text = String::new();
    crate::text::double(value, &mut text);
    Value::Number { digits: Digits::of_double(value), text }
}

fn format(call: &Call<'_>) -> Result<ArrayRef> {
    let formats = strings(call, 0)?;
    let columns = (1..call.types.len()).map(|argument| call.array(argument)).collect::<Result<Vec<_>>>()?;
    let arguments: Vec<Argument<'_>> =
        columns.iter().zip(&call.types[1..]).map(|(column, r#type)| Argument::new(column, r#type)).collect::<Result<_>>()?;
    let mut last: Option<(usize, Vec<Piece>)> = None;
    super::columns::texts_called(call, |row, out| {
        if formats.is_null(row) {
            return Ok(false);
        }
        let pieces = match last.take() {
            Some((before, pieces)) if formats.same(before, row) => pieces,
            _ => specifier::parse(formats.value(row))?,
        };
        for piece in &pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value { argument, specifier } => match arguments.get(*argument) {
                    Some(argument) => write(specifier, &argument.value(row), out.text())?,
                    None => return Err(wrong(formats.value(row), &format!("Format specifier '{}'", specifier.text))),
                },
            }
        }
        last = Some((row, pieces));
        Ok(true)
    })
}

/// The error of a format, as Trino says it.
fn wrong(format: &str, why: &str) -> datafusion::common::DataFusionError {
    invalid(format!("Invalid format string: {format} ({why})"))
}

fn write(specifier: &Specifier, value: &Value, out: &mut String) -> Result<()> {
    let text = match (specifier.conversion.to_ascii_lowercase(), value) {
        ('b', Value::Null) => specifier.cut("false"),
        ('b', Value::Boolean(value)) => specifier.cut(&value.to_string()),
        ('b', _) => specifier.cut("true"),
        (_, Value::Null) => specifier.cut("null"),
        ('s', value) => specifier.cut(&plain(value)),
        ('c', Value::Long(code)) => match u32::try_from(*code).ok().and_then(char::from_u32) {
            Some(c) => c.to_string(),
            None => return Err(wrong(&specifier.text, &format!("Code point = 0x{code:x}"))),
        },
        ('d', Value::Long(value)) => {
            let digits = Digits::integer(*value);
            specifier.pad(&digits.fixed(0, specifier), digits.negative, out);
            return Ok(());
        }
        ('x', Value::Long(value)) => {
            let prefix = if specifier.has('#') { "0x" } else { "" };
            specifier.pad(&format!("{prefix}{value:x}"), false, out);
            return Ok(());
        }
        ('o', Value::Long(value)) => {
            let prefix = if specifier.has('#') { "0" } else { "" };
            specifier.pad(&format!("{prefix}{value:o}"), false, out);
            return Ok(());
        }
        ('e' | 'f' | 'g', Value::Number { text, digits }) => match digits {
            Some(digits) => {
                specifier.pad(&digits.with(specifier), digits.negative, out);
                return Ok(());
            }
            None => text.clone(),
        },
        ('t', Value::Moment(moment)) => match moment.field(specifier.field) {
            Some(text) => text,
            None => return Err(wrong(&specifier.text, "the value has no such field")),
        },
        (_, value) => return Err(wrong(&specifier.text, &format!("{} != {}", specifier.conversion, java(value)))),
    };
    specifier.justify(&text, out);
    Ok(())
}

/// A value as `toString` prints it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "null".to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Long(value) => value.to_string(),
        Value::Number { text, .. } | Value::Text(text) => text.clone(),
        Value::Moment(moment) => moment.to_string(),
    }
}

/// The class of a value in Java, which its errors name.
fn java(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Boolean(_) => "java.lang.Boolean",
        Value::Long(_) => "java.lang.Long",
        Value::Number { text, .. } if text.contains(['E', 'N', 'I']) => "java.lang.Double",
        Value::Number { .. } => "java.math.BigDecimal",
        Value::Text(_) => "java.lang.String",
        Value::Moment(_) => "java.time.LocalDateTime",
    }
}
