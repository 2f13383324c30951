//! `hoodie.properties`: what a Hudi table says of itself (Apache Hudi, "Technical Specification": table properties). The text is
//! Java's properties format. What Civetta does not read is refused here, before any file of the table is looked at.

use std::collections::HashMap;

use catalog::{Error, Result};

/// The versions of tables that are read.
const VERSIONS: std::ops::RangeInclusive<u32> = 3..=9;

/// `hoodie.table.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableType {
    CopyOnWrite,
    MergeOnRead,
}

/// Which of two records with one key is the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Ordering {
    /// The one that was written last.
    CommitTime,
    /// The one with the greater ordering value, of equal ones the last written.
    EventTime,
    /// Among log records the greater ordering value; a log record always replaces the base file's
    /// (`OverwriteWithLatestAvroPayload` of tables before version 8).
    EventTimeInLogs,
}

/// The properties that say how a table is read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HudiTable {
    pub(crate) version: u32,
    /// 1: instants lie in `.hoodie/`; 2: in `.hoodie/timeline/`, with their completion in the name.
    pub(crate) layout: u32,
    /// Where instants lie in layout 2, below `.hoodie/`.
    pub(crate) timeline: String,
    pub(crate) table_type: TableType,
    /// In the order of the folders.
    pub(crate) partition_fields: Vec<String>,
    /// Whether values in folder names are percent-encoded.
    pub(crate) encoded: bool,
    pub(crate) record_key_fields: Vec<String>,
    pub(crate) ordering_fields: Vec<String>,
    /// Whether files hold `_hoodie_record_key` and its kin.
    pub(crate) meta_fields: bool,
    merging: Merging,
}

/// How records merge, as far as the properties tell; asked only where there are logs.
#[derive(Debug, Clone, PartialEq)]
enum Merging {
    By(Ordering),
    Refused(String),
}

impl HudiTable {
    /// Reads the text of `hoodie.properties`.
    ///
    /// Errors: `BadData` for a text that was not written to its end (a property that every table has is missing, or the checksum
    /// is another's); `NotSupported` names the version, layout, file format or bootstrap that is not read.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let properties = java_properties(text);
        let get = |key: &str| properties.get(key).map(String::as_str).filter(|value| !value.is_empty());
        let needed = |key: &str| get(key).ok_or_else(|| Error::bad_data(format!("hudi: '{key}' is missing; the file is torn")));
        let name = needed("hoodie.table.name")?;
        check_sum(name, &get)?;
        let version = number(needed("hoodie.table.version")?, "hoodie.table.version")?;
        if !VERSIONS.contains(&version) {
            return Err(Error::not_supported(format!("hudi tables of version {version} are not supported; versions 3 to 9 are")));
        }
        let table_type = match needed("hoodie.table.type")?.to_ascii_uppercase().as_str() {
            "COPY_ON_WRITE" => TableType::CopyOnWrite,
            "MERGE_ON_READ" => TableType::MergeOnRead,
            other => return Err(Error::not_supported(format!("hudi tables of the type '{other}' are not supported"))),
        };
        refuse(&get)?;
        let layout =
            get("hoodie.timeline.layout.version").map_or(Ok(1), |text| number(text, "hoodie.timeline.layout.version"))?;
        if layout != 1 && layout != 2 {
            return Err(Error::not_supported(format!("hudi's timeline layout {layout} is not supported; layouts 1 and 2 are")));
        }
        let list = |key: &str| get(key).map(names).unwrap_or_default();
        let ordering_fields = match list("hoodie.table.ordering.fields") {
            fields if fields.is_empty() => list("hoodie.table.precombine.field"),
            fields => fields,
        };
        let flag = |key: &str, default: bool| get(key).map_or(default, |value| value.eq_ignore_ascii_case("true"));
        Ok(Self {
            version,
            layout,
            timeline: get("hoodie.timeline.path").unwrap_or("timeline").trim_matches('/').to_string(),
            table_type,
            partition_fields: list("hoodie.table.partition.fields").iter().map(|field| without_type(field)).collect(),
            encoded: flag("hoodie.datasource.write.partitionpath.urlencode", false),
            record_key_fields: list("hoodie.table.recordkey.fields"),
            meta_fields: flag("hoodie.populate.meta.fields", true),
            merging: merging(version, !ordering_fields.is_empty(), &get),
            ordering_fields,
        })
    }

    /// How the records of a file slice merge.
    ///
    /// Errors: `NotSupported` names the merger or payload class that is not Civetta's.
    pub(crate) fn ordering(&self) -> Result<Ordering> {
        match &self.merging {
            Merging::By(ordering) => Ok(*ordering),
            Merging::Refused(why) => Err(Error::not_supported(format!("hudi: {why}"))),
        }
    }

    /// The folder of the instants, below the table's.
    pub(crate) fn instants_folder(&self) -> String {
        if self.layout == 1 { ".hoodie/".to_string() } else { format!(".hoodie/{}/", self.timeline) }
    }
}

