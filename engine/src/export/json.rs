//! JSON: numbers and booleans as such, arrays as arrays, rows and maps as objects, NULL as `null`, all else as a string in the
//! form that Athena prints (so a timestamp is `"2024-01-01 00:00:00.000"`, which the JSON SerDes read back).
//!
//! arrow-json writes neither maps whose keys are not strings nor NaN and the infinities, which become `null` there; here they are
//! the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.

use std::io::Write;

use arrow::array::RecordBatch;
use catalog::Result;

use super::{Export, unwritable};
use crate::text::json::{Form, Value, key};

/// How the objects of the rows make up a file.
pub(super) enum Framing {
    Array,
    Lines,
}

pub(super) struct Json<W> {
    out: W,
    framing: Framing,
    /// `"name":` of each column.
    keys: Vec<String>,
    rows: u64,
}

impl<W: Write + Send> Json<W> {
    pub(super) fn new(names: &[String], framing: Framing, out: W) -> Result<Self> {
        Ok(Self { out, framing, keys: names.iter().map(|name| key(name)).collect(), rows: 0 })
    }
}

impl<W: Write + Send> Export for Json<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns().iter().map(|column| Value::new(column, Form::File)).collect::<Result<Vec<_>>>()?;
        let mut lines = String::new();
        for row in 0..batch.num_rows() {
            match self.framing {
                Framing::Array => lines.push_str(if self.rows == 0 { "[\n" } else { ",\n" }),
                Framing::Lines => {}
            }
            self.rows += 1;
            for (index, (key, column)) in self.keys.iter().zip(&columns).enumerate() {
                lines.push(if index == 0 { '{' } else { ',' });
                lines.push_str(key);
                column.write(row, &mut lines);
            }
            lines.push_str(if columns.is_empty() { "{}" } else { "}" });
            if matches!(self.framing, Framing::Lines) {
                lines.push('\n');
            }
        }
        self.out.write_all(lines.as_bytes()).map_err(unwritable)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let end = match (&self.framing, self.rows) {
            (Framing::Array, 0) => "[]\n",
            (Framing::Array, _) => "\n]\n",
            (Framing::Lines, _) => "",
        };
        self.out.write_all(end.as_bytes()).map_err(unwritable)?;
        self.out.flush().map_err(unwritable)
    }
}
