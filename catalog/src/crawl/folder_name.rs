//! What the name of a folder says: a Hive partition `key=value`, a date, errors of a delivery stream, or nothing.

use percent_encoding::percent_decode_str;

use crate::name::fold;
use crate::table::NULL_PARTITION;

/// The meaning of one folder's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderName {
    /// `key=value`, percent-decoded, the key folded to lower case.
    KeyValue {
        key: String,
        value: String,
    },
    /// A year, month, day, hour or several of them: Firehose's `2024/01/31/22`, Flink's `2024-01-31--22`.
    Date,
    /// Where a delivery stream puts the records it could not deliver, in a schema of its own (Firehose's `ErrorOutputPrefix`).
    Errors,
    Other,
}

impl FolderName {
    /// `in_date` says that the parent folder is a date, where `01` is one too.
    pub fn of(name: &str, in_date: bool) -> Self {
        if let Some((key, value)) = name.split_once('=')
            && !key.is_empty()
        {
            // Spark and Hive write both NULL and '' as the default partition.
            let value = if value.is_empty() { NULL_PARTITION.to_string() } else { decode(value) };
            return Self::KeyValue { key: fold(&decode(key)), value };
        }
        if is_date(name) || (in_date && is_date_part(name)) {
            Self::Date
        } else if is_errors(name) {
            Self::Errors
        } else {
            Self::Other
        }
    }

    /// Folders of such names always are partitions of one table.
    pub fn is_partition(&self) -> bool {
        matches!(self, Self::KeyValue { .. } | Self::Date)
    }
}

/// A text that is not UTF-8 once decoded stays as it is.
fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_string(), std::borrow::Cow::into_owned)
}

/// A year, followed by at most month, day, hour and minute, with or without `-`, `_` or `T` between them.
fn is_date(name: &str) -> bool {
    let Some((year, mut rest)) = number(name, 4) else { return false };
    let plausible = (1900..2200).contains(&year);
    for range in [1..13, 1..32, 0..24, 0..60] {
        let part = rest.trim_start_matches(['-', '_', 'T']);
        match number(part, 2) {
            Some((value, after)) if range.contains(&value) => rest = after,
            _ => break,
        }
    }
    plausible && rest.is_empty()
}

fn is_date_part(name: &str) -> bool {
    matches!(name.len(), 1 | 2) && number(name, name.len()).is_some_and(|(value, _)| value < 60)
}

/// The number in the first `digits` bytes, and the rest.
fn number(text: &str, digits: usize) -> Option<(u32, &str)> {
    let (head, rest) = text.split_at_checked(digits)?;
    if head.bytes().all(|byte| byte.is_ascii_digit()) { Some((head.parse().ok()?, rest)) } else { None }
}

fn is_errors(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // `processing-failed`, `format-conversion-failed`, `splunk-failed` … (Amazon Data Firehose Developer Guide, `!{firehose:error-output-type}`)
    name.ends_with("-failed") || name.ends_with("_failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_value_folders_are_decoded() {
        for (name, key, value) in [
            ("dt=2024-01-01", "dt", "2024-01-01"),
            ("Year=2024", "year", "2024"),
            ("dt=a%2Fb%3Dc %25x%3Ay", "dt", "a/b=c %x:y"),
            ("dt=a+b", "dt", "a+b"),
            ("dt=", "dt", NULL_PARTITION),
            ("dt=__HIVE_DEFAULT_PARTITION__", "dt", NULL_PARTITION),
            ("k=%FF", "k", "%FF"),
            ("a=b=c", "a", "b=c"),
        ] {
            assert_eq!(FolderName::of(name, false), FolderName::KeyValue { key: key.into(), value: value.into() }, "{name}");
        }
    }

    #[test]
    fn dates() {
        for name in [
            "2024",
            "2024-01",
            "202401",
            "2024-01-31",
            "20240131",
            "2024-01-31--22",
            "2024-01-31-22",
            "2024_01_31",
            "2024-01-31T22",
        ] {
            assert_eq!(FolderName::of(name, false), FolderName::Date, "{name}");
        }
        for name in ["01", "0123", "9999", "2024-13", "2024-01-31--24", "20240", "2024x", "orders", "1", "=x"] {
            assert_eq!(FolderName::of(name, false), FolderName::Other, "{name}");
        }
        assert_eq!(FolderName::of("01", true), FolderName::Date);
        assert_eq!(FolderName::of("61", true), FolderName::Other);
        assert_eq!(FolderName::of("é", true), FolderName::Other);
    }

    #[test]
    fn errors_of_delivery_streams() {
        assert_eq!(FolderName::of("processing-failed", false), FolderName::Errors);
        assert_eq!(FolderName::of("AmazonOpenSearchService_failed", false), FolderName::Errors);
        assert_eq!(FolderName::of("failed", false), FolderName::Other);
    }
}
