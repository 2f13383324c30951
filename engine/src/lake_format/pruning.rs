//! Files that cannot hold a row that a query's filters leave, by what the log says of their values.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use catalog::Result;
use datafusion::arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};

use crate::error::from_datafusion;
use crate::scan::prune;

/// What the log knows of a file's values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bounds {
    pub(crate) rows: Option<u64>,
    /// By the column's index in [`super::Snapshot::columns`].
    pub(crate) columns: HashMap<usize, ColumnBounds>,
}

/// The values of one column in one file.
#[derive(Debug, Clone)]
pub(crate) struct ColumnBounds {
    /// No value is less; NULL of any type where it is not known.
    pub(crate) min: ScalarValue,
    /// No value is greater; NULL where it is not known.
    pub(crate) max: ScalarValue,
    pub(crate) nulls: Option<u64>,
}

/// The filters of one scan.
pub(crate) struct Pruning<'a> {
    state: &'a dyn Session,
    /// As DataFusion prunes by them; `None` where they say nothing of columns alone.
    predicate: Option<PruningPredicate>,
    /// The columns of the snapshot.
    schema: SchemaRef,
}

impl<'a> Pruning<'a> {
    pub(crate) fn new(state: &'a dyn Session, filters: &[Expr], schema: SchemaRef) -> Self {
        Self { state, predicate: predicate(state, filters, &schema), schema }
    }

    /// What reads files that a log keeps about others.
    pub(crate) fn session(&self) -> &'a dyn Session {
        self.state
    }

    /// Whether bounds of columns make a difference.
    pub(crate) fn looks_at_columns(&self) -> bool {
        self.predicate.is_some()
    }

    /// Which of `files` may hold rows that the filters leave. Asked of some hundred files at a time it costs little, and those
    /// that are dropped need not be kept.
    ///
    /// Errors: `Internal` when a bound has not its column's type.
    pub(crate) fn keep(&self, files: &[Bounds]) -> Result<Vec<bool>> {
        match (&self.predicate, files) {
            (Some(predicate), [_, ..]) => predicate.prune(&Known { files, schema: &self.schema }).map_err(from_datafusion),
            _ => Ok(vec![true; files.len()]),
        }
    }
}

/// Filters that cannot be planned over the columns alone are left out.
fn predicate(state: &dyn Session, filters: &[Expr], schema: &SchemaRef) -> Option<PruningPredicate> {
    let columns = DFSchema::try_from(schema.as_ref().clone()).ok()?;
    let filters = filters.iter().cloned().map(prune::unqualified).filter(|filter| !filter.is_volatile());
    let planned = filters.filter_map(|filter| state.create_physical_expr(filter, &columns).ok());
    let predicate = datafusion::physical_expr::conjunction_opt(planned)?;
    let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(predicate).ok()?;
    (!predicate.always_true()).then_some(predicate)
}

/// The bounds of some files, as DataFusion asks for them.
struct Known<'a> {
    files: &'a [Bounds],
    schema: &'a SchemaRef,
}

impl Known<'_> {
    fn values(&self, column: &Column, bound: fn(&ColumnBounds) -> &ScalarValue) -> Option<ArrayRef> {
        let (at, field) = self.schema.column_with_name(&column.name)?;
        let null = ScalarValue::try_from(field.data_type()).ok()?;
        let value = |file: &Bounds| match file.columns.get(&at).map(bound) {
            Some(value) if !value.is_null() && value.data_type() == *field.data_type() => value.clone(),
            _ => null.clone(),
        };
        ScalarValue::iter_to_array(self.files.iter().map(value)).ok()
    }
}

impl PruningStatistics for Known<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, |bounds| &bounds.min)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, |bounds| &bounds.max)
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let (at, _) = self.schema.column_with_name(&column.name)?;
        let nulls = self.files.iter().map(|file| file.columns.get(&at).and_then(|bounds| bounds.nulls));
        Some(Arc::new(nulls.collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(self.files.iter().map(|file| file.rows).collect::<UInt64Array>()))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
