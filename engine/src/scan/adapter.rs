//! The expressions of a scan over the columns of one Parquet file. Columns are found by name without regard to case, as Hive
//! and Athena find them; what DataFusion adapts itself (missing columns, widening) it does, the rest is [`super::fit`].

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use catalog::Error;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, lit};
use datafusion_physical_expr_adapter::{DefaultPhysicalExprAdapterFactory, PhysicalExprAdapter, PhysicalExprAdapterFactory};

use super::codec::decode_scalar;
use super::fit;
use super::length::Length;
use super::relabel;
use crate::error::into_datafusion;
use crate::lake_format::Place;

/// The first value of a file that did not fit. The Parquet reader makes text of the errors of its filters; here they stay
/// what they were.
pub(super) type FirstUnfit = Arc<OnceLock<Error>>;

/// Makes adapters between a table's columns and those of one Parquet file.
#[derive(Debug, Default)]
pub(super) struct ToFile {
    pub(super) unfit: FirstUnfit,
    /// Where the table's columns are found, if not by their names.
    pub(super) places: Option<Arc<[Place]>>,
}

impl PhysicalExprAdapterFactory for ToFile {
    fn create(&self, logical: SchemaRef, physical: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let renamed = match &self.places {
            Some(places) => Arc::new(relabel::schema(&logical, &physical, places)),
            None => renamed(&logical, &physical).map_or_else(|| Arc::clone(&physical), Arc::new),
        };
        let ours: Vec<Option<Ours>> = renamed
            .fields()
            .iter()
            .zip(physical.fields())
            .map(|(field, own)| {
                let wanted = logical.fields().iter().find(|wanted| wanted.name() == field.name())?;
                let relabelled = field.data_type() != own.data_type();
                let plain = !relabelled && fit::plain(field.data_type(), wanted.data_type()) && Length::of(wanted).is_none();
                (!plain).then(|| Ours { wanted: Arc::clone(wanted), relabelled: relabelled.then(|| field.data_type().clone()) })
            })
            .collect();
        // For DataFusion the columns that we fit have the file's types already.
        let taken: Vec<FieldRef> = logical
            .fields()
            .iter()
            .map(|wanted| match renamed.index_of(wanted.name()) {
                Ok(at) if ours[at].is_some() => Arc::clone(&renamed.fields()[at]),
                _ => Arc::clone(wanted),
            })
            .collect();
        let taken = Arc::new(Schema::new_with_metadata(taken, logical.metadata().clone()));
        let defaults = self.defaults(&logical, &renamed)?;
        let inner = DefaultPhysicalExprAdapterFactory.create(taken, renamed)?;
        Ok(Arc::new(Adapter { inner, physical, ours, defaults, unfit: Arc::clone(&self.unfit) }))
    }
}

impl ToFile {
    /// The values of columns that the file lacks, where they are not NULL.
    fn defaults(&self, logical: &Schema, renamed: &Schema) -> Result<HashMap<String, ScalarValue>> {
        let lacking = logical.fields().iter().zip(self.places.iter().flat_map(|places| places.iter()));
        let lacking = lacking.filter(|(wanted, _)| renamed.column_with_name(wanted.name()).is_none());
        lacking
            .filter_map(|(wanted, place)| Some((wanted.name().clone(), decode_scalar(place.default.as_ref()?))))
            .map(|(name, value)| Ok((name, value?)))
            .collect()
    }
}

/// `physical` with its columns named as `logical` names them; `None` when they are already.
fn renamed(logical: &Schema, physical: &Schema) -> Option<Schema> {
    let mut changed = false;
    let fields: Vec<Arc<Field>> = physical
        .fields()
        .iter()
        .map(|field| {
            let exact = logical.column_with_name(field.name()).is_some();
            let folded = || logical.fields().iter().find(|wanted| *wanted.name() == catalog::name::fold(field.name()));
            match folded().filter(|wanted| !exact && physical.column_with_name(wanted.name()).is_none()) {
                Some(wanted) => {
                    changed = true;
                    Arc::new(field.as_ref().clone().with_name(wanted.name()))
                }
                None => Arc::clone(field),
            }
        })
        .collect();
    changed.then(|| Schema::new_with_metadata(fields, physical.metadata().clone()))
}

/// A column that we fit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Ours {
    /// The table's column.
    wanted: FieldRef,
    /// The file's type with the table's names in it, where its own are others.
    relabelled: Option<DataType>,
}

