//! Layouts and the tables they make.

use super::super::inspected::{Framing, Inspected, Kind};
use super::super::shape::{Member, Shape};
use super::*;

/// An object's columns as `a b c`, each an int; `csv:a b` makes it CSV.
fn inspected(columns: &str) -> Inspected {
    let (classification, names) = columns.split_once(':').unwrap_or(("json", columns));
    Inspected {
        kind: Kind::Json { framing: Framing::Values, path: None },
        compression: "none".into(),
        classification: classification.into(),
        columns: names.split(' ').map(|name| Member::new(name, Shape::Int)).collect(),
    }
}

/// The tables of a layout as `root: folders`.
fn tables(objects: &[(&str, &str)], rules: &Rules) -> Vec<String> {
    let mut inspections = Inspections::default();
    let mut objects = objects.to_vec();
    objects.sort();
    let items: Vec<Item<'_>> = objects
        .iter()
        .map(|(key, columns)| Item { key, inspection: Some(inspections.intern(inspected(columns), Vec::new)) })
        .collect();
    let groups = group(&items, &inspections, rules);
    let count: usize = groups.iter().flat_map(|group| &group.folders).map(|(_, items)| items.len()).sum();
    assert_eq!(count, items.len(), "each object is in one table");
    groups
        .into_iter()
        .map(|group| {
            let folders: Vec<String> =
                group.folders.into_iter().map(|(folder, items)| format!("{folder}#{}", items.len())).collect();
            let strangers = if group.has_strangers_below { " (not all below)" } else { "" };
            format!("{}: {}{strangers}", group.root, folders.join(" "))
        })
        .collect()
}

/// A name, objects with their columns, the tables.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

#[test]
fn by_default() {
    let cases: &[Case<'_>] = &[
        ("files of one folder", &[("a", "id a b"), ("b", "p q r")], &[": #2"]),
        ("two kinds of thing", &[("orders/a", "id total"), ("users/a", "id name")], &["orders/: orders/#1", "users/: users/#1"]),
        ("similar folders", &[("t1/a", "a b"), ("t2/a", "a b")], &[": t1/#1 t2/#1"]),
        (
            "similar folders, deeper",
            &[("t1/p1/a", "a b"), ("t1/p2/a", "a b"), ("t2/p3/a", "a b")],
            &[": t1/p1/#1 t1/p2/#1 t2/p3/#1"],
        ),
        ("a single folder is no partition", &[("departments/a", "a")], &["departments/: departments/#1"]),
        ("partitions, drifting", &[("year=2017/a", "a b"), ("year=2018/a", "c d")], &[": year=2017/#1 year=2018/#1"]),
        ("a single partition", &[("dt=1/a", "a")], &[": dt=1/#1"]),
        ("dates", &[("2024/01/31/a", "a"), ("2024/02/01/a", "b")], &[": 2024/01/31/#1 2024/02/01/#1"]),
        ("dates below a single folder", &[("topics/ticks/2024/01/a", "a")], &["topics/ticks/: topics/ticks/2024/01/#1"]),
        ("files beside partitions", &[("a", "a"), ("dt=1/b", "a")], &[": #1 dt=1/#1"]),
        ("whatever is below a partition", &[("dt=1/x/a", "a"), ("dt=1/y/a", "b")], &[": dt=1/x/#1 dt=1/y/#1"]),
        (
            "errors are aside",
            &[("dt=1/a", "a"), ("processing-failed/dt=1/b", "a")],
            &[": dt=1/#1 (not all below)", "processing-failed/: processing-failed/dt=1/#1"],
        ),
        ("other formats", &[("x/a", "a b"), ("y/a", "csv:a b")], &["x/: x/#1", "y/: y/#1"]),
        ("a folder beside partitions", &[("dt=1/a", "a"), ("old/a", "a")], &[": dt=1/#1 (not all below)", "old/: old/#1"]),
        ("a similar folder beside dates", &[("2024/a", "a"), ("latest/a", "a")], &[": 2024/#1 latest/#1"]),
        ("a strange folder beside dates", &[("2024/a", "a"), ("x/a", "b")], &[": 2024/#1 (not all below)", "x/: x/#1"]),
        ("files beside other things", &[("a", "a"), ("orders/a", "b c")], &[": #1 (not all below)", "orders/: orders/#1"]),
        ("files beside similar things", &[("a", "a"), ("more/a", "a")], &[": #1 more/#1"]),
        (
            "no mixture of whole and split",
            &[("x/a", "a"), ("y/p/a", "b"), ("y/q/a", "c")],
            &["x/: x/#1", "y/p/: y/p/#1", "y/q/: y/q/#1"],
        ),
    ];
    for (name, objects, expected) in cases {
        assert_eq!(tables(objects, &Rules::default()), *expected, "{name}");
    }
}