fn refuse<'a>(get: &impl Fn(&str) -> Option<&'a str>) -> Result<()> {
    if let Some(path) = get("hoodie.bootstrap.base.path") {
        return Err(Error::not_supported(format!("hudi tables that were bootstrapped (from {path}) are not supported")));
    }
    match get("hoodie.table.base.file.format") {
        Some(format) if !format.eq_ignore_ascii_case("parquet") => {
            Err(Error::not_supported(format!("hudi tables with base files in the format {format} are not supported; parquet is")))
        }
        _ => Ok(()),
    }
}

/// CRC-32 of `database.table` (HoodieTableConfig, `hoodie.table.checksum`).
fn check_sum<'a>(name: &str, get: &impl Fn(&str) -> Option<&'a str>) -> Result<()> {
    let Some(said) = get("hoodie.table.checksum") else { return Ok(()) };
    let qualified = format!("{}.{name}", get("hoodie.database.name").unwrap_or_default());
    let expected = crc32fast::hash(qualified.as_bytes());
    if said.trim().parse() == Ok(expected) || said.trim().parse() == Ok(crc32fast::hash(name.as_bytes())) {
        return Ok(());
    }
    Err(Error::bad_data(format!(
        "hudi: 'hoodie.table.checksum' is {said} and that of '{qualified}' {expected}; the file is torn"
    )))
}

/// Since version 8 a table says how its records merge; before, a class of Hudi's did (payload) or still does.
fn merging<'a>(version: u32, ordered: bool, get: &impl Fn(&str) -> Option<&'a str>) -> Merging {
    if let Some(mode) = get("hoodie.table.partial.update.mode").filter(|mode| !mode.eq_ignore_ascii_case("none")) {
        return Merging::Refused(format!("merging records by partial update ({mode}) is not supported"));
    }
    let marker = "hoodie.record.merge.property.hoodie.payload.delete.field";
    if let Some(field) = get(marker).or_else(|| get("hoodie.payload.delete.field")) {
        return Merging::Refused(format!("deletes marked by a value of the column '{field}' are not supported"));
    }
    match get("hoodie.record.merge.mode").map(str::to_ascii_uppercase).as_deref() {
        Some("COMMIT_TIME_ORDERING") => return Merging::By(Ordering::CommitTime),
        Some("EVENT_TIME_ORDERING") if ordered => return Merging::By(Ordering::EventTime),
        Some("EVENT_TIME_ORDERING") => return Merging::By(Ordering::CommitTime),
        Some("CUSTOM") => {
            let strategy = get("hoodie.record.merge.strategy.id").unwrap_or("unnamed");
            return Merging::Refused(format!("records that a merger of the table's own merges ({strategy}) are not supported"));
        }
        Some(other) => return Merging::Refused(format!("the record merge mode '{other}' is not supported")),
        None => {}
    }
    let payload = get("hoodie.compaction.payload.class").or_else(|| get("hoodie.table.legacy.payload.class"));
    match payload.map(|class| class.rsplit('.').next().unwrap_or(class)) {
        _ if !ordered && payload.is_none() => Merging::By(Ordering::CommitTime),
        None if version >= 8 => Merging::By(Ordering::EventTime),
        None | Some("OverwriteWithLatestAvroPayload") if version < 8 && ordered => Merging::By(Ordering::EventTimeInLogs),
        None | Some("OverwriteWithLatestAvroPayload") => Merging::By(Ordering::CommitTime),
        Some("DefaultHoodieRecordPayload" | "EventTimeAvroPayload") if ordered => Merging::By(Ordering::EventTime),
        Some("DefaultHoodieRecordPayload" | "EventTimeAvroPayload") => Merging::By(Ordering::CommitTime),
        Some(other) => Merging::Refused(format!("records that the payload class '{other}' merges are not supported")),
    }
}

/// `region:SIMPLE`, as custom key generators write their fields.
fn without_type(field: &str) -> String {
    field.split(':').next().unwrap_or(field).to_string()
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_string).collect()
}

