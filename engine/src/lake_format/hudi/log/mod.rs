//! The logs of a file slice, merged: what they say of each record key, to be laid over the slice's base file (Apache Hudi, "Technical
//! Specification": reader expectations, log format; the orders are those of the record merge modes).

mod block;
mod data;
mod delete;

use std::cmp::Ordering as Compared;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;

use bytes::Bytes;
use catalog::{Error, Result};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use datafusion::arrow::compute::{cast, take_record_batch};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use self::block::{Block, Kind};
use super::properties::Ordering;
use crate::error::from_datafusion;

/// The column that a record's key is in.
pub(super) const KEY: &str = "_hoodie_record_key";
/// Columns by which a record says that it is a delete.
const IS_DELETED: &str = "_hoodie_is_deleted";
const OPERATION: &str = "_hoodie_operation";

/// How records with one key become one row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rules {
    pub(super) ordering: Ordering,
    pub(super) fields: Vec<String>,
    /// Whether delete blocks are compared with base files. Before version 8 they win over them.
    pub(super) deletes_compared: bool,
}

impl Rules {
    fn ordered(&self) -> bool {
        self.ordering != Ordering::CommitTime
    }

    /// Whether the base file's ordering values are needed.
    pub(super) fn base_compared(&self) -> bool {
        self.ordering == Ordering::EventTime
    }
}

/// The last word of the logs on each key.
#[derive(Debug, Default)]
pub(super) struct Logs {
    words: HashMap<String, Word>,
    batches: Vec<RecordBatch>,
}

#[derive(Debug)]
struct Word {
    /// `None`: it wins over everything that was written before it.
    ordering: Option<Vec<ScalarValue>>,
    /// Batch and row; `None` for a delete.
    row: Option<(usize, u32)>,
    /// Whether a delete block says it.
    by_block: bool,
}

impl Logs {
    /// Reads the log files of a slice, in the order in which they were written; `committed` says which instants are finished.
    ///
    /// Errors: those of blocks, with the name of the file.
    pub(super) fn read(files: &[(String, Bytes)], rules: &Rules, committed: &dyn Fn(&str) -> bool) -> Result<Self> {
        let mut valid: Vec<(&str, Block)> = vec![];
        for (name, file) in files {
            for block in block::blocks(file, committed).map_err(|error| error.within(name))? {
                match &block.target {
                    // A rollback: the blocks of that instant are void.
                    Some(target) if block.kind == Kind::Command => valid.retain(|(_, earlier)| earlier.instant != *target),
                    _ if block.kind != Kind::Command && committed(&block.instant) => valid.push((name, block)),
                    _ => {}
                }
            }
        }
        let mut logs = Self::default();
        for (name, block) in valid {
            logs.apply(&block, rules).map_err(|error| error.within(name))?;
        }
        Ok(logs)
    }

    fn apply(&mut self, block: &Block, rules: &Rules) -> Result<()> {
        if block.kind == Kind::Delete {
            for deleted in delete::deleted(&block.content)? {
                let ordering = deleted.ordering.map(|value| vec![value]);
                self.say(deleted.key, Word { ordering, row: None, by_block: true }, rules)?;
            }
            return Ok(());
        }
        for batch in data::batches(block)? {
            self.records(batch, rules)?;
        }
        Ok(())
    }

    fn records(&mut self, batch: RecordBatch, rules: &Rules) -> Result<()> {
        let keys = text_column(&batch, KEY)?.ok_or_else(|| Error::bad_data(format!("a hudi log has records without {KEY}")))?;
        let fields = if rules.ordered() { rules.fields.as_slice() } else { &[] };
        let ordering = columns(&batch, fields)?;
        let deleted = batch.column_by_name(IS_DELETED).and_then(|column| column.as_boolean_opt()).cloned();
        let operations = text_column(&batch, OPERATION)?;
        let at = self.batches.len();
        for row in 0..batch.num_rows() {
            let taken = deleted.as_ref().is_some_and(|deleted| deleted.is_valid(row) && deleted.value(row))
                || operations.as_ref().is_some_and(|o| o.is_valid(row) && matches!(o.value(row), "D" | "-U"));
            let place = u32::try_from(row).map_err(|_| Error::bad_data("a hudi log block has too many records"))?;
            let word = Word {
                ordering: rules.ordered().then(|| values(&ordering, row)).transpose()?,
                row: (!taken).then_some((at, place)),
                by_block: false,
            };
            self.say(keys.value(row).to_string(), word, rules)?;
        }
        self.batches.push(batch);
        Ok(())
    }

