//! Tables before and after.

use super::super::found::Reading;
use super::*;
use crate::storage::Location;
use crate::table::SerDeInfo;

fn found(columns: &[(&str, &str)], keys: &[&str], parameters: &[(&str, &str)]) -> Found {
    Found {
        location: Location::parse("s3://b/t/").unwrap(),
        called: "t".into(),
        columns: columns.iter().map(|(name, hive)| Column::new(*name, *hive)).collect(),
        keys: keys.iter().map(ToString::to_string).collect(),
        reading: Reading {
            serde: SerDeInfo { serialization_library: Some("lib".into()), ..SerDeInfo::default() },
            ..Reading::default()
        },
        parameters: parameters.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        partitions: Vec::new(),
        objects: 1,
        bytes: 1,
        why: Vec::new(),
    }
}

fn table(found: &Found) -> Table {
    found.table("d", "t", "c")
}

const UPDATE: Policy = Policy { update: UpdateBehavior::UpdateInDatabase, merge_new_columns: false };
const MERGE: Policy = Policy { merge_new_columns: true, ..UPDATE };
const LOG: Policy = Policy { update: UpdateBehavior::Log, ..UPDATE };

/// The columns after a crawl that finds `now`, where the catalog has `catalog` and the crawler wrote `wrote`.
fn columns_after(
    wrote: &[(&str, &str)],
    catalog: &[(&str, &str)],
    now: &[(&str, &str)],
    policy: Policy,
) -> Vec<(String, String)> {
    let written = [table(&found(wrote, &[], &[]))];
    let written = if wrote.is_empty() { &written[..0] } else { &written[..] };
    let now = found(now, &[], &[]);
    let change = table_change(&now, table(&now), Some(&table(&found(catalog, &[], &[]))), written, policy);
    change.table().columns().iter().map(|column| (column.name.clone(), column.hive_type().to_string())).collect()
}

#[test]
fn columns() {
    type Columns<'a> = &'a [(&'a str, &'a str)];
    type Case<'a> = (&'a str, Columns<'a>, Columns<'a>, Columns<'a>, Policy, Columns<'a>);
    let cases: &[Case<'_>] = &[
        ("new", &[("a", "int")], &[("a", "int")], &[("a", "int"), ("b", "int")], UPDATE, &[("a", "int"), ("b", "int")]),
        (
            "in the data's order",
            &[("b", "int")],
            &[("b", "int")],
            &[("a", "int"), ("b", "int")],
            UPDATE,
            &[("a", "int"), ("b", "int")],
        ),
        ("widened", &[("a", "int")], &[("a", "int")], &[("a", "double")], UPDATE, &[("a", "double")]),
        ("gone", &[("a", "int"), ("b", "int")], &[("a", "int"), ("b", "int")], &[("a", "int")], UPDATE, &[("a", "int")]),
        (
            "retyped by hand",
            &[("a", "int")],
            &[("a", "string")],
            &[("a", "double"), ("b", "int")],
            UPDATE,
            &[("a", "string"), ("b", "int")],
        ),
        (
            "added by hand",
            &[("a", "int")],
            &[("a", "int"), ("x", "date")],
            &[("a", "int")],
            UPDATE,
            &[("a", "int"), ("x", "date")],
        ),
        (
            "dropped by hand",
            &[("a", "int"), ("b", "int")],
            &[("a", "int")],
            &[("a", "int"), ("b", "int")],
            UPDATE,
            &[("a", "int")],
        ),
        ("hand-made", &[], &[("a", "date")], &[("a", "string"), ("b", "int")], UPDATE, &[("a", "date"), ("b", "int")]),
        (
            "merge: none gone",
            &[("a", "int"), ("b", "int")],
            &[("a", "int"), ("b", "int")],
            &[("a", "double")],
            MERGE,
            &[("a", "int"), ("b", "int")],
        ),
        (
            "merge: new",
            &[("a", "int")],
            &[("a", "string")],
            &[("a", "int"), ("b", "int")],
            MERGE,
            &[("a", "string"), ("b", "int")],
        ),
        (
            "merge: nested",
            &[("a", "struct<x:int>")],
            &[("a", "struct<x:int>")],
            &[("a", "struct<x:int,y:int>")],
            MERGE,
            &[("a", "struct<x:int,y:int>")],
        ),
        ("log", &[("a", "int")], &[("a", "int")], &[("a", "double")], LOG, &[("a", "int")]),
    ];
    for (name, wrote, catalog, now, policy, expected) in cases {
        let found = columns_after(wrote, catalog, now, *policy);
        let found: Vec<(&str, &str)> = found.iter().map(|(name, hive)| (name.as_str(), hive.as_str())).collect();
        assert_eq!(found, *expected, "{name}");
    }
}

