//! The input formats of Hudi's tables. A merge-on-read table is in the catalog twice, as Hudi's sync and AWS's crawlers leave it:
//! `_ro` with the input format of the base files and `_rt` with the realtime one, and Athena goes by that.

use crate::error::{Error, Result};
use crate::table::Table;

/// Both are below this.
pub(super) const INPUT_PREFIX: &str = "org.apache.hudi.hadoop.";
pub(super) const INPUT: &str = "org.apache.hudi.hadoop.HoodieParquetInputFormat";
const REALTIME_INPUT: &str = "org.apache.hudi.hadoop.realtime.HoodieParquetRealtimeInputFormat";

/// The property by which Hudi's sync tells Spark the same.
const READ_OPTIMISED: &str = "hoodie.query.as.ro.table";

/// What a query of a merge-on-read table sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HudiView {
    /// Base files alone: what has been compacted.
    ReadOptimised,
    /// Base files with the logs above them.
    Merged,
}

impl HudiView {
    /// The input format that stands for the view.
    pub fn input_format(self) -> &'static str {
        match self {
            Self::ReadOptimised => INPUT,
            Self::Merged => REALTIME_INPUT,
        }
    }
}

/// The view that a table's definition asks for: by its input format, else by `hoodie.query.as.ro.table` among the properties of the
/// SerDe or the table. `None` where it says neither, and the table's own type decides.
///
/// Errors: `NotSupported` for another of Hudi's input formats; `InvalidInput` for a property that is neither true nor false.
pub fn hudi_view(table: &Table) -> Result<Option<HudiView>> {
    let descriptor = table.storage_descriptor.as_ref();
    match descriptor.and_then(|descriptor| descriptor.input_format.as_deref()) {
        Some(INPUT) => return Ok(Some(HudiView::ReadOptimised)),
        Some(REALTIME_INPUT) => return Ok(Some(HudiView::Merged)),
        Some(other) if other.starts_with(INPUT_PREFIX) => {
            return Err(Error::not_supported(format!("the input format '{other}' of hudi tables is not supported")));
        }
        _ => {}
    }
    let serde = descriptor.and_then(|descriptor| descriptor.serde_info.as_ref()?.parameters.as_ref());
    let said = serde.and_then(|parameters| parameters.get(READ_OPTIMISED).map(String::as_str));
    let Some(said) = said.or_else(|| table.parameter(READ_OPTIMISED)) else { return Ok(None) };
    match said.to_ascii_lowercase().as_str() {
        "true" => Ok(Some(HudiView::ReadOptimised)),
        "false" => Ok(Some(HudiView::Merged)),
        _ => Err(Error::invalid(format!("'{READ_OPTIMISED}' is '{said}'; expected true or false"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Parameters, StorageDescriptor};

    fn table(input: Option<&str>, read_optimised: Option<&str>) -> Table {
        let parameters = read_optimised.map(|value| Parameters::from([(READ_OPTIMISED.to_string(), value.to_string())]));
        let descriptor = StorageDescriptor { input_format: input.map(str::to_string), ..StorageDescriptor::default() };
        Table { storage_descriptor: Some(descriptor), parameters, ..Table::default() }
    }

    #[test]
    fn the_input_format_says_the_view() {
        for (input, property, expected) in [
            (Some(INPUT), None, Some(HudiView::ReadOptimised)),
            (Some(REALTIME_INPUT), Some("true"), Some(HudiView::Merged)),
            (Some("org.apache.hadoop.mapred.SequenceFileInputFormat"), Some("false"), Some(HudiView::Merged)),
            (None, Some("TRUE"), Some(HudiView::ReadOptimised)),
            (None, None, None),
        ] {
            assert_eq!(hudi_view(&table(input, property)).unwrap(), expected, "{input:?} {property:?}");
        }
        let error = hudi_view(&table(Some("org.apache.hudi.hadoop.HoodieHFileInputFormat"), None)).unwrap_err();
        assert!(error.message().contains("HoodieHFileInputFormat"), "{error}");
        assert!(hudi_view(&table(None, Some("maybe"))).is_err());
    }
}
