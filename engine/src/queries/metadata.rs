//! `ID.csv.metadata`, the small protobuf message that Athena writes beside a result: its JDBC driver reads the columns from it.
//! The fields are those that burtcorp/athena-jdbc found.

use bytes::Bytes;
use prost::Message;

use super::record::Query;
use super::shape::ResultColumn;

/// Athena says of every column that it may be NULL or not: `UNKNOWN`.
const NULLABLE_UNKNOWN: i32 = 3;

#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(string, tag = "1")]
    query_id: String,
    #[prost(string, optional, tag = "2")]
    update_type: Option<String>,
    #[prost(int64, optional, tag = "3")]
    update_count: Option<i64>,
    #[prost(message, repeated, tag = "4")]
    columns: Vec<Column>,
}

#[derive(Clone, PartialEq, Message)]
struct Column {
    #[prost(string, tag = "1")]
    catalog: String,
    #[prost(string, tag = "2")]
    schema: String,
    #[prost(string, tag = "3")]
    table: String,
    #[prost(string, tag = "4")]
    name: String,
    #[prost(string, tag = "5")]
    label: String,
    #[prost(string, tag = "6")]
    r#type: String,
    #[prost(int32, tag = "7")]
    precision: i32,
    #[prost(int32, tag = "8")]
    scale: i32,
    #[prost(int32, tag = "9")]
    nullable: i32,
    #[prost(bool, tag = "10")]
    case_sensitive: bool,
}

pub(super) fn metadata(query: &Query, columns: &[ResultColumn]) -> Bytes {
    let column = |column: &ResultColumn| Column {
        catalog: "hive".to_owned(),
        name: column.name.clone(),
        label: column.name.clone(),
        r#type: column.r#type.clone(),
        precision: i32::try_from(column.precision).unwrap_or(i32::MAX),
        scale: column.scale,
        nullable: NULLABLE_UNKNOWN,
        case_sensitive: column.case_sensitive,
        ..Column::default()
    };
    let metadata = Metadata {
        query_id: query.id.clone(),
        update_type: None,
        update_count: query.shape.counts.then_some(0),
        columns: columns.iter().map(column).collect(),
    };
    metadata.encode_to_vec().into()
}
