//! Partitions.

use super::{Expect, all_pages, fails, partition, table, with_table};
use crate::catalog::{Catalog, PageRequest, PartitionError, UpdateTable};
use crate::error::{ErrorKind, Result};
use crate::filter::{Comparison, PartitionFilter};
use crate::table::{NULL_PARTITION, Partition};

pub(super) async fn lifecycle(catalog: &dyn Catalog) -> Result<()> {
    fails(catalog.create_partitions("conf_parts", "t", vec![partition(&["1", "a"])]).await, ErrorKind::DatabaseNotFound);
    with_table(catalog, "conf_parts", &[("n", "int"), ("s", "string")]).await?;
    fails(catalog.create_partitions("conf_parts", "u", vec![partition(&["1", "a"])]).await, ErrorKind::TableNotFound);
    fails(catalog.partitions("conf_parts", "u", None, PageRequest::default()).await, ErrorKind::TableNotFound);
    let values = ["1".to_owned(), "a".to_owned()];
    fails(catalog.partition("conf_parts", "t", &values).await, ErrorKind::PartitionNotFound);
    let given = partition(&["1", "a"]);
    nothing(catalog.create_partitions("conf_parts", "t", vec![given.clone()]).await?);
    let found = catalog.partition("Conf_Parts", "T", &values).await?;
    assert!(found.creation_time.is_some_and(|time| time > 1.6e9), "creation has a time: {found:?}");
    assert_eq!((found.database_name.as_str(), found.table_name.as_str()), ("conf_parts", "t"));
    assert_eq!((found.storage_descriptor, found.parameters), (given.storage_descriptor.clone(), given.parameters.clone()));
    let changed = Partition {
        storage_descriptor: given.storage_descriptor.clone().map(|sd| crate::table::StorageDescriptor {
            location: Some("s3://elsewhere/".to_owned()),
            columns: Some(Vec::new()),
            ..sd
        }),
        ..given
    };
    nothing(catalog.update_partitions("conf_parts", "t", vec![changed.clone()]).await?);
    assert_eq!(catalog.partition("conf_parts", "t", &values).await?.storage_descriptor, changed.storage_descriptor);
    nothing(catalog.delete_partitions("conf_parts", "t", vec![values.to_vec()]).await?);
    fails(catalog.partition("conf_parts", "t", &values).await, ErrorKind::PartitionNotFound);
    catalog.delete_database("conf_parts").await
}

fn nothing(errors: Vec<PartitionError>) {
    assert!(errors.is_empty(), "{errors:?}");
}

#[track_caller]
fn failed(errors: Vec<PartitionError>, expected: &[(&str, ErrorKind)]) {
    let mut found: Vec<_> = errors.iter().map(|failure| (failure.values.join("/"), failure.error.kind())).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected: Vec<_> = expected.iter().map(|(values, kind)| ((*values).to_owned(), *kind)).collect();
    assert_eq!(found, expected, "{errors:?}");
}

/// Batches larger than any limit of Glue's API; what fails is named, the rest is done.
pub(super) async fn batches(catalog: &dyn Catalog) -> Result<()> {
    with_table(catalog, "conf_batches", &[("k", "string")]).await?;
    let all: Vec<String> = (0..230).map(|n| format!("{n:03}")).collect();
    nothing(catalog.create_partitions("conf_batches", "t", vec![partition(&["007"]), partition(&["123"])]).await?);
    let given = all.iter().map(|value| partition(&[value.as_str()])).collect();
    failed(
        catalog.create_partitions("conf_batches", "t", given).await?,
        &[("007", ErrorKind::AlreadyExists), ("123", ErrorKind::AlreadyExists)],
    );
    let (items, _) = all_pages!(100, |page| catalog.partitions("conf_batches", "t", None, page));
    assert_eq!(items.len(), all.len());
    failed(
        catalog.update_partitions("conf_batches", "t", vec![partition(&["000"]), partition(&["none"])]).await?,
        &[("none", ErrorKind::PartitionNotFound)],
    );
    let mut gone: Vec<Vec<String>> = all.iter().take(60).map(|value| vec![value.clone()]).collect();
    gone.push(vec!["none".to_owned()]);
    failed(catalog.delete_partitions("conf_batches", "t", gone).await?, &[("none", ErrorKind::PartitionNotFound)]);
    let (items, _) = all_pages!(1000, |page| catalog.partitions("conf_batches", "t", None, page));
    assert_eq!(items.len(), all.len() - 60);
    nothing(catalog.create_partitions("conf_batches", "t", Vec::new()).await?);
    catalog.delete_database("conf_batches").await
}

