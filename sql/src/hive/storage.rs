//! `ROW FORMAT` and `STORED AS`: how a table's files are read.

use catalog::table::{Parameters, SerDeInfo, StorageDescriptor};
use catalog::{ErrorKind, Result};

use super::cursor::Cursor;
use super::properties;

/// Classes of `STORED AS`: the format's name, its input format, output format and SerDe.
const CLASSES: [(&str, &str, &str, &str); 5] = [
    (
        "TEXTFILE",
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
    (
        "JSONFILE",
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hive.hcatalog.data.JsonSerDe",
    ),
    (
        "PARQUET",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    (
        "ORC",
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
    (
        "AVRO",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
];

/// `[ROW FORMAT …] [STORED AS …]`, as a descriptor without columns and location. Without either it is delimited text, as in
/// Hive.
pub(super) fn clauses(cursor: &mut Cursor<'_>) -> Result<StorageDescriptor> {
    let row = if cursor.accept("ROW FORMAT") { Some(row_format(cursor)?) } else { None };
    let (input, output, serde) = if cursor.accept("STORED AS") { stored_as(cursor)? } else { classes(0) };
    let (serde, parameters) = match row {
        Some((Some(serde), parameters)) => (serde, parameters),
        Some((None, parameters)) => (classes(0).2, parameters),
        None => (serde, Parameters::from([("serialization.format".to_string(), "1".to_string())])),
    };
    Ok(StorageDescriptor {
        input_format: Some(input),
        output_format: Some(output),
        compressed: Some(false),
        number_of_buckets: Some(-1),
        serde_info: Some(SerDeInfo { name: None, serialization_library: Some(serde), parameters: Some(parameters) }),
        stored_as_sub_directories: Some(false),
        ..StorageDescriptor::default()
    })
}

fn classes(index: usize) -> (String, String, String) {
    CLASSES.get(index).map_or_else(Default::default, |(_, input, output, serde)| {
        ((*input).to_string(), (*output).to_string(), (*serde).to_string())
    })
}

fn stored_as(cursor: &mut Cursor<'_>) -> Result<(String, String, String)> {
    if cursor.accept("INPUTFORMAT") {
        let input = cursor.string()?;
        cursor.expect("OUTPUTFORMAT")?;
        let output = cursor.string()?;
        return Ok((input, output, classes(0).2));
    }
    for what in ["SEQUENCEFILE", "RCFILE", "ION"] {
        if cursor.is(what) {
            return Err(cursor.not_supported(&format!("STORED AS {what}")));
        }
    }
    match CLASSES.iter().position(|(name, ..)| cursor.accept(name)) {
        Some(index) => Ok(classes(index)),
        None => Err(cursor.mismatch()),
    }
}

/// `SERDE 'class' [WITH SERDEPROPERTIES (…)]` or `DELIMITED …`: the SerDe, if one is named, and its parameters.
fn row_format(cursor: &mut Cursor<'_>) -> Result<(Option<String>, Parameters)> {
    if cursor.accept("DELIMITED") {
        return Ok((None, delimited(cursor)?));
    }
    cursor.expect("SERDE")?;
    let serde = cursor.string()?;
    let mut parameters = if cursor.accept("WITH SERDEPROPERTIES") { properties::list(cursor)? } else { Parameters::new() };
    parameters.entry("serialization.format".to_string()).or_insert_with(|| "1".to_string());
    Ok((Some(serde), parameters))
}

/// The clauses of `DELIMITED`, each once and in any order, under the names that LazySimpleSerDe gives them
/// (Hive's `serdeConstants`; `colelction` is its spelling).
fn delimited(cursor: &mut Cursor<'_>) -> Result<Parameters> {
    let clauses = [
        ("FIELDS TERMINATED BY", "field.delim"),
        ("ESCAPED BY", "escape.delim"),
        ("COLLECTION ITEMS TERMINATED BY", "colelction.delim"),
        ("MAP KEYS TERMINATED BY", "mapkey.delim"),
        ("LINES TERMINATED BY", "line.delim"),
        ("NULL DEFINED AS", "serialization.null.format"),
    ];
    let mut parameters = Parameters::new();
    loop {
        let start = cursor.offset();
        let Some((clause, key)) = clauses.into_iter().find(|(clause, _)| cursor.accept(clause)) else { break };
        let value = cursor.string()?;
        if key == "line.delim" && value != "\n" {
            return Err(cursor.error_at(
                start,
                ErrorKind::NotSupported,
                r"LINES TERMINATED BY anything but '\n' is not supported",
            ));
        }
        if parameters.insert(key.to_string(), value).is_some() {
            return Err(cursor.error_at(start, ErrorKind::Syntax, format!("{clause} is given twice")));
        }
    }
    let format = parameters.get("field.delim").cloned().unwrap_or_else(|| "1".to_string());
    parameters.insert("serialization.format".to_string(), format);
    Ok(parameters)
}
