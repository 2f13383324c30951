//! Projected partitions from the properties of tables.

use chrono::NaiveDate;

use super::*;
use crate::table::{Column, Parameters};

fn table(keys: &[(&str, &str)], properties: &[(&str, &str)]) -> Table {
    let mut parameters: Parameters =
        properties.iter().map(|(key, value)| (format!("projection.{key}"), value.to_string())).collect();
    parameters.insert("projection.enabled".into(), "TRUE".into());
    if let Some(template) = parameters.remove("projection.template") {
        parameters.insert("storage.location.template".into(), template);
    }
    Table {
        database_name: "d".into(),
        name: "t".into(),
        partition_keys: Some(keys.iter().map(|(name, kind)| Column::new(*name, *kind)).collect()),
        parameters: Some(parameters),
        storage_descriptor: Some(StorageDescriptor { location: Some("s3://b/t".into()), ..StorageDescriptor::default() }),
        ..Table::default()
    }
}

fn now() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2024, 3, 5).unwrap().and_hms_opt(7, 8, 9).unwrap()
}

fn partitions(table: &Table, filter: Option<PartitionFilter>) -> Result<Vec<(String, String)>> {
    let projection = Projection::of(table, now())?.unwrap();
    let shown = projection.partitions(table, filter.as_ref())?.map(|partition| {
        let partition = partition?;
        let location = partition.storage_descriptor.and_then(|descriptor| descriptor.location).unwrap();
        Ok((partition.values.join("|"), location.trim_start_matches("s3://b/t/").to_string()))
    });
    shown.collect()
}

fn values(table: &Table, filter: Option<PartitionFilter>) -> Vec<String> {
    partitions(table, filter).unwrap().into_iter().map(|(values, _)| values).collect()
}

fn compare(key: &str, op: Comparison, value: &str) -> PartitionFilter {
    PartitionFilter::Compare { key: key.into(), op, value: value.into() }
}

fn between(key: &str, low: &str, high: &str) -> Option<PartitionFilter> {
    Some(PartitionFilter::And(vec![compare(key, Comparison::GtEq, low), compare(key, Comparison::LtEq, high)]))
}

#[test]
fn a_table_without_keys_is_not_projected() {
    let table = table(&[], &[("at.type", "injected")]);
    assert_eq!(Projection::of(&table, now()).unwrap(), None);
}

#[test]
fn every_type_with_its_folders() {
    let table = table(
        &[("kind", "string"), ("hour", "int"), ("day", "date")],
        &[
            ("kind.type", " Enum "),
            ("kind.values", "a,b c"),
            ("hour.type", "integer"),
            ("hour.range", "0, 3"),
            ("hour.interval", "3"),
            ("hour.digits", "2"),
            ("day.type", "date"),
            ("day.format", "yyyy/MM/dd"),
            ("day.range", "2024/02/29,2024/03/01"),
            ("template", "s3://b/t/${day}/${hour}/${kind}"),
        ],
    );
    let all = partitions(&table, None).unwrap();
    assert_eq!(all.len(), 8);
    assert_eq!(all[0], ("a|00|2024-02-29".into(), "2024/02/29/00/a/".into()));
    assert_eq!(all[7], ("b c|03|2024-03-01".into(), "2024/03/01/03/b c/".into()));
    let filter = PartitionFilter::And(vec![
        compare("hour", Comparison::Eq, "3"),
        compare("day", Comparison::Gt, "2024-02-29"),
        PartitionFilter::In { key: "kind".into(), values: vec!["a".into(), "z".into()] },
    ]);
    assert_eq!(values(&table, Some(filter)), ["a|03|2024-03-01"]);
}

#[test]
fn without_a_template_folders_are_hives_and_the_values_as_they_are() {
    let table = table(&[("k", "string")], &[("k.type", "enum"), ("k.values", "a:b,c d")]);
    let of = |value: &str, folder: &str| (value.to_string(), folder.to_string());
    assert_eq!(partitions(&table, None).unwrap(), [of("a:b", "k=a%3Ab/"), of("a:b", "k=a:b/"), of("c d", "k=c d/")]);
}

#[test]
fn ranges_that_filters_leave_out_are_not_made() {
    let wide = |kind: &str, digits: &str| {
        let mut properties = vec![("id.type", "integer"), ("id.range", "0,999999999999")];
        if !digits.is_empty() {
            properties.push(("id.digits", digits));
        }
        table(&[("id", kind)], &properties)
    };
    for (kind, digits, low, high, expected) in [
        ("bigint", "", "41", "43", vec!["41", "42", "43"]),
        ("bigint", "12", "41", "42", vec!["000000000041", "000000000042"]),
        ("string", "12", "000000000041", "000000000042", vec!["000000000041", "000000000042"]),
        ("bigint", "", "-5", "0", vec!["0"]),
        ("bigint", "", "999999999999", "9999999999999", vec!["999999999999"]),
    ] {
        assert_eq!(values(&wide(kind, digits), between("id", low, high)), expected, "{kind} {digits}");
    }
    // Without padding texts are not in the order of numbers: only equality finds its way.
    let texts = wide("string", "");
    assert_eq!(values(&texts, Some(compare("id", Comparison::Eq, "77"))), ["77"]);
    assert_eq!(values(&texts, Some(compare("id", Comparison::Eq, "077"))), [""; 0], "that text is no value");
    for filter in [None, between("id", "41", "43")] {
        let error = partitions(&texts, filter).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        assert!(error.message().contains("condition on id"), "{error}");
    }
}

