//! Avro object container files: the columns of the schema in the file's header (Avro 1.11 specification, "Object Container
//! Files"), and how many records the blocks say they hold.

use std::collections::HashMap;

use serde_json::Value;

use super::Described;
use super::text::Text;
use crate::Result;
use crate::crawl::inspected::{Finding, Inspections, Kind};
use crate::crawl::shape::{Member, Shape};

const MAGIC: &[u8] = b"Obj\x01";
const SYNC: usize = 16;

/// Types nested deeper than this, or within themselves, are kept as text.
const MAX_DEPTH: usize = 64;

pub(in super::super) fn inspect(file: &mut Text<'_>, inspections: &mut Inspections) -> Result<Finding> {
    let unrecognised = |why: &str| Ok(Finding::Unrecognised { why: format!("an Avro file {why}") });
    let (schema, header) = loop {
        match header(file.rest()) {
            Some(found) => break found,
            None if file.more()? => {}
            None => return unrecognised("whose header cannot be read: it is not whole"),
        }
    };
    let Ok(value) = serde_json::from_str::<Value>(&schema) else { return unrecognised("whose schema is no JSON") };
    let shape = Names::default().shape(&value, 0);
    let Shape::Struct(columns) = shape else { return unrecognised("whose values are no records") };
    let (records, blocks) = blocks(file.rest().get(header..).unwrap_or_default());
    let bytes = if file.is_complete() { file.rest().len() } else { header + blocks };
    let described = Described { kind: Kind::Avro { schema }, classification: "avro", columns, records, bytes: bytes as u64 };
    Ok(described.found(inspections))
}

/// The schema and the header's length; `None` if the header goes on behind `start` or is none.
fn header(start: &[u8]) -> Option<(String, usize)> {
    let mut rest = start.strip_prefix(MAGIC)?;
    let mut schema = None;
    loop {
        let mut entries = long(&mut rest)?;
        if entries == 0 {
            break;
        }
        if entries < 0 {
            // The block's size in bytes follows.
            long(&mut rest)?;
            entries = entries.checked_neg()?;
        }
        for _ in 0..entries {
            let key = bytes(&mut rest)?;
            let value = bytes(&mut rest)?;
            if key == b"avro.schema" {
                schema = Some(String::from_utf8_lossy(value).into_owned());
            }
        }
    }
    let rest = rest.get(SYNC..)?;
    Some((schema?, start.len() - rest.len()))
}

/// Records and bytes of the whole blocks there are.
fn blocks(mut rest: &[u8]) -> (u64, usize) {
    let (mut records, whole) = (0, rest.len());
    let mut left = rest.len();
    while let (Some(count), Some(_)) = (long(&mut rest), bytes(&mut rest)) {
        let (Ok(count), Some(after)) = (u64::try_from(count), rest.get(SYNC..)) else { break };
        records += count;
        rest = after;
        left = rest.len();
    }
    (records, whole - left)
}

/// A zig-zag coded number of variable length.
fn long(rest: &mut &[u8]) -> Option<i64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

fn bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(long(rest)?).ok()?;
    let (bytes, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(bytes)
}

/// Named types seen so far, for references to them.
#[derive(Default)]
struct Names<'s>(HashMap<String, &'s Value>);

impl<'s> Names<'s> {
    fn shape(&mut self, schema: &'s Value, depth: usize) -> Shape {
        if depth > MAX_DEPTH {
            return Shape::String;
        }
        match schema {
            Value::String(name) => self.named(name, depth),
            Value::Array(branches) => {
                let mut shape = Shape::Null;
                for branch in branches {
                    shape.join(&self.shape(branch, depth + 1));
                }
                shape
            }
            Value::Object(definition) => {
                match definition.get("logicalType").and_then(|logical| self.logical(logical.as_str()?, schema)) {
                    Some(shape) => shape,
                    None => self.defined(schema, depth),
                }
            }
            _ => Shape::String,
        }
    }

    fn named(&mut self, name: &str, depth: usize) -> Shape {
        match name {
            "null" => Shape::Null,
            "boolean" => Shape::Boolean,
            "int" => Shape::Int,
            "long" => Shape::BigInt,
            "float" => Shape::Float,
            "double" => Shape::Double,
            "bytes" => Shape::Binary,
            "string" => Shape::String,
            name => match self.0.remove(short(name)) {
                // Taken out while it is expanded: a type within itself is text.
                Some(definition) => {
                    let shape = self.defined(definition, depth + 1);
                    self.0.insert(short(name).to_owned(), definition);
                    shape
                }
                None => Shape::String,
            },
        }
    }

    fn logical(&self, logical: &str, schema: &Value) -> Option<Shape> {
        let number = |key: &str| schema.get(key).and_then(Value::as_u64);
        Some(match logical {
            "date" => Shape::Date,
            "timestamp-millis" | "timestamp-micros" | "timestamp-nanos" => Shape::Timestamp,
            "local-timestamp-millis" | "local-timestamp-micros" | "local-timestamp-nanos" => Shape::Timestamp,
            "decimal" => {
                let precision = u8::try_from(number("precision")?).ok()?;
                Shape::Decimal(precision, i8::try_from(number("scale").unwrap_or(0)).ok()?)
            }
            _ => return None,
        })
    }