    /// A later word on a key stands unless the earlier one has a greater ordering value.
    fn say(&mut self, key: String, word: Word, rules: &Rules) -> Result<()> {
        match self.words.entry(key) {
            Place::Vacant(place) => {
                place.insert(word);
            }
            Place::Occupied(mut place) => {
                let greater = match (&place.get().ordering, &word.ordering) {
                    (Some(earlier), Some(later)) if rules.ordered() => compare(earlier, later)? == Compared::Greater,
                    _ => false,
                };
                if !greater {
                    place.insert(word);
                }
            }
        }
        Ok(())
    }

    /// Whether the logs say anything at all.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a row of the base file is not a row of the table any more, since the logs say otherwise of its key. Where the base
    /// file's row is the greater one, the logs' word is forgotten.
    ///
    /// In: the ordering values of the row, asked for where they matter.
    pub(super) fn replace(
        &mut self,
        key: &str,
        rules: &Rules,
        ordering: impl FnOnce() -> Result<Vec<ScalarValue>>,
    ) -> Result<bool> {
        let Some(word) = self.words.get(key) else { return Ok(false) };
        let compared = rules.base_compared() && (rules.deletes_compared || !word.by_block);
        if let Some(later) = word.ordering.as_ref().filter(|_| compared)
            && compare(&ordering()?, later)? == Compared::Greater
        {
            self.words.remove(key);
            return Ok(false);
        }
        Ok(true)
    }

    /// The rows that the logs add to the table, with the columns that they have in the logs.
    pub(super) fn rows(self) -> Result<Vec<RecordBatch>> {
        let mut rows = vec![vec![]; self.batches.len()];
        for (batch, row) in self.words.into_values().filter_map(|word| word.row) {
            rows[batch].push(row);
        }
        let taken = self.batches.iter().zip(rows).filter(|(_, rows)| !rows.is_empty()).map(|(batch, mut rows)| {
            rows.sort_unstable();
            take_record_batch(batch, &UInt32Array::from(rows)).map_err(|error| from_datafusion(error.into()))
        });
        taken.collect()
    }
}

/// The column `name` as text, where there is one.
pub(super) fn text_column(batch: &RecordBatch, name: &str) -> Result<Option<StringArray>> {
    let Some(column) = batch.column_by_name(name) else { return Ok(None) };
    let text = cast(column, &DataType::Utf8).map_err(|error| from_datafusion(error.into()))?;
    Ok(Some(text.as_string::<i32>().clone()))
}

/// The columns of the ordering fields.
pub(super) fn columns(batch: &RecordBatch, fields: &[String]) -> Result<Vec<ArrayRef>> {
    let column = |name: &String| {
        let found = batch.schema_ref().fields().iter().position(|field| field.name().eq_ignore_ascii_case(name));
        let found = found.map(|at| batch.column(at).clone());
        found.ok_or_else(|| Error::bad_data(format!("hudi's ordering field '{name}' is not among the file's columns")))
    };
    fields.iter().map(column).collect()
}

/// The values of one row.
pub(super) fn values(columns: &[ArrayRef], row: usize) -> Result<Vec<ScalarValue>> {
    columns.iter().map(|column| ScalarValue::try_from_array(column, row).map_err(from_datafusion)).collect()
}