#[test]
fn dates_in_any_order_and_any_step() {
    let dates = |kind: &str, properties: &[(&str, &str)]| {
        let mut all = vec![("d.type", "date")];
        all.extend(properties);
        table(&[("d", kind)], &all)
    };
    let hours = dates(
        "string",
        &[
            ("d.format", "yyyy/MM/dd/HH"),
            ("d.range", "2021/01/01/00,NOW"),
            ("d.interval.unit", "HOURS"),
            ("template", "s3://b/t/${d}"),
        ],
    );
    assert_eq!(values(&hours, Some(compare("d", Comparison::Gt, "2024/03/05/05"))), ["2024/03/05/06", "2024/03/05/07"]);
    assert_eq!(values(&hours, between("d", "2020/12/31", "2021/01/01/01")), ["2021/01/01/00", "2021/01/01/01"]);
    let days = dates("string", &[("d.format", "dd-MM-yyyy"), ("d.range", "NOW-2DAYS,NOW + 1 day")]);
    assert_eq!(values(&days, None), ["03-03-2024", "04-03-2024", "05-03-2024", "06-03-2024"]);
    assert_eq!(values(&days, between("d", "04", "05-04")), ["04-03-2024", "05-03-2024"], "as texts compare");
    let months = dates("string", &[("d.format", "yyyy-MM"), ("d.range", "NOW-1YEAR,NOW"), ("d.interval", "5")]);
    assert_eq!(values(&months, None), ["2023-03", "2023-08", "2024-01"]);
    assert_eq!(values(&months, Some(compare("d", Comparison::Eq, "2023-08"))), ["2023-08"]);
    assert_eq!(values(&months, Some(compare("d", Comparison::Eq, "2023-09"))), [""; 0], "not a multiple of the step");
    let ends = dates("date", &[("d.format", "yyyyMMdd"), ("d.range", "20240131,20240430"), ("d.interval.unit", "MONTHS")]);
    assert_eq!(values(&ends, None), ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]);
    assert_eq!(values(&ends, Some(compare("d", Comparison::Eq, "2024-02-29"))), ["2024-02-29"]);
}

#[test]
fn injected_keys_need_their_values() {
    let table =
        table(&[("device", "string"), ("n", "int")], &[("device.type", "injected"), ("n.type", "integer"), ("n.range", "1,2")]);
    let either = PartitionFilter::Or(vec![
        compare("device", Comparison::Eq, "x"),
        PartitionFilter::In { key: "device".into(), values: vec!["y".into(), "x".into()] },
    ]);
    assert_eq!(values(&table, Some(either)), ["x|1", "x|2", "y|1", "y|2"]);
    for filter in [None, Some(compare("device", Comparison::Gt, "x")), Some(compare("n", Comparison::Eq, "1"))] {
        let error = partitions(&table, filter).unwrap_err();
        assert!(error.message().contains("'device' is injected"), "{error}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (kind, properties, says) in [
        ("int", &[][..], "'projection.k.type' is missing"),
        ("int", &[("k.type", "hash")], "expected enum, integer, date or injected"),
        ("int", &[("k.type", "integer")], "'projection.k.range' is missing"),
        ("int", &[("k.type", "integer"), ("k.range", "5,1")], "the smaller first"),
        ("int", &[("k.type", "integer"), ("k.range", "1,5"), ("k.interval", "0")], "a positive integer"),
        ("int", &[("k.type", "integer"), ("k.range", "1,5"), ("k.digit", "2")], "'projection.k.digit' is none"),
        ("int", &[("k.type", "enum"), ("k.values", "1,x")], "values of the type int"),
        ("string", &[("k.type", "date"), ("k.range", "2024,NOW")], "'projection.k.format' is missing"),
        (
            "string",
            &[("k.type", "date"), ("k.format", "yyyy"), ("k.range", "2024,NOW")],
            "'projection.k.interval.unit' is missing",
        ),
        ("string", &[("k.type", "date"), ("k.format", "yyyy-MM-dd"), ("k.range", "2024,NOW")], "in the format"),
        ("string", &[("k.type", "date"), ("k.format", "YYYY-MM-dd"), ("k.range", "2024,NOW")], "'YYYY'"),
        (
            "string",
            &[("k.type", "date"), ("k.format", "yyyy-MM-dd"), ("k.range", "NOW-1DAYS,NOW"), ("k.interval.unit", "FORTNIGHTS")],
            "YEARS, MONTHS",
        ),
        ("string", &[("k.type", "injected"), ("template", "s3://b/${other}/")], "'other' is no partition key"),
        ("string", &[("k.type", "injected"), ("template", "s3://b/x/")], "expected ${k} in it"),
    ] {
        let error = Projection::of(&table(&[("k", kind)], properties), now()).unwrap_err();
        assert!(error.message().contains(says), "{error} should say {says}");
    }
    let plain = Table { partition_keys: Some(vec![Column::new("k", "int")]), ..Table::default() };
    assert_eq!(Projection::of(&plain, now()).unwrap(), None);
}
