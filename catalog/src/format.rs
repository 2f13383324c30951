//! How a table's objects are to be read, from what its definition says. The names of SerDes and input formats stand in this
//! module and nowhere else. What a definition asks for and Civetta does not do is refused by name, never ignored.

mod csv;
mod hudi;
mod json;
mod pattern;
mod settings;
mod table_wide;

use serde::{Deserialize, Serialize};

pub use self::csv::{CsvDialect, CsvFormat, Delimited, Quoted};
pub use self::hudi::{HudiView, hudi_view};
pub use self::json::{FRAMING_KEY, JsonFormat, JsonFraming, JsonLibrary};
pub use self::pattern::{RegexFormat, RegexSyntax};
use self::settings::Settings;
pub use self::table_wide::{exclusions, refuse_unsupported};
use crate::error::{Error, Result};
use crate::table::{Parameters, SerDeInfo, StorageDescriptor, Table};

/// The format of a table's or partition's objects, with everything that changes how they are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Json(JsonFormat),
    Csv(CsvFormat),
    /// Lines that a regular expression or a grok pattern takes apart.
    Regex(RegexFormat),
    Parquet,
    Avro,
    Orc,
    /// Not single files but a table format with a log of its own.
    Table(TableFormat),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableFormat {
    Delta,
    Iceberg,
    Hudi,
}

const OPENX_JSON: &str = "org.openx.data.jsonserde.JsonSerDe";
const HCATALOG_JSON: &str = "org.apache.hive.hcatalog.data.JsonSerDe";
const HIVE_JSON: &str = "org.apache.hadoop.hive.serde2.JsonSerDe";
const LAZY_SIMPLE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const OPEN_CSV: &str = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
const REGEX: &str = "org.apache.hadoop.hive.serde2.RegexSerDe";
const CONTRIB_REGEX: &str = "org.apache.hadoop.hive.contrib.serde2.RegexSerDe";
const GROK: &str = "com.amazonaws.glue.serde.GrokSerDe";
const PARQUET: &str = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
const ORC: &str = "org.apache.hadoop.hive.ql.io.orc.OrcSerde";
const AVRO: &str = "org.apache.hadoop.hive.serde2.avro.AvroSerDe";

const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const TEXT_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";
const SEQUENCE_INPUT: &str = "org.apache.hadoop.mapred.SequenceFileInputFormat";
const SEQUENCE_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat";
const PARQUET_INPUT: &str = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat";
const PARQUET_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat";
const ORC_INPUT: &str = "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat";
const ORC_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat";
const AVRO_INPUT: &str = "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat";
const AVRO_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat";
const SYMLINK_INPUT: &str = "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat";
const ICEBERG_INPUT: &str = "org.apache.iceberg.mr.hive.HiveIcebergInputFormat";

impl Format {
    /// The format of the objects under `descriptor`, which is the table's own or one of its partitions'.
    ///
    /// Errors: `NotSupported` names the SerDe, input format or parameter; `InvalidInput` a parameter's value that cannot be.
    pub fn of(table: &Table, descriptor: &StorageDescriptor) -> Result<Self> {
        let input = descriptor.input_format.as_deref();
        if input == Some(SYMLINK_INPUT) {
            return Err(Error::not_supported("tables over symlink manifests (SymlinkTextInputFormat) are not supported"));
        }
        if let Some(format) = TableFormat::of(table, input) {
            return Ok(Self::Table(format));
        }
        let Some(library) = descriptor.serde_info.as_ref().and_then(|serde| serde.serialization_library.as_deref()) else {
            return Err(Error::not_supported("the table names no SerDe: its format is not known"));
        };
        let settings = Settings::new(table, descriptor);
        let (format, expected) = match library {
            OPENX_JSON => (Self::Json(JsonFormat::of(&settings, JsonLibrary::OpenX)?), TEXT_INPUT),
            HCATALOG_JSON | HIVE_JSON => (Self::Json(JsonFormat::of(&settings, JsonLibrary::Hive)?), TEXT_INPUT),
            LAZY_SIMPLE => (Self::Csv(CsvFormat::delimited(&settings)?), TEXT_INPUT),
            OPEN_CSV => (Self::Csv(CsvFormat::quoted(&settings)?), TEXT_INPUT),
            REGEX | CONTRIB_REGEX => (Self::Regex(RegexFormat::regex(&settings)?), TEXT_INPUT),
            GROK => (Self::Regex(RegexFormat::grok(&settings)?), TEXT_INPUT),
            PARQUET => {
                settings.refuse("parquet.column.index.access", &["", "false"], "columns are found by their names")?;
                (Self::Parquet, PARQUET_INPUT)
            }
            ORC => (Self::Orc, ORC_INPUT),
            AVRO => (Self::Avro, AVRO_INPUT),
            other => return Err(Error::not_supported(format!("the SerDe '{other}' is not supported"))),
        };
        match input {
            None | Some("") => Ok(format),
            Some(input) if input == expected => Ok(format),
            Some(input) => {
                Err(Error::not_supported(format!("the input format '{input}' is not supported with the SerDe '{library}'")))
            }
        }
    }