const KEYS: &[(&str, &str)] = &[("year", "int"), ("day", "date"), ("hour", "int"), ("name", "string")];

/// Two years, three days, hours 0 to 11, two names.
async fn with_hours(catalog: &dyn Catalog, database: &str) -> Result<()> {
    with_table(catalog, database, KEYS).await?;
    let mut given = Vec::new();
    for year in ["2023", "2024"] {
        for day in ["02-09", "02-10", "10-01"] {
            for hour in 0..12 {
                let (day, hour) = (format!("{year}-{day}"), hour.to_string());
                given.extend(["a_1", "ab"].map(|name| partition(&[year, &day, &hour, name])));
            }
        }
    }
    nothing(catalog.create_partitions(database, "t", given).await?);
    Ok(())
}

pub(super) async fn listing(catalog: &dyn Catalog, expect: Expect) -> Result<()> {
    with_hours(catalog, "conf_pages").await?;
    let filters = [
        None,
        Some(compare("hour", Comparison::Gt, "9")),
        Some(PartitionFilter::In { key: "name".to_owned(), values: vec!["a_1".to_owned(), "ab".to_owned()] }),
    ];
    for (filter, expected) in filters.iter().zip([144, 24, 144]) {
        let (items, sizes) = all_pages!(7, |page| catalog.partitions("conf_pages", "t", filter.as_ref(), page));
        let mut values: Vec<_> = items.iter().map(|partition| &partition.values).collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!((items.len(), values.len()), (expected, expected), "each partition once: {filter:?}");
        if expect.pages {
            assert!(sizes.iter().all(|size| *size <= 7), "pages of 7: {sizes:?}");
        }
    }
    if expect.pages {
        let strange = PageRequest { limit: None, token: Some("not a token".to_owned()) };
        fails(catalog.partitions("conf_pages", "t", None, strange).await, ErrorKind::InvalidInput);
    }
    catalog.delete_database("conf_pages").await
}

fn compare(key: &str, op: Comparison, value: &str) -> PartitionFilter {
    PartitionFilter::Compare { key: key.to_owned(), op, value: value.to_owned() }
}

/// Filters and how many of the 144 partitions of [`with_hours`] pass.
fn counted() -> Vec<(PartitionFilter, usize)> {
    use Comparison::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    use PartitionFilter::{And, In, Like, Not, Or};
    let one = |values: [&str; 4]| And(KEYS.iter().zip(values).map(|((key, _), value)| compare(key, Eq, value)).collect());
    let names = |values: &[&str]| In { key: "name".to_owned(), values: values.iter().map(|v| (*v).to_owned()).collect() };
    let like = |pattern: &str| Like { key: "name".to_owned(), pattern: pattern.to_owned() };
    vec![
        (one(["2024", "2024-02-10", "11", "ab"]), 1),
        (one(["2024", "2024-02-10", "12", "ab"]), 0),
        (compare("year", Eq, "2024"), 72),
        (compare("Year", NotEq, "2024"), 72),
        (compare("hour", Gt, "9"), 24),
        (compare("hour", Lt, "10"), 120),
        (compare("hour", LtEq, "1"), 24),
        (compare("day", GtEq, "2024-02-10"), 48),
        (And(vec![compare("year", Eq, "2024"), compare("day", Lt, "2024-10-01"), compare("hour", GtEq, "2")]), 40),
        (And(vec![compare("hour", Gt, "2"), compare("hour", Lt, "2")]), 0),
        (Or(vec![compare("hour", Eq, "1"), compare("hour", Eq, "11")]), 24),
        (Or(vec![compare("hour", Eq, "1"), compare("year", Eq, "2023")]), 78),
        (In { key: "year".to_owned(), values: vec!["2023".to_owned(), "1999".to_owned()] }, 72),
        (And(vec![names(&["ab", "none"]), compare("hour", Eq, "3")]), 6),
        (Not(Box::new(names(&["ab"]))), 72),
        (Not(Box::new(And(vec![compare("year", Eq, "2024"), compare("hour", Lt, "6")]))), 108),
        (like("a%"), 144),
        (like("a_"), 72),
        (like("A%"), 0),
        (And(vec![like("a__"), compare("year", Gt, "2023")]), 36),
    ]
}

