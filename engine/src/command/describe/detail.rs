//! What DESCRIBE FORMATTED and EXTENDED add to the columns, in Hive's words (`MetaDataFormatUtils`, Thrift's `toString`).

use std::fmt::Write;

use catalog::table::{Column, EpochSeconds, Parameters, Partition, StorageDescriptor, Table};
use chrono::DateTime;

use super::super::hive_text::padded;
use super::{Cells, blank, heading};

/// Facts in two columns under headings.
pub(super) fn formatted(table: &Table, partition: Option<&Partition>) -> Vec<Cells> {
    let mut lines = vec![blank()];
    let empty = StorageDescriptor::default();
    let descriptor = match partition {
        Some(partition) => {
            lines.push(heading("# Detailed Partition Information"));
            lines.push(fact("Partition Value:", &format!("[{}]", partition.values.join(", "))));
            lines.push(fact("Database:", &table.database_name));
            lines.push(fact("Table:", &table.name));
            lines.push(fact("CreateTime:", &time(partition.creation_time)));
            lines.push(fact("LastAccessTime:", &time(partition.last_access_time)));
            let descriptor = partition.storage_descriptor.as_ref().unwrap_or(&empty);
            lines.push(fact("Location:", descriptor.location.as_deref().unwrap_or_default()));
            parameters(&mut lines, "Partition Parameters:", partition.parameters.as_ref());
            descriptor
        }
        None => {
            lines.push(heading("# Detailed Table Information"));
            lines.push(fact("Database:", &table.database_name));
            lines.push(fact("Owner:", table.owner.as_deref().unwrap_or_default()));
            lines.push(fact("CreateTime:", &time(table.create_time)));
            lines.push(fact("LastAccessTime:", &time(table.last_access_time)));
            lines.push(fact("Retention:", &table.retention.unwrap_or_default().to_string()));
            let descriptor = table.storage_descriptor.as_ref().unwrap_or(&empty);
            lines.push(fact("Location:", descriptor.location.as_deref().unwrap_or_default()));
            lines.push(fact("Table Type:", table.table_type.as_deref().unwrap_or("EXTERNAL_TABLE")));
            parameters(&mut lines, "Table Parameters:", table.parameters.as_ref());
            descriptor
        }
    };
    storage(&mut lines, descriptor);
    lines
}

fn storage(lines: &mut Vec<Cells>, descriptor: &StorageDescriptor) {
    let serde = descriptor.serde_info.clone().unwrap_or_default();
    let sorted: Vec<String> = descriptor.sort_columns.iter().flatten().map(ToString::to_string).collect();
    lines.extend([blank(), heading("# Storage Information")]);
    lines.push(fact("SerDe Library:", serde.serialization_library.as_deref().unwrap_or_default()));
    lines.push(fact("InputFormat:", descriptor.input_format.as_deref().unwrap_or_default()));
    lines.push(fact("OutputFormat:", descriptor.output_format.as_deref().unwrap_or_default()));
    lines.push(fact("Compressed:", if descriptor.compressed == Some(true) { "Yes" } else { "No" }));
    lines.push(fact("Num Buckets:", &descriptor.number_of_buckets.unwrap_or(-1).to_string()));
    lines.push(fact("Bucket Columns:", &format!("[{}]", descriptor.bucket_columns.as_deref().unwrap_or_default().join(", "))));
    lines.push(fact("Sort Columns:", &format!("[{}]", sorted.join(", "))));
    parameters(lines, "Storage Desc Params:", serde.parameters.as_ref());
}

fn fact(name: &str, value: &str) -> Cells {
    [padded(name), padded(value), " ".into()]
}

fn parameters(lines: &mut Vec<Cells>, title: &str, parameters: Option<&Parameters>) {
    let Some(parameters) = parameters.filter(|parameters| !parameters.is_empty()) else { return };
    lines.push(heading(title));
    lines.extend(parameters.iter().map(|(key, value)| [String::new(), padded(key), padded(value)]));
}

