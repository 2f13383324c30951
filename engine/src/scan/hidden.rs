//! Hidden columns of every lake table, as Trino's Hive connector names them: they exist where a statement names them and
//! never appear in `SELECT *`.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, TimeUnit};
use datafusion::common::ScalarValue;

use super::snapshot::LakeFile;

/// A column that says where a row came from (Trino, "Hive connector: metadata columns").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hidden {
    Path,
    FileSize,
    FileModifiedTime,
}

impl Hidden {
    pub(crate) const ALL: [Self; 3] = [Self::Path, Self::FileSize, Self::FileModifiedTime];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Path => "$path",
            Self::FileSize => "$file_size",
            Self::FileModifiedTime => "$file_modified_time",
        }
    }

    pub(crate) fn field(self) -> FieldRef {
        let kind = match self {
            Self::Path => DataType::Utf8,
            Self::FileSize => DataType::Int64,
            Self::FileModifiedTime => DataType::Timestamp(TimeUnit::Millisecond, Some(Arc::from("UTC"))),
        };
        Arc::new(Field::new(self.name(), kind, true))
    }

    pub(crate) fn value(self, file: &LakeFile) -> ScalarValue {
        match self {
            Self::Path => ScalarValue::Utf8(Some(file.location.to_string())),
            Self::FileSize => ScalarValue::Int64(Some(file.size as i64)),
            Self::FileModifiedTime => ScalarValue::TimestampMillisecond(Some(file.modified), Some(Arc::from("UTC"))),
        }
    }
}