pub(super) async fn filters(catalog: &dyn Catalog) -> Result<()> {
    with_hours(catalog, "conf_filters").await?;
    for (filter, expected) in counted() {
        let (items, _) = all_pages!(50, |page| catalog.partitions("conf_filters", "t", Some(&filter), page));
        assert_eq!(items.len(), expected, "{filter:?}");
    }
    for (filter, kind) in [
        (compare("month", Comparison::Eq, "1"), ErrorKind::ColumnNotFound),
        (compare("hour", Comparison::Eq, "test"), ErrorKind::InvalidInput),
        (compare("day", Comparison::Eq, "2024-02-31"), ErrorKind::InvalidInput),
        (PartitionFilter::Like { key: "hour".to_owned(), pattern: "2".to_owned() }, ErrorKind::InvalidInput),
    ] {
        fails(catalog.partitions("conf_filters", "t", Some(&filter), PageRequest::default()).await, kind);
    }
    catalog.delete_database("conf_filters").await
}

/// A NULL key passes no comparison but that with its own text, and its partition is there all the same.
pub(super) async fn null_values(catalog: &dyn Catalog) -> Result<()> {
    with_table(catalog, "conf_nulls", &[("n", "int"), ("s", "string")]).await?;
    let given = vec![partition(&[NULL_PARTITION, "a"]), partition(&["1", NULL_PARTITION]), partition(&["2", "b"])];
    nothing(catalog.create_partitions("conf_nulls", "t", given).await?);
    let not = |filter| PartitionFilter::Not(Box::new(filter));
    for (filter, expected) in [
        (compare("n", Comparison::Lt, "9"), 2),
        (compare("n", Comparison::NotEq, "1"), 1),
        (not(compare("s", Comparison::Eq, "a")), 1),
        (compare("s", Comparison::Eq, NULL_PARTITION), 1),
    ] {
        let found = catalog.partitions("conf_nulls", "t", Some(&filter), PageRequest::default()).await?;
        assert_eq!(found.items.len(), expected, "{filter:?}");
    }
    let values = [NULL_PARTITION.to_owned(), "a".to_owned()];
    assert_eq!(catalog.partition("conf_nulls", "t", &values).await?.values, values);
    catalog.delete_database("conf_nulls").await
}

/// Values have the types of their keys, also after these have changed; equal values with different texts are different partitions.
pub(super) async fn types(catalog: &dyn Catalog, expect: Expect) -> Result<()> {
    if !expect.typed_values {
        return Ok(());
    }
    with_table(catalog, "conf_types", &[("n", "int")]).await?;
    let given = vec![partition(&["10"]), partition(&["ten"]), partition(&["9"]), partition(&["09"]), partition(&["1", "2"])];
    failed(
        catalog.create_partitions("conf_types", "t", given).await?,
        &[("1/2", ErrorKind::InvalidInput), ("ten", ErrorKind::InvalidInput)],
    );
    let below_ten = async || -> Result<usize> {
        let filter = compare("n", Comparison::Lt, "10");
        Ok(catalog.partitions("conf_types", "t", Some(&filter), PageRequest::default()).await?.items.len())
    };
    assert_eq!(below_ten().await?, 2);
    catalog.update_table(table("conf_types", "t", &[("n", "string")]), UpdateTable::default()).await?;
    assert_eq!(below_ten().await?, 1, "as texts only 09 is below 10");
    nothing(catalog.create_partitions("conf_types", "t", vec![partition(&["ten"])]).await?);
    let back = catalog.update_table(table("conf_types", "t", &[("n", "bigint")]), UpdateTable::default()).await;
    fails(back, ErrorKind::InvalidInput);
    assert_eq!(below_ten().await?, 1, "a refused change changes nothing");
    nothing(catalog.delete_partitions("conf_types", "t", vec![vec!["ten".to_owned()]]).await?);
    catalog.update_table(table("conf_types", "t", &[("n", "decimal(10,2)")]), UpdateTable::default()).await?;
    assert_eq!(below_ten().await?, 2);
    catalog.delete_database("conf_types").await
}
