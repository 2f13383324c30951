//! Partitions. No request holds more of them than a page or a batch.

use std::hash::Hasher;

use catalog::table::{PARTITION_INPUT, Partition, Table};
use catalog::{Error, ErrorKind, Page, PartitionError, PartitionFilter};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Outcome, Refusal, invalid, of_partition, of_table, violated};
use super::page::Paging;
use super::request::input;
use super::tables::{at_most, with_errors};
use super::{Glue, expression, page};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    database_name: String,
    table_name: String,
    partition_input: Map<String, Value>,
}

pub(super) async fn create(glue: Glue<'_>, request: Create) -> Outcome {
    let Create { database_name, table_name, partition_input } = request;
    let partition = values_fit(&table(glue, &database_name, &table_name).await?, read(partition_input)?)?;
    let errors = glue.catalog().create_partitions(&database_name, &table_name, vec![partition]).await;
    alone(&database_name, &table_name, errors)
}

fn read(partition: Map<String, Value>) -> Outcome<Partition> {
    if !partition.contains_key("Values") {
        return Err(violated("null", "Values", "Member must not be null"));
    }
    input(partition, PARTITION_INPUT)
}

async fn table(glue: Glue<'_>, database: &str, name: &str) -> Outcome<Table> {
    glue.catalog().table(database, name).await.map_err(of_table(database, name))
}

/// Glue's words for values that do not fit the keys.
fn values_fit(table: &Table, partition: Partition) -> Outcome<Partition> {
    let (keys, values) = (table.partition_keys().len(), partition.values.len());
    match keys == values {
        true => Ok(partition),
        false => Err(invalid(format!(
            "The number of partition keys do not match the number of partition values: {keys} keys, {values} values"
        ))),
    }
}

/// The answer of an operation on one partition.
fn alone(database: &str, table: &str, errors: catalog::Result<Vec<PartitionError>>) -> Outcome {
    match errors.map_err(of_partition(database, table))?.into_iter().next() {
        Some(PartitionError { error, .. }) => Err(of_partition(database, table)(error)),
        None => Ok(json!({})),
    }
}

/// What failed of a batch; `member` is what the model calls the values there.
fn failed(database: &str, table: &str, member: &str, errors: Vec<PartitionError>) -> Vec<Value> {
    let detail = |PartitionError { values, error }| failure(member, &values, &of_partition(database, table)(error));
    errors.into_iter().map(detail).collect()
}

