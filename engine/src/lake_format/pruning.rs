//! Files that cannot hold a row that a query's filters leave, by what the log says of their values.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use catalog::Result;
use datafusion::arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};

use crate::error::from_datafusion;
use crate::scan::prune;
use crate::types::storage;

/// What the log knows of a file's values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bounds {
    pub(crate) rows: Option<u64>,
    /// By the column's index in [`super::Snapshot::columns`].
    pub(crate) columns: HashMap<usize, ColumnBounds>,
}

/// The values of one column in one file; of a column that is wrapped, in the wrapper or without it.
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
    columns: Columns,
}

impl<'a> Pruning<'a> {
    /// `schema` has the columns of the snapshot.
    pub(crate) fn new(state: &'a dyn Session, filters: &[Expr], schema: SchemaRef) -> Self {
        let columns = Columns::new(&schema);
        Self { state, predicate: predicate(state, filters, &columns), columns }
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
            (Some(predicate), [_, ..]) => predicate.prune(&Known { files, columns: &self.columns }).map_err(from_datafusion),
            _ => Ok(vec![true; files.len()]),
        }
    }
}

/// The columns of a snapshot, and after them, for those that are wrapped, what is in the wrapper: that is what filters compare.
struct Columns {
    schema: SchemaRef,
    /// Per column of the schema, that of the snapshot.
    of: Vec<usize>,
}

impl Columns {
    fn new(snapshot: &SchemaRef) -> Self {
        let mut fields = snapshot.fields().to_vec();
        let mut of: Vec<usize> = (0..fields.len()).collect();
        for (at, field) in snapshot.fields().iter().enumerate() {
            if let Some(within) = storage(field.data_type()) {
                fields.push(Arc::new(Field::new(within_name(field.name()), within, true)));
                of.push(at);
            }
        }
        Self { schema: Arc::new(Schema::new(fields)), of }
    }

    /// The column of the snapshot, and the type of the values that are compared.
    fn find(&self, name: &str) -> Option<(usize, &DataType)> {
        let (at, field) = self.schema.column_with_name(name)?;
        Some((self.of[at], field.data_type()))
    }
}

/// A name that no column has.
fn within_name(column: &str) -> String {
    format!("$key({column})")
}

/// A filter over [`Columns`].
fn over_columns(filter: Expr) -> Option<Expr> {
    let within = |node: Expr| match &node {
        Expr::ScalarFunction(call) if call.name() == "$key" => match call.args.as_slice() {
            [Expr::Column(column)] => Ok(Transformed::yes(Expr::Column(Column::new_unqualified(within_name(&column.name))))),
            _ => Ok(Transformed::no(node)),
        },
        _ => Ok(Transformed::no(node)),
    };
    prune::unqualified(filter).transform(within).data().ok()
}

/// Filters that cannot be planned over the columns alone are left out.
fn predicate(state: &dyn Session, filters: &[Expr], columns: &Columns) -> Option<PruningPredicate> {
    let schema = DFSchema::try_from(columns.schema.as_ref().clone()).ok()?;
    let filters = filters.iter().cloned().filter_map(over_columns).filter(|filter| !filter.is_volatile());
    let planned = filters.filter_map(|filter| state.create_physical_expr(filter, &schema).ok());
    let predicate = datafusion::physical_expr::conjunction_opt(planned)?;
    let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(&columns.schema)).try_build(predicate).ok()?;
    (!predicate.always_true()).then_some(predicate)
}

/// The bounds of some files, as DataFusion asks for them.
struct Known<'a> {
    files: &'a [Bounds],
    columns: &'a Columns,
}

impl Known<'_> {
    fn values(&self, column: &Column, bound: fn(&ColumnBounds) -> &ScalarValue) -> Option<ArrayRef> {
        let (at, r#type) = self.columns.find(&column.name)?;
        let null = ScalarValue::try_from(r#type).ok()?;
        let value = |file: &Bounds| {
            let known = file.columns.get(&at).map(bound).filter(|value| !value.is_null());
            match known {
                Some(value) if value.data_type() == *r#type => value.clone(),
                Some(ScalarValue::Struct(wrapper)) => ScalarValue::try_from_array(wrapper.column(0), 0)
                    .ok()
                    .filter(|within| within.data_type() == *r#type)
                    .unwrap_or_else(|| null.clone()),
                _ => null.clone(),
            }
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
        let (at, _) = self.columns.find(&column.name)?;
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
