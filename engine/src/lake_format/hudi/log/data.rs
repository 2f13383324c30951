//! Data blocks as record batches (Apache Hudi, "Technical Specification": Avro data block, Parquet data block). Records of an Avro block
//! stand one after another, each behind its length; Arrow's Avro reader takes them as the one block of an Avro file.

use std::io::Cursor;

use arrow_avro::reader::ReaderBuilder;
use bytes::Bytes;
use catalog::{Error, Result};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::block::{Block, Kind, Reader};

/// The versions of Avro data blocks, which differ in other blocks than these.
const VERSIONS: std::ops::RangeInclusive<u32> = 1..=3;
/// Stands between the blocks of an Avro file.
const SYNC: &[u8; 16] = b"civetta log sync";
const ROWS: usize = 8192;

/// The records of a data block, with the columns that they have there.
///
/// Errors: `NotSupported` names the kind or version that is not read; `BadData` for records that are not as their schema says.
pub(super) fn batches(block: &Block) -> Result<Vec<RecordBatch>> {
    match block.kind {
        Kind::Avro => avro(block),
        Kind::Parquet => {
            let broken = |error: &dyn std::fmt::Display| Error::bad_data(format!("a hudi Parquet block cannot be read: {error}"));
            let reader = ParquetRecordBatchReaderBuilder::try_new(block.content.clone())
                .and_then(|builder| builder.with_batch_size(ROWS).build())
                .map_err(|error| broken(&error).caused_by(error))?;
            reader.map(|batch| batch.map_err(|error| broken(&error).caused_by(error))).collect()
        }
        Kind::Hfile => Err(Error::not_supported("hudi log blocks in the format HFile are not supported; Avro and Parquet are")),
        Kind::Command | Kind::Delete | Kind::Changes => Ok(vec![]),
    }
}

fn avro(block: &Block) -> Result<Vec<RecordBatch>> {
    let schema = block.schema.as_deref().ok_or_else(|| Error::bad_data("a hudi Avro block has no schema"))?;
    let mut reader = Reader { bytes: block.content.clone() };
    let version = reader.number()?;
    if !VERSIONS.contains(&version) {
        return Err(Error::not_supported(format!(
            "hudi Avro blocks of version {version} are not supported; versions 1 to 3 are"
        )));
    }
    let count = reader.number()?;
    let mut records = Vec::with_capacity(reader.bytes.len());
    for _ in 0..count {
        let length = reader.number()? as usize;
        records.extend_from_slice(&reader.take(length)?);
    }
    if count == 0 {
        return Ok(vec![]);
    }
    let broken = |error: ArrowError| Error::bad_data(format!("a hudi Avro block cannot be read: {error}")).caused_by(error);
    let file = Bytes::from(file(schema, u64::from(count), &records));
    let batches = ReaderBuilder::new().with_batch_size(ROWS).build(Cursor::new(file)).map_err(broken)?;
    batches.map(|batch| batch.map_err(broken)).collect()
}

/// An Avro file of one block (Apache Avro, "Object Container Files").
fn file(schema: &str, count: u64, records: &[u8]) -> Vec<u8> {
    let mut file = b"Obj\x01".to_vec();
    number(1, &mut file);
    for text in ["avro.schema", schema] {
        number(text.len() as u64, &mut file);
        file.extend(text.as_bytes());
    }
    number(0, &mut file);
    file.extend(SYNC);
    number(count, &mut file);
    number(records.len() as u64, &mut file);
    file.extend(records);
    file.extend(SYNC);
    file
}

/// Avro's `long`: zig-zag, seven bits a byte.
fn number(value: u64, out: &mut Vec<u8>) {
    let mut rest = value << 1;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
pub(super) mod tests {
    use datafusion::arrow::array::AsArray;
    use datafusion::arrow::datatypes::Int64Type;

    use super::*;

    pub(crate) const SCHEMA: &str = r#"{"type":"record","name":"r","fields":[{"name":"_hoodie_record_key","type":["null","string"]},
        {"name":"ts","type":"long"}]}"#;

    /// An Avro block's content with keys and times.
    pub(crate) fn content(version: u32, rows: &[(&str, u8)]) -> Bytes {
        let mut content = [version.to_be_bytes(), (rows.len() as u32).to_be_bytes()].concat();
        for (key, ts) in rows {
            let record = [&[2, key.len() as u8 * 2][..], key.as_bytes(), &[ts * 2]].concat();
            content.extend((record.len() as u32).to_be_bytes());
            content.extend(record);
        }
        Bytes::from(content)
    }

    fn block(kind: Kind, content: Bytes) -> Block {
        Block { kind, instant: "1".into(), target: None, schema: Some(SCHEMA.into()), content }
    }

    #[test]
    fn records_of_each_version() {
        for version in VERSIONS {
            let batches = batches(&block(Kind::Avro, content(version, &[("a", 5), ("b", 60)]))).unwrap();
            assert_eq!(batches[0].column(0).as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["a", "b"]);
            assert_eq!(batches[0].column(1).as_primitive::<Int64Type>().values(), &[5, 60]);
        }
        assert!(batches(&block(Kind::Avro, content(3, &[]))).unwrap().is_empty());
    }

    #[test]
    fn what_is_not_read_is_told() {
        for (block, expected) in [
            (block(Kind::Hfile, Bytes::new()), "HFile"),
            (block(Kind::Avro, content(4, &[])), "version 4"),
            (block(Kind::Avro, content(3, &[("a", 5)]).slice(..14)), "ends early"),
            (block(Kind::Parquet, Bytes::from_static(b"PAR1")), "Parquet block cannot be read"),
        ] {
            let error = batches(&block).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
    }
}