fn failure(member: &str, values: &[String], refusal: &Refusal) -> Value {
    json!({ member: values, "ErrorDetail": refusal.detail() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct One {
    database_name: String,
    table_name: String,
    partition_values: Vec<String>,
}

pub(super) async fn get(glue: Glue<'_>, request: One) -> Outcome {
    let One { database_name, table_name, partition_values } = &request;
    let found = glue.catalog().partition(database_name, table_name, partition_values).await;
    let found = found.map_err(|error| unfit(error, of_table(database_name, table_name)))?;
    Ok(json!({ "Partition": super::about::partition(found, false)? }))
}

/// Values that no partition of the table can have are those of none.
fn unfit(error: Error, refuse: impl Fn(Error) -> Refusal) -> Refusal {
    match error.kind() {
        ErrorKind::InvalidInput => refuse(Error::new(ErrorKind::PartitionNotFound, error.message())),
        _ => refuse(error),
    }
}

pub(super) async fn delete(glue: Glue<'_>, request: One) -> Outcome {
    let One { database_name, table_name, partition_values } = request;
    let errors = glue.catalog().delete_partitions(&database_name, &table_name, vec![partition_values]).await;
    alone(&database_name, &table_name, errors)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Update {
    database_name: String,
    table_name: String,
    partition_value_list: Vec<String>,
    partition_input: Map<String, Value>,
}

pub(super) async fn update(glue: Glue<'_>, request: Update) -> Outcome {
    let Update { database_name, table_name, partition_value_list, partition_input } = request;
    let entry = Entry { partition_value_list, partition_input };
    replace(glue, &database_name, &table_name, entry).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry {
    partition_value_list: Vec<String>,
    partition_input: Map<String, Value>,
}

impl Entry {
    /// The partition as it shall be; without values it keeps those it has.
    fn partition(self) -> Outcome<(Vec<String>, Partition)> {
        let Self { partition_value_list: old, mut partition_input } = self;
        partition_input.entry("Values").or_insert_with(|| json!(old));
        Ok((old, input(partition_input, PARTITION_INPUT)?))
    }
}

/// Replaces one partition. Where its values change it is another one: that is made first, so that a failure loses nothing.
async fn replace(glue: Glue<'_>, database: &str, name: &str, entry: Entry) -> Outcome<()> {
    let (old, partition) = entry.partition()?;
    if partition.values == old {
        let errors = glue.catalog().update_partitions(database, name, vec![partition]).await;
        return alone(database, name, errors).map(|_| ());
    }
    glue.catalog().partition(database, name, &old).await.map_err(|error| unfit(error, of_table(database, name)))?;
    let partition = values_fit(&table(glue, database, name).await?, partition)?;
    alone(database, name, glue.catalog().create_partitions(database, name, vec![partition]).await)?;
    alone(database, name, glue.catalog().delete_partitions(database, name, vec![old]).await).map(|_| ())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Segment {
    segment_number: u64,
    total_segments: u64,
}

impl Segment {
    fn check(&self) -> Outcome<()> {
        if !(1..=10).contains(&self.total_segments) {
            return Err(violated(self.total_segments, "TotalSegments", "Member must be between 1 and 10"));
        }
        match self.segment_number < self.total_segments {
            true => Ok(()),
            false => Err(invalid("SegmentNumber must be less than TotalSegments")),
        }
    }

    /// Each partition is in exactly one segment, whatever page it is met on.
    fn has(&self, partition: &Partition) -> bool {
        let mut hash = std::hash::DefaultHasher::new();
        for value in &partition.values {
            hash.write(value.as_bytes());
            hash.write_u8(0xFF);
        }
        hash.finish() % self.total_segments == self.segment_number
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    database_name: String,
    table_name: String,
    expression: Option<String>,
    segment: Option<Segment>,
    #[serde(flatten)]
    paging: Paging,
    #[serde(default)]
    exclude_column_schema: bool,
}

/// A page with a segment holds what the segment has of one page of all: fewer than asked for, and then a token.
pub(super) async fn list(glue: Glue<'_>, request: List) -> Outcome {
    let List { database_name, table_name, expression, segment, paging, exclude_column_schema } = request;
    let filter = match expression.filter(|text| !text.trim().is_empty()) {
        Some(text) => Some(filter(glue, &database_name, &table_name, &text).await?),
        None => None,
    };
    segment.as_ref().map_or(Ok(()), Segment::check)?;
    let found = glue.catalog().partitions(&database_name, &table_name, filter.as_ref(), paging.request(1000)?).await;
    let found = found.map_err(of_table(&database_name, &table_name))?;
    let of_segment = found.items.into_iter().filter(|partition| segment.as_ref().is_none_or(|one| one.has(partition)));
    let items = of_segment.map(|partition| super::about::partition(partition, exclude_column_schema));
    page::answer("Partitions", Page { items: items.collect::<Outcome<Vec<_>>>()?, next: found.next })
}

async fn filter(glue: Glue<'_>, database: &str, name: &str, text: &str) -> Outcome<PartitionFilter> {
    if text.chars().count() > 2048 {
        return Err(violated("", "Expression", "Member must have length less than or equal to 2048"));
    }
    expression::parse(text, table(glue, database, name).await?.partition_keys())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateMany {
    database_name: String,
    table_name: String,
    partition_input_list: Vec<Map<String, Value>>,
}

pub(super) async fn create_many(glue: Glue<'_>, request: CreateMany) -> Outcome {
    let CreateMany { database_name, table_name, partition_input_list } = request;
    at_most(&partition_input_list, 100, "PartitionInputList")?;
    let table = table(glue, &database_name, &table_name).await?;
    let (mut partitions, mut errors) = (Vec::with_capacity(partition_input_list.len()), Vec::new());
    for given in partition_input_list {
        let partition = read(given)?;
        let values = partition.values.clone();
        match values_fit(&table, partition) {
            Ok(partition) => partitions.push(partition),
            Err(refusal) => errors.push(failure("PartitionValues", &values, &refusal)),
        }
    }
    let refused = glue.catalog().create_partitions(&database_name, &table_name, partitions).await;
    let refused = refused.map_err(of_partition(&database_name, &table_name))?;
    errors.extend(failed(&database_name, &table_name, "PartitionValues", refused));
    Ok(with_errors(errors))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateMany {
    database_name: String,
    table_name: String,
    entries: Vec<Entry>,
}

pub(super) async fn update_many(glue: Glue<'_>, request: UpdateMany) -> Outcome {
    let UpdateMany { database_name, table_name, entries } = request;
    at_most(&entries, 100, "Entries")?;
    let (mut same, mut errors) = (Vec::with_capacity(entries.len()), Vec::new());
    for entry in entries {
        let values = entry.partition_value_list.clone();
        if entry.partition_input.get("Values").is_none_or(|given| *given == json!(values)) {
            same.push(entry.partition()?.1);
        } else if let Err(refusal) = replace(glue, &database_name, &table_name, entry).await {
            errors.push(failure("PartitionValueList", &values, &refusal));
        }
    }
    let refused = glue.catalog().update_partitions(&database_name, &table_name, same).await;
    let refused = refused.map_err(of_partition(&database_name, &table_name))?;
    errors.extend(failed(&database_name, &table_name, "PartitionValueList", refused));
    Ok(with_errors(errors))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Values {
    values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteMany {
    database_name: String,
    table_name: String,
    partitions_to_delete: Vec<Values>,
}

pub(super) async fn delete_many(glue: Glue<'_>, request: DeleteMany) -> Outcome {
    let DeleteMany { database_name, table_name, partitions_to_delete } = request;
    at_most(&partitions_to_delete, 25, "PartitionsToDelete")?;
    let values = partitions_to_delete.into_iter().map(|one| one.values).collect();
    let refused = glue.catalog().delete_partitions(&database_name, &table_name, values).await;
    let refused = refused.map_err(of_partition(&database_name, &table_name))?;
    Ok(with_errors(failed(&database_name, &table_name, "PartitionValues", refused)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetMany {
    database_name: String,
    table_name: String,
    partitions_to_get: Vec<Values>,
}

/// Those that are there; as in Glue nothing is said about the others. `UnprocessedKeys` are those that time did not suffice for.
pub(super) async fn get_many(glue: Glue<'_>, request: GetMany) -> Outcome {
    let GetMany { database_name, table_name, partitions_to_get } = request;
    at_most(&partitions_to_get, 1000, "PartitionsToGet")?;
    table(glue, &database_name, &table_name).await?;
    let mut found = Vec::with_capacity(partitions_to_get.len());
    for Values { values } in partitions_to_get {
        match glue.catalog().partition(&database_name, &table_name, &values).await {
            Ok(partition) => found.push(super::about::partition(partition, false)?),
            Err(error) if matches!(error.kind(), ErrorKind::PartitionNotFound | ErrorKind::InvalidInput) => {}
            Err(error) => return Err(of_table(&database_name, &table_name)(error)),
        }
    }
    Ok(json!({ "Partitions": found, "UnprocessedKeys": [] }))
}