/// Java's `Date.toString` in UTC.
fn time(seconds: Option<EpochSeconds>) -> String {
    let known = seconds.filter(|seconds| *seconds > 0.0).and_then(|seconds| DateTime::from_timestamp(seconds as i64, 0));
    known.map_or_else(|| "UNKNOWN".into(), |time| time.format("%a %b %d %H:%M:%S UTC %Y").to_string())
}

/// Everything on one line.
pub(super) fn extended(table: &Table, partition: Option<&Partition>) -> [Cells; 2] {
    let mut text = String::new();
    // Writing to a String cannot fail, here and below.
    match partition {
        Some(partition) => {
            _ = write!(text, "Partition(values:[{}], ", partition.values.join(", "));
            _ = write!(text, "dbName:{}, tableName:{}, ", table.database_name, table.name);
            _ = write!(text, "createTime:{}, ", partition.creation_time.unwrap_or_default() as i64);
            _ = write!(text, "lastAccessTime:{}, ", partition.last_access_time.unwrap_or_default() as i64);
            write_descriptor(&mut text, partition.storage_descriptor.as_ref());
            _ = write!(text, ", parameters:{})", map(partition.parameters.as_ref()));
            [blank(), ["Detailed Partition Information".into(), text, " ".into()]]
        }
        None => {
            _ = write!(text, "Table(tableName:{}, dbName:{}, ", table.name, table.database_name);
            _ = write!(text, "owner:{}, ", table.owner.as_deref().unwrap_or("null"));
            _ = write!(text, "createTime:{}, ", table.create_time.unwrap_or_default() as i64);
            _ = write!(text, "lastAccessTime:{}, ", table.last_access_time.unwrap_or_default() as i64);
            _ = write!(text, "retention:{}, ", table.retention.unwrap_or_default());
            write_descriptor(&mut text, table.storage_descriptor.as_ref());
            _ = write!(text, ", partitionKeys:[{}], ", fields(table.partition_keys()));
            _ = write!(text, "parameters:{}, viewOriginalText:null, ", map(table.parameters.as_ref()));
            _ = write!(text, "viewExpandedText:null, tableType:{})", table.table_type.as_deref().unwrap_or("EXTERNAL_TABLE"));
            [blank(), ["Detailed Table Information".into(), text, " ".into()]]
        }
    }
}

fn write_descriptor(text: &mut String, descriptor: Option<&StorageDescriptor>) {
    let Some(descriptor) = descriptor else {
        text.push_str("sd:null");
        return;
    };
    let serde = descriptor.serde_info.clone().unwrap_or_default();
    _ = write!(text, "sd:StorageDescriptor(cols:[{}], ", fields(descriptor.columns()));
    _ = write!(text, "location:{}, ", descriptor.location.as_deref().unwrap_or("null"));
    _ = write!(text, "inputFormat:{}, ", descriptor.input_format.as_deref().unwrap_or("null"));
    _ = write!(text, "outputFormat:{}, ", descriptor.output_format.as_deref().unwrap_or("null"));
    _ = write!(text, "compressed:{}, ", descriptor.compressed.unwrap_or_default());
    _ = write!(text, "numBuckets:{}, ", descriptor.number_of_buckets.unwrap_or(-1));
    _ = write!(text, "serdeInfo:SerDeInfo(name:{}, ", serde.name.as_deref().unwrap_or("null"));
    _ = write!(text, "serializationLib:{}, ", serde.serialization_library.as_deref().unwrap_or("null"));
    _ = write!(text, "parameters:{}), ", map(serde.parameters.as_ref()));
    _ = write!(text, "bucketCols:[{}], ", descriptor.bucket_columns.as_deref().unwrap_or_default().join(", "));
    _ = write!(text, "parameters:{})", map(descriptor.parameters.as_ref()));
}

fn fields(columns: &[Column]) -> String {
    let field = |column: &Column| {
        let comment = column.comment.as_deref().unwrap_or("null");
        format!("FieldSchema(name:{}, type:{}, comment:{comment})", column.name, column.hive_type())
    };
    columns.iter().map(field).collect::<Vec<_>>().join(", ")
}

fn map(parameters: Option<&Parameters>) -> String {
    let entries = parameters.into_iter().flatten().map(|(key, value)| format!("{key}={value}"));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}
