//! Parquet columns are found by name without regard to case, as Hive and Athena find them; the rest of the adaptation
//! (missing columns are NULL, types are widened to the table's) is DataFusion's.

use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion_physical_expr_adapter::{DefaultPhysicalExprAdapterFactory, PhysicalExprAdapter, PhysicalExprAdapterFactory};

/// Makes adapters between a table's columns and those of one Parquet file.
#[derive(Debug)]
pub(crate) struct CaseInsensitive;

impl PhysicalExprAdapterFactory for CaseInsensitive {
    fn create(&self, logical: SchemaRef, physical: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let Some(renamed) = renamed(&logical, &physical) else {
            return DefaultPhysicalExprAdapterFactory.create(logical, physical);
        };
        let inner = DefaultPhysicalExprAdapterFactory.create(logical, Arc::new(renamed))?;
        Ok(Arc::new(Renaming { inner, physical }))
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

/// Gives columns the file's own names back, which the Parquet reader needs.
#[derive(Debug)]
struct Renaming {
    inner: Arc<dyn PhysicalExprAdapter>,
    physical: SchemaRef,
}

impl PhysicalExprAdapter for Renaming {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        self.inner
            .rewrite(expr)?
            .transform(|node| match node.downcast_ref::<Column>() {
                Some(column) => match self.physical.fields().get(column.index()) {
                    Some(field) if field.name() != column.name() => {
                        Ok(Transformed::yes(Arc::new(Column::new(field.name(), column.index())) as Arc<dyn PhysicalExpr>))
                    }
                    _ => Ok(Transformed::no(node)),
                },
                None => Ok(Transformed::no(node)),
            })
            .data()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::DataType;

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
