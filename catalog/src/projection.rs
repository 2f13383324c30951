//! Partition projection: partitions that are computed from a table's properties (`projection.enabled`) instead of kept in a
//! catalog, as Athena computes them (user guide, "Partition projection"). Only what a filter leaves is made: sequences that
//! are in the order of their values are cut by binary search, so a range of a billion costs nothing where one is asked for.

mod java_date;
mod properties;
mod sequence;

use chrono::NaiveDateTime;

use crate::error::{Error, ErrorKind, Result};
use crate::filter::{Comparison, PartitionFilter};
use crate::key::KeyType;
use crate::name;
use crate::partition_name::partition_name;
use crate::predicate::{Predicate, Range};
use crate::storage::Location;
use crate::table::{Partition, StorageDescriptor, Table};
use sequence::{Projected, Sequence};

/// A query may be answered from this many projected partitions at most.
const MOST: u64 = 1_000_000;

/// How the partitions of one table are computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    keys: Vec<Key>,
    /// `storage.location.template` in pieces; `None`: folders named `key=value` below the table.
    template: Option<Vec<Piece>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Key {
    name: String,
    key_type: KeyType,
    values: Values,
}

/// Where the values of a key come from.
#[derive(Debug, Clone, PartialEq)]
enum Values {
    Enum(Vec<String>),
    Sequence(Sequence),
    /// From the query alone.
    Injected,
}

/// A piece of a location: text, or the value of a key, by number.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Key(usize),
}

impl Projection {
    /// The projection of a table; `None` where it is not enabled, or there are no keys to project. `now` is what `NOW` means in
    /// ranges of dates, in UTC.
    ///
    /// Errors: `InvalidInput` naming the property that is missing or wrong; `NotSupported` for a letter of a date format that
    /// is not read here.
    pub fn of(table: &Table, now: NaiveDateTime) -> Result<Option<Self>> {
        if !properties::is_enabled(table) || table.partition_keys().is_empty() {
            return Ok(None);
        }
        let keys = table
            .partition_keys()
            .iter()
            .map(|column| {
                let key_type = KeyType::of(column);
                Ok(Key { name: name::fold(&column.name), key_type, values: properties::values(table, column, key_type, now)? })
            })
            .collect::<Result<Vec<_>>>()?;
        let template = table.parameter("storage.location.template").map(|text| pieces(text, &keys)).transpose()?;
        Ok(Some(Self { keys, template }))
    }

    /// The partitions that `filter` leaves, and perhaps more, in the order of their keys. They have no descriptor but a location.
    /// A partition whose folder is written in two ways is there twice, since either may have been: Hive and Spark write
    /// `k=10%3A30`, and others `k=10:30`.
    ///
    /// Errors: `InvalidInput` for an injected key without a value in the filter, `LimitExceeded` when more partitions are left
    /// than one query may have; those of [`PartitionFilter`]s that do not fit the table.
    pub fn partitions<'a>(
        &'a self,
        table: &'a Table,
        filter: Option<&PartitionFilter>,
    ) -> Result<impl Iterator<Item = Result<Partition>> + 'a> {
        let predicate = filter.map(|filter| Predicate::new(table, filter)).transpose()?;
        let mut chosen = Vec::with_capacity(self.keys.len());
        let mut count: u64 = 1;
        for (at, key) in self.keys.iter().enumerate() {
            let ranges = predicate.as_ref().map_or_else(|| vec![Range::all()], |predicate| predicate.ranges(at));
            let choice = key.choose(&ranges, filter)?;
            count = count.saturating_mul(choice.len() as u64);
            chosen.push(choice);
        }
        if count > MOST {
            let names: Vec<&str> = self.keys.iter().map(|key| key.name.as_str()).collect();
            return Err(too_many(&names.join(", "), count));
        }
        let root = table.storage_descriptor.as_ref().and_then(|descriptor| descriptor.location.as_deref()).unwrap_or_default();
        Ok((0..count).flat_map(move |number| {
            // The number's digits, in the base of each key's count, are the positions of its values.
            let mut rest = number;
            let mut picked: Vec<&Projected> = Vec::with_capacity(chosen.len());
            for values in chosen.iter().rev() {
                let base = values.len() as u64;
                let at = usize::try_from(rest % base).unwrap_or_default();
                picked.push(&values[at]);
                rest /= base;
            }
            picked.reverse();
            let locations = self.locations(table, root, &picked).into_iter();
            locations.map(|location| partition(&picked, location)).collect::<Vec<_>>()
        }))
    }

    fn locations(&self, table: &Table, root: &str, values: &[&Projected]) -> Vec<String> {
        if let Some(pieces) = &self.template {
            let text = |piece: &Piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Key(at) => values[*at].folder.clone(),
            };
            return vec![pieces.iter().map(text).collect()];
        }
        let folders: Vec<String> = values.iter().map(|value| value.folder.clone()).collect();
        let escaped = partition_name(table.partition_keys(), &folders);
        let named = table.partition_keys().iter().zip(&folders).map(|(key, folder)| format!("{}={folder}", key.name));
        let plain = named.collect::<Vec<_>>().join("/");
        let folder = |name: &str| format!("{}/{name}/", root.trim_end_matches('/'));
        let differs = plain != escaped && folders.iter().all(|folder| !folder.is_empty());
        let other = Some(folder(&plain)).filter(|other| differs && Location::parse(other).is_ok());
        std::iter::once(folder(&escaped)).chain(other).collect()
    }
}

