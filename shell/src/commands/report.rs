//! What a crawl did or would do, printed: a table to standard output with the reasons below it, or JSON.

use std::io::Write;
use std::time::Duration;

use catalog::Result;
use catalog::crawl::{Action, Report, TableReport};
use indicatif::HumanBytes;

use super::{emit, say};
use crate::print::{Style, listing};
use crate::terminal::Terminal;

/// How crawls are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Table,
    /// One JSON object on a line for each crawl
    Json,
}

/// Objects named in the reasons; the rest is counted.
const NAMED: usize = 20;

/// Prints a report; the reasons stand in it when nothing was changed (`--dry-run`).
pub(crate) fn print(report: &Report, took: Duration, format: Format) -> Result<()> {
    if format == Format::Json {
        let text = serde_json::to_string(report).map_err(|error| catalog::Error::internal(error.to_string()))?;
        return emit(text + "\n");
    }
    let mut text = tables(report, Terminal::of_stdout().style());
    if report.dry_run {
        reasons(report, &mut text);
    }
    emit(text)?;
    say(summary(report, took));
    Ok(())
}

/// The tables, one on a line; those that stayed as they were come last.
pub(crate) fn tables(report: &Report, style: Style) -> Vec<u8> {
    if report.tables.is_empty() {
        return Vec::new();
    }
    let mut tables: Vec<&TableReport> = report.tables.iter().collect();
    tables.sort_by_key(|table| table.action == Action::Unchanged);
    let heads = [
        ("table", false),
        (if report.dry_run { "would be" } else { "" }, false),
        ("format", false),
        ("columns", true),
        ("partitions", true),
        ("objects", true),
        ("size", true),
        ("location", false),
    ];
    let row = |table: &&TableReport| {
        let partitions = if table.partition_keys.is_empty() { String::new() } else { table.partitions.to_string() };
        let size = HumanBytes(table.bytes).to_string();
        let cells = [
            format!("{}.{}", report.database, table.name),
            table.action.name().to_owned(),
            table.format.clone(),
            table.columns.len().to_string(),
            partitions,
            table.objects.to_string(),
            size,
            table.location.clone(),
        ];
        cells.into_iter().map(Some).collect()
    };
    listing(&heads, tables.iter().map(row).collect(), style)
}

/// Why the tables are what they are, and why objects are in none.
fn reasons(report: &Report, text: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    for table in &report.tables {
        let _ = writeln!(text, "\n{}.{}: {}", report.database, table.name, table.action.name());
        let keys = table.partition_keys.iter().map(|key| (key.as_str(), "partition key"));
        let columns = table.columns.iter().map(|column| (column.name.as_str(), column.hive_type()));
        let names = table.columns.iter().map(|column| &column.name).chain(&table.partition_keys);
        let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
        for (name, what) in columns.chain(keys) {
            let _ = writeln!(text, "  {name:width$}  {what}");
        }
        for change in &table.changes {
            let _ = writeln!(text, "  change: {change}");
        }
        for why in &table.why {
            let _ = writeln!(text, "  why: {why}");
        }
    }
    if !report.left_out_counts.is_empty() {
        let _ = writeln!(text, "\nin no table:");
        for (reason, count) in &report.left_out_counts {
            let _ = writeln!(text, "  {count} × {reason}");
        }
        for left in report.left_out.iter().take(NAMED) {
            // A reason that was just given in general need not stand behind each object.
            match left.reason.to_string() {
                reason if report.left_out_counts.len() == 1 && report.left_out_counts.contains_key(&reason) => {
                    let _ = writeln!(text, "  {}", left.object);
                }
                reason => {
                    let _ = writeln!(text, "  {}: {reason}", left.object);
                }
            }
        }
        let more = report.counts.objects_skipped.saturating_sub(NAMED as u64);
        if more > 0 {
            let _ = writeln!(text, "  … and {more} more; --format json names up to 1000");
        }
    }
    for note in report.notes.iter().take(NAMED) {
        let _ = writeln!(text, "note: {note}");
    }
}

/// The numbers, in a line.
fn summary(report: &Report, took: Duration) -> String {
    let counts = &report.counts;
    let group = |what: &str, numbers: &[(u64, &str)]| {
        let numbers: Vec<_> =
            numbers.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        (!numbers.is_empty()).then(|| format!("{what}: {}", numbers.join(", ")))
    };
    let read = format!("read ({})", HumanBytes(counts.bytes_read));
    let objects =
        [(counts.objects_listed, "listed"), (counts.objects_read, read.as_str()), (counts.objects_skipped, "in no table")];
    let tables = [
        (counts.tables_created, "created"),
        (counts.tables_updated, "updated"),
        (counts.tables_deleted, "deleted"),
        (counts.tables_unchanged, "unchanged"),
    ];
    let partitions =
        [(counts.partitions_created, "added"), (counts.partitions_updated, "updated"), (counts.partitions_deleted, "deleted")];
    let groups = [group("objects", &objects), group("tables", &tables), group("partitions", &partitions)];
    let mut parts: Vec<String> = groups.into_iter().flatten().collect();
    if report.tables.is_empty() {
        parts.push("no tables found".to_owned());
    }
    let dry = if report.dry_run { ", a dry run: nothing was changed" } else { "" };
    format!("{} ({:.2} s){dry}", parts.join("; "), took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::crawler::CrawlCounts;
    use catalog::table::Column;

    fn report() -> Report {
        let table = |name: &str, action| TableReport {
            name: name.to_owned(),
            location: format!("s3://b/{name}/"),
            action,
            format: "json".to_owned(),
            columns: vec![Column::new("id", "int"), Column::new("price", "double")],
            partition_keys: vec!["day".to_owned()],
            objects: 3,
            bytes: 2048,
            partitions: 2,
            partitions_created: 2,
            partitions_updated: 0,
            partitions_deleted: 0,
            changes: vec!["column 'price' double is new".to_owned()],
            why: vec!["price is double: a.json line 1".to_owned()],
        };
        Report {
            database: "d".to_owned(),
            dry_run: true,
            tables: vec![table("a", Action::Unchanged), table("b", Action::Created)],
            left_out_counts: [("hidden".to_owned(), 2)].into(),
            counts: CrawlCounts { objects_listed: 5, tables_created: 1, tables_unchanged: 1, ..CrawlCounts::default() },
            ..Report::default()
        }
    }

    #[test]
    fn what_changes_comes_first() {
        let text = String::from_utf8(tables(&report(), Style { width: None, colour: false })).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].contains("would be") && lines[2].contains("d.b") && lines[3].contains("d.a"), "{text}");
        assert!(lines[2].contains("2.00 KiB") && lines[2].ends_with("s3://b/b/"), "{text}");
    }

    #[test]
    fn reasons_name_columns_keys_changes_and_what_was_left_out() {
        let mut text = Vec::new();
        reasons(&report(), &mut text);
        let text = String::from_utf8(text).unwrap();
        for part in [
            "d.b: created\n  id     int\n  price  double\n  day    partition key\n",
            "change: column 'price'",
            "why: price is",
            "2 × hidden",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn the_summary_leaves_out_zeros() {
        let text = summary(&report(), Duration::from_millis(1500));
        assert_eq!(text, "objects: 5 listed; tables: 1 created, 1 unchanged (1.50 s), a dry run: nothing was changed");
    }
}
