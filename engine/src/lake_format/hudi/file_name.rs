//! The names of a Hudi table's data files (Apache Hudi, "Technical Specification": file layout).
//!
//! Base files are `FILEID_TOKEN_INSTANT.parquet`; log files `.FILEID_INSTANT.log.VERSION_TOKEN`, where the instant is that of the
//! slice's base file before table version 8 and the write's own since. Logs of changes (`.cdc`) hold no rows of the table.

/// A base file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BaseName<'a> {
    pub(crate) file_id: &'a str,
    pub(crate) instant: &'a str,
    pub(crate) extension: &'a str,
}

impl<'a> BaseName<'a> {
    /// The parts of `name`, an object's name without its folder; `None` for one that is no base file's.
    pub(crate) fn parse(name: &'a str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        let (rest, instant) = stem.rsplit_once('_')?;
        let (file_id, token) = rest.rsplit_once('_')?;
        let known = !file_id.is_empty() && !file_id.starts_with('.') && is_token(token) && is_instant(instant);
        known.then_some(Self { file_id, instant, extension })
    }
}

/// A log file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogName<'a> {
    pub(crate) file_id: &'a str,
    pub(crate) instant: &'a str,
    pub(crate) version: u64,
    pub(crate) token: &'a str,
}

impl<'a> LogName<'a> {
    /// The parts of `name`; `None` for one that is no log file's, or a log of changes.
    pub(crate) fn parse(name: &'a str) -> Option<Self> {
        let (stem, ending) = name.strip_prefix('.')?.rsplit_once(".log.")?;
        let (file_id, instant) = stem.rsplit_once('_')?;
        let (version, token) = ending.split_once('_').unwrap_or((ending, ""));
        let known = !file_id.is_empty() && is_instant(instant) && (token.is_empty() || is_token(token));
        let version = version.parse().ok()?;
        known.then_some(Self { file_id, instant, version, token })
    }

    /// The order in which logs of one slice were written.
    pub(crate) fn order(&self) -> (&'a str, u64, Vec<u64>) {
        let attempts = self.token.split('-').filter_map(|part| part.parse().ok()).collect();
        (self.instant, self.version, attempts)
    }
}

/// `0-157-346`: task, stage and attempt of the write.
fn is_token(token: &str) -> bool {
    !token.is_empty() && token.split('-').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A time to the second or millisecond; the metadata table's instants and those of tests are other numbers.
pub(crate) fn is_instant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_files() {
        for (name, expected) in [
            ("f1-0_0-28-26_20211216071453747.parquet", Some(("f1-0", "20211216071453747", "parquet"))),
            ("a_b_0-28-26_20211216071453.lance", Some(("a_b", "20211216071453", "lance"))),
            ("part-0.parquet", None),
            ("f1_0-28-26_x.parquet", None),
            ("f1_token_20211216071453.parquet", None),
            (".f1_0-2-3_20211216071453.parquet", None),
            ("_0-2-3_20211216071453.parquet", None),
        ] {
            assert_eq!(BaseName::parse(name).map(|base| (base.file_id, base.instant, base.extension)), expected, "{name}");
        }
    }

    #[test]
    fn log_files() {
        for (name, expected) in [
            (".f1-0_20250121.log.1_0-73-101", Some(("f1-0", "20250121", 1, "0-73-101"))),
            (".f1-0_20250121.log.12", Some(("f1-0", "20250121", 12, ""))),
            (".f1-0_20250121.log.1_0-73-101.cdc", None),
            ("f1-0_20250121.log.1_0-73-101", None),
            (".f1-0_20250121.log.x_0-73-101", None),
            (".hoodie_partition_metadata", None),
        ] {
            assert_eq!(LogName::parse(name).map(|log| (log.file_id, log.instant, log.version, log.token)), expected, "{name}");
        }
        let first = LogName::parse(".f_1.log.2_0-9-1").map(|log| log.order());
        assert!(first < LogName::parse(".f_1.log.10_0-10-1").map(|log| log.order()), "versions are numbers");
    }
}