#[test]
fn what_is_one_table_stays_one() {
    let objects = [("s1/a", "a b"), ("s2/a", "c d")];
    assert_eq!(tables(&objects, &Rules::default()), ["s1/: s1/#1", "s2/: s2/#1"]);
    let kept = Rules { kept: BTreeSet::from([String::new()]), ..Rules::default() };
    assert_eq!(tables(&objects, &kept), [": s1/#1 s2/#1"]);
}

#[test]
fn glue_combines_what_has_one_format() {
    let rules = Rules { grouping: Grouping::Combine, ..Rules::default() };
    assert_eq!(tables(&[("s1/a", "a b"), ("s2/a", "c d")], &rules), [": s1/#1 s2/#1"]);
    assert_eq!(tables(&[("s1/a", "a b"), ("s2/a", "csv:c d")], &rules), ["s1/: s1/#1", "s2/: s2/#1"]);
}

#[test]
fn glue_separates_what_is_not_similar() {
    let rules = Rules { grouping: Grouping::Separate, ..Rules::default() };
    assert_eq!(
        tables(&[("year=2017/a", "a b"), ("year=2018/a", "c d")], &rules),
        ["year=2017/: year=2017/#1", "year=2018/: year=2018/#1"]
    );
    assert_eq!(tables(&[("year=2017/a", "a b"), ("year=2018/a", "a b")], &rules), [": year=2017/#1 year=2018/#1"]);
    // 8 of 10 are more than 70 %, 7 of 10 are not.
    let files = |of_one: usize| -> Vec<(String, &'static str)> {
        (0..10).map(|i| (format!("f{i}"), if i < of_one { "id a b" } else { "p q r" })).collect()
    };
    for (of_one, expected) in [(8, 1), (7, 10)] {
        let files = files(of_one);
        let objects: Vec<(&str, &str)> = files.iter().map(|(key, columns)| (key.as_str(), *columns)).collect();
        assert_eq!(tables(&objects, &rules).len(), expected, "{of_one} of 10");
    }
}

#[test]
fn tables_start_at_a_level() {
    let rules = |level| Rules { level: Some(level), ..Rules::default() };
    let objects = [("a/x/1", "a"), ("a/y/1", "b"), ("b/x/1", "a"), ("top", "z")];
    assert_eq!(tables(&objects, &rules(0)), [": #1 a/x/#1 a/y/#1 b/x/#1"]);
    assert_eq!(tables(&objects, &rules(1)), [": #1 (not all below)", "a/: a/x/#1 a/y/#1", "b/: b/x/#1"]);
    assert_eq!(tables(&objects, &rules(2)), [": #1 (not all below)", "a/x/: a/x/#1", "a/y/: a/y/#1", "b/x/: b/x/#1"]);
}

#[test]
fn ten_thousand_partitions_are_quick() {
    let keys: Vec<String> = (0..10_000).map(|i| format!("dt={i:05}/h={:02}/a.json", i % 24)).collect();
    let objects: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "a b")).collect();
    let started = std::time::Instant::now();
    assert_eq!(tables(&objects, &Rules::default()).len(), 1);
    assert!(started.elapsed().as_secs() < 5);
}