fn partition(values: &[&Projected], location: String) -> Result<Partition> {
    Location::parse(&location)?;
    Ok(Partition {
        values: values.iter().map(|value| value.value.clone()).collect(),
        storage_descriptor: Some(StorageDescriptor { location: Some(location), ..StorageDescriptor::default() }),
        ..Partition::default()
    })
}

impl Key {
    /// The values that lie in `ranges`.
    fn choose(&self, ranges: &[Range], filter: Option<&PartitionFilter>) -> Result<Vec<Projected>> {
        let inside = |value: &Projected| {
            let encoded = self.key_type.encode(&value.value);
            encoded.is_some_and(|encoded| ranges.iter().any(|range| range.low <= encoded && encoded < range.high))
        };
        let asked = |texts: &mut dyn Iterator<Item = Projected>| {
            let mut found: Vec<Projected> = texts.filter(inside).collect();
            found.sort_unstable();
            found.dedup();
            found
        };
        let points = ranges.iter().all(Range::is_point);
        match &self.values {
            Values::Enum(values) => Ok(values.iter().map(|value| Projected::plain(value.clone())).filter(inside).collect()),
            Values::Injected if points => {
                let texts = filter.map(|filter| literals(filter, &self.name)).unwrap_or_default();
                Ok(asked(&mut texts.into_iter().map(|text| Projected::plain(text.to_string()))))
            }
            Values::Injected => Err(Error::invalid(format!(
                "partition key '{0}' is injected: its values come from the query alone, so WHERE must say which (\"{0}\" = … or \"{0}\" IN (…))",
                self.name
            ))),
            Values::Sequence(sequence) if points => {
                let texts = filter.map(|filter| literals(filter, &self.name)).unwrap_or_default();
                Ok(asked(&mut texts.into_iter().filter_map(|text| sequence.find(text, self.key_type))))
            }
            Values::Sequence(sequence) => self.cut(sequence, ranges, inside),
        }
    }

    fn cut(&self, sequence: &Sequence, ranges: &[Range], inside: impl Fn(&Projected) -> bool) -> Result<Vec<Projected>> {
        let length = sequence.len();
        if !sequence.is_sorted(self.key_type) {
            if length > MOST {
                return Err(too_many(&self.name, length));
            }
            return Ok((0..length).map(|at| sequence.at(at, self.key_type)).filter(inside).collect());
        }
        let first_not_below = |bound: &[u8]| {
            let (mut low, mut high) = (0, length);
            while low < high {
                let middle = low + (high - low) / 2;
                let encoded = self.key_type.encode(&sequence.at(middle, self.key_type).value);
                if encoded.is_some_and(|encoded| encoded.as_slice() < bound) { low = middle + 1 } else { high = middle }
            }
            low
        };
        let runs: Vec<_> = ranges.iter().map(|range| first_not_below(&range.low)..first_not_below(&range.high)).collect();
        let count = runs.iter().map(|run| run.end.saturating_sub(run.start)).fold(0, u64::saturating_add);
        if count > MOST {
            return Err(too_many(&self.name, count));
        }
        Ok(runs.into_iter().flatten().map(|at| sequence.at(at, self.key_type)).collect())
    }
}

fn too_many(keys: &str, count: u64) -> Error {
    Error::new(
        ErrorKind::LimitExceeded,
        format!("the query is left with {count} projected partitions, {MOST} are allowed: add a condition on {keys}"),
    )
}

/// The values that `filter` asks a key to be equal to.
fn literals<'f>(filter: &'f PartitionFilter, wanted: &str) -> Vec<&'f str> {
    match filter {
        PartitionFilter::Compare { key, op: Comparison::Eq, value } if name::fold(key) == wanted => vec![value],
        PartitionFilter::In { key, values } if name::fold(key) == wanted => values.iter().map(String::as_str).collect(),
        PartitionFilter::And(all) | PartitionFilter::Or(all) => all.iter().flat_map(|next| literals(next, wanted)).collect(),
        _ => vec![],
    }
}

/// `s3://bucket/${a}/x/${b}/`, which must have every key.
fn pieces(template: &str, keys: &[Key]) -> Result<Vec<Piece>> {
    let wrong = |what: String| Error::invalid(format!("'storage.location.template' is '{template}': {what}"));
    let mut pieces = vec![];
    let mut rest = template.trim();
    while let Some((text, after)) = rest.split_once("${") {
        let (key, after) = after.split_once('}').ok_or_else(|| wrong("a '${' has no '}'".to_string()))?;
        let at = keys.iter().position(|known| known.name == name::fold(key.trim()));
        let at = at.ok_or_else(|| wrong(format!("'{key}' is no partition key")))?;
        pieces.extend([Piece::Text(text.to_string()), Piece::Key(at)]);
        rest = after;
    }
    // A template names a folder, with or without the slash at its end.
    pieces.push(Piece::Text(format!("{}/", rest.trim_end_matches('/'))));
    match keys.iter().enumerate().find(|(at, _)| !pieces.contains(&Piece::Key(*at))) {
        None => Ok(pieces),
        Some((_, missing)) => Err(wrong(format!("expected ${{{}}} in it", missing.name))),
    }
}

#[cfg(test)]
mod tests;