#[test]
fn no_news_is_no_change() {
    let now = found(&[("a", "int")], &["dt"], &[("classification", "json"), ("objectCount", "1")]);
    let old = Table { version_id: Some("7".into()), create_time: Some(1.0), ..table(&now) };
    assert!(matches!(table_change(&now, table(&now), Some(&old), &[table(&now)], UPDATE), TableChange::Keep { .. }));
}

#[test]
fn statistics_make_no_version() {
    let before = found(&[("a", "int")], &[], &[("classification", "json"), ("objectCount", "1")]);
    let now = found(&[("a", "int")], &[], &[("classification", "json"), ("objectCount", "2")]);
    let old = Table { version_id: Some("7".into()), ..table(&before) };
    let change = table_change(&now, table(&now), Some(&old), &[table(&before)], UPDATE);
    let TableChange::Update { only_statistics: true, expected_version, table: new, .. } = change else { panic!("{change:?}") };
    assert_eq!((expected_version.as_deref(), new.parameter("objectCount")), (Some("7"), Some("2")));
}

#[test]
fn what_was_set_by_hand_stays() {
    let before = found(&[("a", "int")], &["partition_0"], &[("delimiter", ","), ("old", "x")]);
    let mut old = table(&before);
    old.description = Some("mine".into());
    old.parameters.as_mut().unwrap().extend([("delimiter".to_string(), ";".to_string()), ("mine".into(), "1".into())]);
    old.partition_keys = Some(vec![Column::new("day", "date")]);
    let sd = old.storage_descriptor.as_mut().unwrap();
    sd.serde_info.as_mut().unwrap().serialization_library = Some("another".into());
    sd.columns.as_mut().unwrap()[0].comment = Some("a comment".into());
    let now = found(&[("a", "bigint")], &["partition_0"], &[("delimiter", "|"), ("new", "y")]);
    let change = table_change(&now, table(&now), Some(&old), &[table(&before)], UPDATE);
    let new = change.table();
    assert_eq!(
        (new.description.as_deref(), new.parameter("delimiter"), new.parameter("mine")),
        (Some("mine"), Some(";"), Some("1"))
    );
    assert_eq!((new.parameter("new"), new.parameter("old")), (Some("y"), None), "the crawler's own come and go");
    assert_eq!(new.partition_keys(), [Column::new("day", "date")]);
    let sd = new.storage_descriptor.as_ref().unwrap();
    assert_eq!(sd.serde_info.as_ref().unwrap().serialization_library.as_deref(), Some("another"));
    assert_eq!((sd.columns()[0].comment.as_deref(), sd.columns()[0].hive_type()), (Some("a comment"), "bigint"));
}

#[test]
fn other_keys_need_other_partitions() {
    let before = found(&[("a", "int"), ("dt", "string")], &[], &[]);
    let now = found(&[("a", "int")], &["dt"], &[]);
    let change = table_change(&now, table(&now), Some(&table(&before)), &[table(&before)], UPDATE);
    let TableChange::Update { rekeyed: true, table, .. } = change else { panic!("{change:?}") };
    assert_eq!(table.partition_keys(), [Column::new("dt", "string")]);
}

#[test]
fn a_table_that_is_found_again_is_no_longer_deprecated() {
    let now = found(&[("a", "int")], &[], &[]);
    let mut old = table(&now);
    old.parameters.as_mut().unwrap().insert(DEPRECATED_BY.into(), "1790211687660".into());
    let change = table_change(&now, table(&now), Some(&old), &[table(&now)], UPDATE);
    assert!(matches!(&change, TableChange::Update { table, .. } if table.parameter(DEPRECATED_BY).is_none()), "{change:?}");
}
