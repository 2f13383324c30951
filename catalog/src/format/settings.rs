//! The parameters that say how to read: the SerDe's, the storage descriptor's and the table's, the nearest first, as Hive
//! merges them.

use crate::error::{Error, Result};
use crate::table::{Parameters, StorageDescriptor, Table};

pub(super) const SKIP_HEADER: &str = "skip.header.line.count";
/// Athena's parameter, of the table or the SerDe: a value that is not one of its column's type is NULL instead of an error.
pub(super) const NULL_FOR_INVALID: &str = "use.null.for.invalid.data";
const SKIP_FOOTER: &str = "skip.footer.line.count";

pub(super) struct Settings<'t> {
    layers: [Option<&'t Parameters>; 3],
}

impl<'t> Settings<'t> {
    pub(super) fn new(table: &'t Table, descriptor: &'t StorageDescriptor) -> Self {
        let serde = descriptor.serde_info.as_ref().and_then(|serde| serde.parameters.as_ref());
        Self { layers: [serde, descriptor.parameters.as_ref(), table.parameters.as_ref()] }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'t str> {
        self.layers.iter().flatten().find_map(|parameters| parameters.get(key)).map(String::as_str)
    }

    /// The parameters of the SerDe alone whose keys begin with `prefix`, without it.
    pub(super) fn prefixed(&self, prefix: &str) -> impl Iterator<Item = (&'t str, &'t str)> {
        let serde: Option<&'t Parameters> = self.layers.first().copied().flatten();
        serde.into_iter().flatten().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_str())))
    }

    pub(super) fn flag(&self, key: &str, default: bool) -> Result<bool> {
        match self.get(key).map(str::trim) {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") || text == "1" => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") || text == "0" => Ok(false),
            Some(text) => Err(Error::invalid(format!("parameter '{key}' is '{text}': expected true or false"))),
        }
    }

    /// Lines to skip at the beginning of every object. Footers cannot be skipped and are refused.
    pub(super) fn header_lines(&self) -> Result<usize> {
        if self.count(SKIP_FOOTER)? > 0 {
            return Err(refused(SKIP_FOOTER, "lines at the end of objects cannot be left out"));
        }
        self.count(SKIP_HEADER)
    }

    fn count(&self, key: &str) -> Result<usize> {
        let Some(text) = self.get(key) else { return Ok(0) };
        text.trim().parse().map_err(|_| Error::invalid(format!("parameter '{key}' is '{text}': expected a number of lines")))
    }

    /// Refuses a parameter that would change the reading, unless it says what is so anyway.
    pub(super) fn refuse(&self, key: &str, harmless: &[&str], why: &str) -> Result<()> {
        match self.get(key).map(str::trim) {
            None => Ok(()),
            Some(value) if harmless.iter().any(|harmless| harmless.eq_ignore_ascii_case(value)) => Ok(()),
            Some(_) => Err(refused(key, why)),
        }
    }

    /// What no text SerDe of ours does.
    pub(super) fn refuse_for_text(&self) -> Result<()> {
        self.refuse("timestamp.formats", &[""], "timestamps are read in Hive's and ISO 8601's forms only")?;
        self.refuse("serialization.encoding", &["", "utf-8", "utf8", "us-ascii"], "text is read as UTF-8 only")?;
        self.refuse("line.delim", &["", "\n", "10", "\\n"], "lines end with a line feed")?;
        self.refuse("textinputformat.record.delimiter", &["", "\n", "\\n"], "lines end with a line feed")
    }
}

pub(super) fn refused(key: &str, why: &str) -> Error {
    Error::not_supported(format!("the parameter '{key}' is not supported: {why}"))
}