    fn defined(&mut self, schema: &'s Value, depth: usize) -> Shape {
        let name = schema.get("name").and_then(Value::as_str).map(|name| short(name).to_owned());
        match schema.get("type").unwrap_or(&Value::Null) {
            Value::String(kind) => match kind.as_str() {
                "record" | "error" => {
                    let fields = schema.get("fields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                    let shape = Shape::Struct(fields.iter().filter_map(|field| self.field(field, depth)).collect());
                    if let Some(name) = name {
                        self.0.insert(name, schema);
                    }
                    shape
                }
                "enum" => self.leaf(name, schema, Shape::String),
                "fixed" => self.leaf(name, schema, Shape::Binary),
                "array" => Shape::Array(Box::new(schema.get("items").map_or(Shape::Null, |items| self.shape(items, depth + 1)))),
                "map" => {
                    let value = schema.get("values").map_or(Shape::Null, |values| self.shape(values, depth + 1));
                    Shape::Map(Box::new(Shape::String), Box::new(value))
                }
                kind => self.named(kind, depth + 1),
            },
            nested => self.shape(nested, depth + 1),
        }
    }

    fn leaf(&mut self, name: Option<String>, schema: &'s Value, shape: Shape) -> Shape {
        if let Some(name) = name {
            self.0.insert(name, schema);
        }
        shape
    }

    fn field(&mut self, field: &'s Value, depth: usize) -> Option<Member> {
        Some(Member::new(field.get("name")?.as_str()?, self.shape(field.get("type")?, depth + 1)))
    }
}

/// A name without its namespace, which references leave out where it is their own.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(schema: &str, blocks: &[(i64, &[u8])]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        let put = |file: &mut Vec<u8>, value: i64| {
            let mut value = ((value << 1) ^ (value >> 63)) as u64;
            while value >= 0x80 {
                file.push(value as u8 | 0x80);
                value >>= 7;
            }
            file.push(value as u8);
        };
        put(&mut file, 2);
        for (key, value) in [("avro.codec", "null"), ("avro.schema", schema)] {
            for text in [key, value] {
                put(&mut file, text.len() as i64);
                file.extend_from_slice(text.as_bytes());
            }
        }
        put(&mut file, 0);
        file.extend_from_slice(&[7; SYNC]);
        for (count, data) in blocks {
            put(&mut file, *count);
            put(&mut file, data.len() as i64);
            file.extend_from_slice(data);
            file.extend_from_slice(&[7; SYNC]);
        }
        file
    }

    fn run(file: &[u8]) -> (Finding, Inspections) {
        let mut inspections = Inspections::default();
        (inspect(&mut Text::whole(file), &mut inspections).unwrap(), inspections)
    }

    #[test]
    fn columns_and_records() {
        let schema = r#"{"type":"record","name":"r","fields":[
            {"name":"yr","type":["null","int"],"default":null},
            {"name":"C","type":["null","string"]},
            {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
            {"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},
            {"name":"e","type":{"type":"enum","name":"e","symbols":["A"]}},
            {"name":"m","type":{"type":"map","values":"double"}},
            {"name":"l","type":{"type":"array","items":{"type":"record","name":"n.s.Item","fields":[{"name":"x","type":"long"}]}}},
            {"name":"again","type":"Item"},
            {"name":"mixed","type":["int","string"]},
            {"name":"self","type":["null","r"]}]}"#;
        let (finding, inspections) = run(&file(schema, &[(2, b"abc"), (3, b"defg")]));
        let Finding::Found(found) = finding else { panic!("{finding:?}") };
        let inspected = inspections.get(found.inspection).unwrap();
        assert_eq!(found.records, 5);
        assert_eq!(inspected.kind, Kind::Avro { schema: schema.to_owned() });
        let columns: Vec<_> = inspected.columns.iter().map(|column| format!("{} {}", column.name, column.shape.hive())).collect();
        let expected = [
            "yr int",
            "C string",
            "at timestamp",
            "d decimal(10,2)",
            "e string",
            "m map<string,double>",
            "l array<struct<x:bigint>>",
            "again struct<x:bigint>",
            "mixed string",
            "self string",
        ];
        assert_eq!(columns, expected);
    }

    #[test]
    fn what_is_no_table() {
        let whole = file(r#"{"type":"record","name":"r","fields":[]}"#, &[]);
        for bytes in [whole[..30].to_vec(), file("{", &[]), file("\"int\"", &[])] {
            assert!(matches!(run(&bytes).0, Finding::Unrecognised { .. }));
        }
        for length in 0..whole.len() {
            run(&whole[..length]);
        }
    }
}
