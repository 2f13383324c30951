//! `ROW FORMAT` and `STORED AS`: how a table's files are read. The classes come from [`catalog::format`].

use catalog::format::{CsvDialect, CsvFormat, Delimited, Format, JsonFormat, JsonLibrary};
use catalog::table::{Parameters, SerDeInfo, StorageDescriptor};
use catalog::{ErrorKind, Result};

use super::properties;
use crate::cursor::Cursor;

/// Hive's own and Athena's default of this SerDe parameter; LazySimpleSerDe has its delimiter in it, too.
const SERIALIZATION_FORMAT: &str = "serialization.format";

/// `[ROW FORMAT …] [STORED AS …]`, as a descriptor without columns and location. Without either it is delimited text, as in
/// Hive.
pub(super) fn clauses(cursor: &mut Cursor<'_>) -> Result<StorageDescriptor> {
    let row = if cursor.accept("ROW FORMAT") { Some(row_format(cursor)?) } else { None };
    let (input_format, output_format, own) = if cursor.accept("STORED AS") { stored_as(cursor)? } else { text().describe() };
    let mut serde = row.unwrap_or(own);
    let parameters = serde.parameters.get_or_insert_default();
    parameters.entry(SERIALIZATION_FORMAT.to_string()).or_insert_with(|| "1".to_string());
    Ok(StorageDescriptor {
        input_format: Some(input_format),
        output_format: Some(output_format),
        compressed: Some(false),
        number_of_buckets: Some(-1),
        serde_info: Some(serde),
        stored_as_sub_directories: Some(false),
        ..StorageDescriptor::default()
    })
}

fn text() -> Format {
    Format::Csv(CsvFormat { skip_lines: 0, dialect: CsvDialect::Delimited(Delimited::default()) })
}

/// What follows STORED AS: a format's name, or the classes themselves.
fn stored_as(cursor: &mut Cursor<'_>) -> Result<(String, String, SerDeInfo)> {
    if cursor.accept("INPUTFORMAT") {
        let input = cursor.string()?;
        cursor.expect("OUTPUTFORMAT")?;
        return Ok((input, cursor.string()?, text().describe().2));
    }
    for what in ["SEQUENCEFILE", "RCFILE", "ION"] {
        if cursor.accept_refused(what, &format!("STORED AS {what}")) {
            return Ok(text().describe());
        }
    }
    let formats = [
        ("TEXTFILE", text()),
        ("PARQUET", Format::Parquet),
        ("ORC", Format::Orc),
        ("AVRO", Format::Avro),
        ("JSONFILE", Format::Json(JsonFormat { library: JsonLibrary::Hive, ..JsonFormat::default() })),
    ];
    match formats.into_iter().find(|(name, _)| cursor.accept(name)) {
        Some((_, format)) => Ok(format.describe()),
        None => Err(cursor.mismatch()),
    }
}

/// `SERDE 'class' [WITH SERDEPROPERTIES (…)]` or `DELIMITED …`
fn row_format(cursor: &mut Cursor<'_>) -> Result<SerDeInfo> {
    if cursor.accept("DELIMITED") {
        return delimited(cursor);
    }
    cursor.expect("SERDE")?;
    let library = cursor.string()?;
    let parameters = if cursor.accept("WITH SERDEPROPERTIES") { properties::list(cursor)? } else { Parameters::new() };
    Ok(SerDeInfo { name: None, serialization_library: Some(library), parameters: Some(parameters) })
}

/// The clauses of `DELIMITED`, each at most once, in any order.
fn delimited(cursor: &mut Cursor<'_>) -> Result<SerDeInfo> {
    let mut dialect = Delimited::default();
    let mut given: Vec<&str> = Vec::new();
    let clauses = [
        "FIELDS TERMINATED BY",
        "ESCAPED BY",
        "COLLECTION ITEMS TERMINATED BY",
        "MAP KEYS TERMINATED BY",
        "LINES TERMINATED BY",
        "NULL DEFINED AS",
    ];
    loop {
        let start = cursor.offset();
        let Some(clause) = clauses.into_iter().find(|clause| cursor.accept(clause)) else { break };
        if given.contains(&clause) {
            return Err(cursor.error_at(start, ErrorKind::Syntax, format!("{clause} is given twice")));
        }
        given.push(clause);
        match clause {
            "FIELDS TERMINATED BY" => dialect.delimiter = character(cursor)?,
            "ESCAPED BY" => dialect.escape = Some(character(cursor)?),
            "COLLECTION ITEMS TERMINATED BY" => dialect.collection = character(cursor)?,
            "MAP KEYS TERMINATED BY" => dialect.map_key = character(cursor)?,
            "LINES TERMINATED BY" if character(cursor)? != b'\n' => {
                let message = r"LINES TERMINATED BY anything but '\n' is not supported";
                return Err(cursor.error_at(start, ErrorKind::NotSupported, message));
            }
            "NULL DEFINED AS" => dialect.null = cursor.string()?,
            _ => {}
        }
    }
    let delimiter = char::from(dialect.delimiter).to_string();
    let format = Format::Csv(CsvFormat { skip_lines: 0, dialect: CsvDialect::Delimited(dialect) });
    let mut serde = format.describe().2;
    let parameters = serde.parameters.get_or_insert_default();
    parameters.insert(SERIALIZATION_FORMAT.to_string(), delimiter);
    if given.contains(&"LINES TERMINATED BY") {
        parameters.insert("line.delim".to_string(), "\n".to_string());
    }
    Ok(serde)
}

/// A delimiter: one ASCII character, or its number as Hive takes it, `'9'` for a tab.
fn character(cursor: &mut Cursor<'_>) -> Result<u8> {
    let start = cursor.offset();
    let text = cursor.string()?;
    let numbered = text.parse::<u8>().ok();
    let single = numbered.or_else(|| text.bytes().next().filter(|_| text.len() == 1));
    single.filter(u8::is_ascii).ok_or_else(|| {
        let message = format!("the delimiter '{}' is not supported: only a single ASCII character is", text.escape_debug());
        cursor.error_at(start, ErrorKind::NotSupported, message)
    })
}
