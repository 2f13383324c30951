//! The columns of a table: those that its files hold, those that are the same for all rows of a file, and in which order a query
//! sees them.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::table::Table;
use catalog::{Result, hive_type};
use datafusion::arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};

use super::Hidden;
use crate::lake_format::Snapshot;
use crate::types::with_length;

/// The columns of one table in one query.
#[derive(Debug)]
pub(super) struct Columns {
    /// As queries see them: the table's columns, then the hidden ones that the statement names.
    pub(super) schema: SchemaRef,
    /// What files hold.
    pub(super) data: Vec<FieldRef>,
    /// Partition keys.
    pub(super) keys: Vec<FieldRef>,
    hidden: Vec<FieldRef>,
    /// For each column of `schema` its index in the leaf, which has data, keys and hidden columns in this order.
    leaf: Vec<usize>,
}

impl Columns {
    /// Of a table whose definition says them: its partition keys come last.
    ///
    /// Errors: `InvalidInput` for a text that is no type.
    pub(super) fn listed(table: &Table, hidden: &[Hidden]) -> Result<Self> {
        let keys = fields(table.partition_keys())?;
        let names: HashSet<&str> = table.partition_keys().iter().map(|key| key.name.as_str()).collect();
        let columns = table.storage_descriptor.as_ref().map(|descriptor| descriptor.columns()).unwrap_or_default();
        let data: Vec<_> = columns.iter().filter(|column| !names.contains(column.name.as_str())).cloned().collect();
        let data = fields(&data)?;
        let all = [data.clone(), keys.clone()].concat();
        let keys: Vec<usize> = (data.len()..all.len()).collect();
        Ok(Self::new(&all, &keys, hidden))
    }

    /// Of files that hold all of them.
    pub(super) fn plain(columns: Vec<FieldRef>) -> Self {
        Self::new(&columns, &[], &[])
    }

    /// Of a table whose log says them.
    pub(super) fn logged(snapshot: &Snapshot, hidden: &[Hidden]) -> Self {
        Self::new(&snapshot.columns, &snapshot.keys, hidden)
    }

    fn new(columns: &[FieldRef], keys: &[usize], hidden: &[Hidden]) -> Self {
        let hidden: Vec<FieldRef> = hidden.iter().map(|column| column.field()).collect();
        let data: Vec<usize> = (0..columns.len()).filter(|at| !keys.contains(at)).collect();
        let mut leaf = vec![0; columns.len()];
        data.iter().chain(keys).enumerate().for_each(|(place, at)| leaf[*at] = place);
        leaf.extend(columns.len()..columns.len() + hidden.len());
        let of = |indices: &[usize]| indices.iter().map(|at| Arc::clone(&columns[*at])).collect();
        Self { schema: Arc::new(Schema::new([columns, &hidden].concat())), data: of(&data), keys: of(keys), hidden, leaf }
    }

    /// Keys and hidden columns, as the leaf has them.
    pub(super) fn constants(&self) -> SchemaRef {
        Arc::new(Schema::new([self.keys.as_slice(), &self.hidden].concat()))
    }

    /// A projection of what queries see as one of the leaf's columns; `None` where it has all of them in order.
    pub(super) fn in_leaf(&self, projection: Option<&Vec<usize>>) -> Option<Vec<usize>> {
        match projection {
            Some(indices) => Some(indices.iter().map(|at| self.leaf[*at]).collect()),
            None if self.leaf.iter().enumerate().all(|(at, leaf)| at == *leaf) => None,
            None => Some(self.leaf.clone()),
        }
    }
}

/// Some columns of a table, in its order.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) schema: SchemaRef,
    /// For each its index in the whole.
    at: Vec<usize>,
}

impl Seen {
    /// Those of `whole` that are meant; the first where none is, since there are rules of their own for tables without columns.
    pub(super) fn of(whole: &SchemaRef, meant: impl Fn(&str) -> bool) -> Self {
        let fields = whole.fields();
        let mut at: Vec<usize> = (0..fields.len()).filter(|at| meant(fields[*at].name())).collect();
        if at.is_empty() {
            at.extend((!fields.is_empty()).then_some(0));
        }
        let seen = at.iter().map(|at| Arc::clone(&fields[*at])).collect::<Vec<_>>();
        Self { schema: Arc::new(Schema::new(seen)), at }
    }

    /// A projection of them as one of the whole.
    pub(super) fn projection(&self, of_seen: Option<&Vec<usize>>) -> Vec<usize> {
        of_seen.map_or_else(|| self.at.clone(), |indices| indices.iter().map(|at| self.at[*at]).collect())
    }
}

/// Catalog columns as Arrow fields. Every lake column may be NULL.
///
/// Errors: `InvalidInput` names the column whose type is none.
pub(crate) fn fields(columns: &[catalog::table::Column]) -> Result<Vec<FieldRef>> {
    columns
        .iter()
        .map(|column| {
            let kind = hive_type::parse(column.hive_type()).map_err(|e| e.within(format!("column '{}'", column.name)))?;
            Ok(Arc::new(with_length(Field::new(&column.name, kind, true), column.hive_type())))
        })
        .collect()
}