/// Field by field; NULL is less than any value. Files keep a value in several types, so that one may have to be cast.
fn compare(left: &[ScalarValue], right: &[ScalarValue]) -> Result<Compared> {
    for (left, right) in left.iter().zip(right) {
        let order = match (left.is_null(), right.is_null()) {
            (false, false) if left.data_type() == right.data_type() => left.partial_cmp(right),
            (false, false) => left.partial_cmp(&right.cast_to(&left.data_type()).map_err(from_datafusion)?),
            (left, right) => Some(right.cmp(&left)),
        };
        match order {
            Some(Compared::Equal) => {}
            Some(order) => return Ok(order),
            None => {
                return Err(Error::not_supported(format!(
                    "hudi's ordering values of the type {} cannot be compared",
                    left.data_type()
                )));
            }
        }
    }
    Ok(Compared::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_EVENT: Ordering = Ordering::EventTime;

    fn rules(ordering: Ordering) -> Rules {
        Rules { ordering, fields: vec!["ts".into()], deletes_compared: true }
    }

    /// Blocks of a log file: records, deletes and rollbacks.
    fn records(instant: &str, rows: &[(&str, u8)]) -> Vec<u8> {
        block::tests::written(3, &[(0, instant), (2, data::tests::SCHEMA)], &data::tests::content(3, rows))
    }

    fn deletes(instant: &str, keys: &[(&str, u8, &[u8])]) -> Vec<u8> {
        block::tests::written(1, &[(0, instant)], &delete::tests::content(keys))
    }

    fn rollback(instant: &str, target: &str) -> Vec<u8> {
        block::tests::written(0, &[(0, instant), (1, target), (3, "0")], b"")
    }

    fn read(blocks: &[Vec<u8>], ordering: Ordering) -> Logs {
        let files = [("a.log".to_string(), Bytes::from(blocks.concat()))];
        Logs::read(&files, &rules(ordering), &|instant| instant < "50").unwrap()
    }

    /// `key:ts` of each row.
    fn shown(logs: Logs) -> Vec<String> {
        let mut rows = vec![];
        for batch in logs.rows().unwrap() {
            let (keys, times) = (text_column(&batch, KEY).unwrap().unwrap(), text_column(&batch, "ts").unwrap().unwrap());
            rows.extend((0..batch.num_rows()).map(|row| format!("{}:{}", keys.value(row), times.value(row))));
        }
        rows.sort();
        rows
    }

    #[test]
    fn the_later_or_the_greater_record_stands() {
        let blocks = [records("10", &[("a", 9), ("b", 1)]), records("20", &[("a", 5), ("b", 1), ("c", 3)])];
        assert_eq!(shown(read(&blocks, Ordering::CommitTime)), ["a:5", "b:1", "c:3"]);
        assert_eq!(shown(read(&blocks, BY_EVENT)), ["a:9", "b:1", "c:3"]);
    }

    #[test]
    fn deletes_have_an_order_or_none() {
        let natural = [records("10", &[("a", 9)]), deletes("20", &[("a", 2, &[0])])];
        let earlier = [records("10", &[("a", 9)]), deletes("20", &[("a", 3, &[6])])];
        let again = [deletes("10", &[("a", 2, &[0])]), records("20", &[("a", 1)])];
        assert!(shown(read(&natural, BY_EVENT)).is_empty());
        assert_eq!(shown(read(&earlier, BY_EVENT)), ["a:9"]);
        assert!(shown(read(&earlier, Ordering::CommitTime)).is_empty());
        assert_eq!(shown(read(&again, BY_EVENT)), ["a:1"]);
    }

    #[test]
    fn unfinished_and_rolled_back_instants_say_nothing() {
        let blocks = [records("10", &[("a", 1)]), records("20", &[("a", 2)]), rollback("30", "20"), records("60", &[("a", 3)])];
        assert_eq!(shown(read(&blocks, Ordering::CommitTime)), ["a:1"]);
    }

    #[test]
    fn logs_are_laid_over_the_base_file() {
        let blocks = [records("10", &[("a", 5), ("b", 5)]), deletes("20", &[("c", 2, &[0]), ("d", 3, &[8])])];
        let base = |ordering: Ordering, deletes_compared: bool| {
            let rules = Rules { deletes_compared, ..rules(ordering) };
            let mut logs = read(&blocks, ordering);
            let gone = [("a", 4), ("b", 6), ("c", 9), ("d", 9), ("e", 1)]
                .into_iter()
                .filter(|(key, ts)| logs.replace(key, &rules, || Ok(vec![ScalarValue::Int32(Some(*ts))])).unwrap());
            (gone.map(|(key, _)| key).collect::<String>(), shown(logs))
        };
        assert_eq!(base(BY_EVENT, true), ("ac".into(), vec!["a:5".to_string()]));
        assert_eq!(base(BY_EVENT, false), ("acd".into(), vec!["a:5".to_string()]));
        let both = vec!["a:5".to_string(), "b:5".to_string()];
        assert_eq!(base(Ordering::CommitTime, true), ("abcd".into(), both.clone()));
        assert_eq!(base(Ordering::EventTimeInLogs, true), ("abcd".into(), both));
    }

    #[test]
    fn errors_name_the_file() {
        let files = [("p/.f_1.log.1".to_string(), Bytes::from_static(b"nonsense"))];
        let error = Logs::read(&files, &rules(BY_EVENT), &|_| true).unwrap_err();
        assert_eq!(error.message(), "p/.f_1.log.1: it is no hudi log file: it does not begin with #HUDI#");
    }
}