#[derive(Debug)]
struct Adapter {
    inner: Arc<dyn PhysicalExprAdapter>,
    physical: SchemaRef,
    /// Per column of the file, what we make of it.
    ours: Vec<Option<Ours>>,
    /// By name, the values of columns that the file lacks.
    defaults: HashMap<String, ScalarValue>,
    unfit: FirstUnfit,
}

impl PhysicalExprAdapter for Adapter {
    /// Columns get the file's own names back, which the Parquet reader needs, and ours are fitted.
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let expr = match self.defaults.is_empty() {
            true => expr,
            false => expr.transform(|node| Ok(self.default(node))).data()?,
        };
        self.inner.rewrite(expr)?.transform(|node| self.column(node)).data()
    }
}

impl Adapter {
    fn default(&self, node: Arc<dyn PhysicalExpr>) -> Transformed<Arc<dyn PhysicalExpr>> {
        let value = node.downcast_ref::<Column>().and_then(|column| self.defaults.get(column.name()));
        match value {
            Some(value) => Transformed::yes(lit(value.clone())),
            None => Transformed::no(node),
        }
    }

    fn column(&self, node: Arc<dyn PhysicalExpr>) -> Result<Transformed<Arc<dyn PhysicalExpr>>> {
        let Some(column) = node.downcast_ref::<Column>() else { return Ok(Transformed::no(node)) };
        let at = column.index();
        let Some(field) = self.physical.fields().get(at) else { return Ok(Transformed::no(node)) };
        let own = || Arc::new(Column::new(field.name(), at)) as Arc<dyn PhysicalExpr>;
        match &self.ours[at] {
            Some(ours) => {
                fit::check(ours.relabelled.as_ref().unwrap_or(field.data_type()), ours.wanted.data_type())
                    .map_err(|unfit| into_datafusion(unfit.in_column(ours.wanted.name())))?;
                let fitted = Fitted { column: own(), ours: ours.clone(), unfit: Arc::clone(&self.unfit) };
                Ok(Transformed::yes(Arc::new(fitted)))
            }
            None if field.name() != column.name() => Ok(Transformed::yes(own())),
            None => Ok(Transformed::no(node)),
        }
    }
}

/// A column of the file as a column of the table.
#[derive(Debug)]
struct Fitted {
    column: Arc<dyn PhysicalExpr>,
    ours: Ours,
    unfit: FirstUnfit,
}

impl PartialEq for Fitted {
    fn eq(&self, other: &Self) -> bool {
        self.column.eq(&other.column) && self.ours == other.ours
    }
}

impl Eq for Fitted {}

impl Hash for Fitted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.column.hash(state);
        self.ours.hash(state);
    }
}

impl fmt::Display for Fitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FIT({} AS {})", self.column, self.ours.wanted.data_type())
    }
}

impl PhysicalExpr for Fitted {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(self.ours.wanted.data_type().clone())
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn return_field(&self, _: &Schema) -> Result<FieldRef> {
        Ok(Arc::clone(&self.ours.wanted))
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let array = self.column.evaluate(batch)?.into_array(batch.num_rows())?;
        let array = match &self.ours.relabelled {
            Some(to) => relabel::array(&array, to)?,
            None => array,
        };
        let fitted = fit::fit(&array, self.ours.wanted.data_type()).map_err(|unfit| {
            let error = unfit.in_column(self.ours.wanted.name());
            // Another value may have been first; the query fails with that one.
            let _ = self.unfit.set(error.duplicate());
            into_datafusion(error)
        })?;
        let length = Length::of(&self.ours.wanted);
        Ok(ColumnarValue::Array(length.map_or_else(|| Arc::clone(&fitted), |length| length.cut(&fitted))))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.column]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let [column] = children.as_slice() else { return internal_err!("a fitted column has one child") };
        Ok(Arc::new(Self { column: Arc::clone(column), ours: self.ours.clone(), unfit: Arc::clone(&self.unfit) }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.column.fmt_sql(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(names: &[&str]) -> Schema {
        Schema::new(names.iter().map(|name| Field::new(*name, DataType::Int64, true)).collect::<Vec<_>>())
    }

    #[test]
    fn columns_are_renamed_only_where_no_exact_one_is() {
        let table = schema(&["adj close", "volume"]);
        assert_eq!(renamed(&table, &schema(&["Adj Close", "volume"])), Some(schema(&["adj close", "volume"])));
        assert_eq!(renamed(&table, &schema(&["adj close", "volume"])), None);
        assert_eq!(renamed(&table, &schema(&["Volume", "volume"])), None, "the exact name wins");
    }
}