    /// What a table of this format says in its storage descriptor: input format, output format, SerDe. What it says in its
    /// parameters is [`table_parameters`](Self::table_parameters).
    pub fn describe(&self) -> (String, String, SerDeInfo) {
        let (input, output, library, parameters) = match self {
            Self::Json(json) => (TEXT_INPUT, TEXT_OUTPUT, json.library.class(), json.parameters()),
            Self::Csv(csv) => {
                let library = match csv.dialect {
                    CsvDialect::Delimited(_) => LAZY_SIMPLE,
                    CsvDialect::Quoted(_) => OPEN_CSV,
                };
                (TEXT_INPUT, TEXT_OUTPUT, library, csv.parameters())
            }
            Self::Regex(regex) => {
                let library = match regex.syntax {
                    RegexSyntax::Regex { .. } => REGEX,
                    RegexSyntax::Grok { .. } => GROK,
                };
                (TEXT_INPUT, TEXT_OUTPUT, library, regex.parameters())
            }
            Self::Parquet => (PARQUET_INPUT, PARQUET_OUTPUT, PARQUET, serialization_format()),
            Self::Avro => (AVRO_INPUT, AVRO_OUTPUT, AVRO, serialization_format()),
            Self::Orc => (ORC_INPUT, ORC_OUTPUT, ORC, serialization_format()),
            // As Hudi's sync writes it; the realtime view of the same table has another input format.
            Self::Table(TableFormat::Hudi) => (hudi::INPUT, PARQUET_OUTPUT, PARQUET, serialization_format()),
            // As AWS's catalog holds a Delta table that Athena's DDL made (glue.md 1.10); readers go by `table_type`.
            Self::Table(_) => (SEQUENCE_INPUT, SEQUENCE_OUTPUT, LAZY_SIMPLE, serialization_format()),
        };
        let serde = SerDeInfo { name: None, serialization_library: Some(library.to_string()), parameters: Some(parameters) };
        (input.to_string(), output.to_string(), serde)
    }

    /// What the format needs among the table's own parameters, so that [`of`](Self::of) finds it again.
    pub fn table_parameters(&self) -> Parameters {
        let skip_lines = match self {
            Self::Csv(csv) => csv.skip_lines,
            Self::Regex(regex) => regex.skip_lines,
            Self::Table(format) => return Parameters::from([("table_type".to_string(), format.table_type().to_string())]),
            Self::Json(_) | Self::Parquet | Self::Avro | Self::Orc => 0,
        };
        let header = (skip_lines > 0).then(|| (settings::SKIP_HEADER.to_string(), skip_lines.to_string()));
        header.into_iter().collect()
    }

    /// A short name for people; also Glue's `classification` where the format has one of its own.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json(_) => "json",
            Self::Csv(_) => "csv",
            Self::Regex(_) => "grok",
            Self::Parquet => "parquet",
            Self::Avro => "avro",
            Self::Orc => "orc",
            Self::Table(format) => format.name(),
        }
    }
}

fn serialization_format() -> Parameters {
    Parameters::from([("serialization.format".to_string(), "1".to_string())])
}

impl TableFormat {
    /// What the table's parameters, or its input format, claim it to be.
    fn of(table: &Table, input: Option<&str>) -> Option<Self> {
        let claims = ["table_type", "spark.sql.sources.provider", "classification"];
        let claimed = claims.iter().filter_map(|key| table.parameter(key)).find_map(Self::named);
        claimed.or_else(|| match input? {
            ICEBERG_INPUT => Some(Self::Iceberg),
            input if input.starts_with(hudi::INPUT_PREFIX) => Some(Self::Hudi),
            _ => None,
        })
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Delta, Self::Iceberg, Self::Hudi].into_iter().find(|format| name.eq_ignore_ascii_case(format.name()))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Delta => "delta",
            Self::Iceberg => "iceberg",
            Self::Hudi => "hudi",
        }
    }

    /// The parameter `table_type` in the spelling that AWS's catalog has: lower case for Delta (measured), upper for Iceberg
    /// (its libraries compare so).
    fn table_type(self) -> &'static str {
        match self {
            Self::Iceberg => "ICEBERG",
            other => other.name(),
        }
    }
}

#[cfg(test)]
mod tests;