fn number(text: &str, key: &str) -> Result<u32> {
    text.trim().parse().map_err(|_| Error::bad_data(format!("hudi: '{key}' is no number: '{text}'")))
}

/// The pairs of a text in Java's properties format: comments, continued lines, escapes.
fn java_properties(text: &str) -> HashMap<String, String> {
    let mut pairs = HashMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        if start.is_empty() || start.starts_with(['#', '!']) {
            continue;
        }
        let mut whole = start.to_string();
        while ends_escaped(&whole) {
            whole.pop();
            whole.push_str(lines.next().unwrap_or_default().trim_start());
        }
        let (key, value) = split_pair(&whole);
        pairs.insert(unescape(key.trim_end()), unescape(value.trim_start()).trim_end().to_string());
    }
    pairs
}

fn ends_escaped(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// At the first `=` or `:` that no backslash stands before.
fn split_pair(line: &str) -> (&str, &str) {
    let mut escaped = false;
    for (at, character) in line.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '=' | ':' => return (&line[..at], &line[at + 1..]),
            _ => {}
        }
    }
    (line, "")
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let code: String = characters.by_ref().take(4).collect();
                out.push(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "#Properties saved\nhoodie.table.name=t\nhoodie.table.version=6\nhoodie.table.type=MERGE_ON_READ\n";

    fn with(more: &str) -> Result<HudiTable> {
        HudiTable::parse(&format!("{PLAIN}{more}"))
    }

    #[test]
    fn properties_are_javas() {
        let table = with("hoodie.table.partition.fields = dt\\:SIMPLE,\\\n   hour\nhoodie.table.precombine.field=ts\n").unwrap();
        assert_eq!(table.partition_fields, ["dt", "hour"]);
        assert_eq!((table.version, table.layout, table.instants_folder().as_str()), (6, 1, ".hoodie/"));
        assert_eq!(table.table_type, TableType::MergeOnRead);
        assert_eq!(unescape("a\\:b\\u0041\\n"), "a:bA\n");
        let table = with("hoodie.timeline.layout.version=2\n").unwrap();
        assert_eq!(table.instants_folder(), ".hoodie/timeline/");
    }

    #[test]
    fn merging_is_by_mode_or_payload() {
        let payload = |class: &str| format!("hoodie.table.precombine.field=ts\nhoodie.compaction.payload.class=a.b.{class}\n");
        for (more, expected) in [
            ("hoodie.record.merge.mode=COMMIT_TIME_ORDERING\n".to_string(), Ordering::CommitTime),
            ("hoodie.record.merge.mode=EVENT_TIME_ORDERING\nhoodie.table.ordering.fields=a,b\n".into(), Ordering::EventTime),
            (payload("DefaultHoodieRecordPayload"), Ordering::EventTime),
            (payload("OverwriteWithLatestAvroPayload"), Ordering::EventTimeInLogs),
            (String::new(), Ordering::CommitTime),
        ] {
            assert_eq!(with(&more).unwrap().ordering().unwrap(), expected, "{more}");
        }
        let refused = with(&payload("AWSDmsAvroPayload")).unwrap().ordering().unwrap_err();
        assert!(refused.message().contains("AWSDmsAvroPayload"), "{refused}");
    }

    #[test]
    fn what_is_torn_or_not_read_is_told_by_name() {
        for (text, expected) in [
            ("", "'hoodie.table.name' is missing; the file is torn"),
            ("hoodie.table.name=t\n", "'hoodie.table.version' is missing; the file is torn"),
            ("hoodie.table.name=t\nhoodie.table.version=6\nhoodie.table.ty", "'hoodie.table.type' is missing; the file is torn"),
            ("hoodie.table.name=t\nhoodie.table.checksum=12\n", "the file is torn"),
            ("hoodie.table.name=t\nhoodie.table.version=2\nhoodie.table.type=COPY_ON_WRITE\n", "version 2"),
            ("hoodie.table.name=t\nhoodie.table.version=10\nhoodie.table.type=COPY_ON_WRITE\n", "version 10"),
        ] {
            let error = HudiTable::parse(text).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
        for (more, expected) in [
            ("hoodie.bootstrap.base.path=s3\\://b/old\n", "bootstrapped (from s3://b/old)"),
            ("hoodie.table.base.file.format=LANCE\n", "in the format LANCE"),
            ("hoodie.timeline.layout.version=3\n", "layout 3"),
        ] {
            let error = with(more).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
    }
}
