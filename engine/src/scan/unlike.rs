//! Rows that are deleted by their values ([`Unlike`]): an anti-join of the leaf with the files that say which.

use std::sync::Arc;

use catalog::storage::Storage;
use datafusion::catalog::Session;
use datafusion::common::{JoinType, NullEquality, Result, internal_err};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::projection::ProjectionExec;

use super::leaf;
use super::snapshot::{LakeFile, Unlike};

/// Whether rows of both files are deleted by the same values.
pub(super) fn same(one: &LakeFile, other: &LakeFile) -> bool {
    let unlike = |file: &LakeFile| file.logged.as_ref().map(|logged| logged.unlike.clone()).unwrap_or_default();
    let (one, other) = (unlike(one), unlike(other));
    one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| Arc::ptr_eq(one, other))
}

/// The columns that have to be read where `wanted` are wanted.
pub(super) fn with_compared(wanted: &[usize], unlike: &[Arc<Unlike>]) -> Vec<usize> {
    let mut read = wanted.to_vec();
    for column in unlike.iter().flat_map(|unlike| &unlike.columns) {
        if !read.contains(column) {
            read.push(*column);
        }
    }
    read
}

/// `plan`, whose columns are `read`, without the rows that `unlike` deletes, and with the columns `wanted`.
pub(super) fn without(
    plan: Arc<dyn ExecutionPlan>,
    read: &[usize],
    wanted: &[usize],
    unlike: &[Arc<Unlike>],
    within: (&Storage, &dyn Session),
) -> Result<Arc<dyn ExecutionPlan>> {
    let mut plan = plan;
    let mut rest: Vec<&Arc<Unlike>> = unlike.iter().collect();
    while let Some(first) = rest.first().copied() {
        // Files that compare the same columns are one side of one join.
        let (alike, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|other| other.columns == first.columns);
        plan = anti_join(plan, read, first, alike.iter().map(|unlike| unlike.file.clone()).collect(), within)?;
        rest = others;
    }
    if read.len() == wanted.len() {
        return Ok(plan);
    }
    let schema = plan.schema();
    let kept = schema.fields().iter().take(wanted.len()).enumerate();
    let kept: Vec<(Arc<dyn PhysicalExpr>, String)> =
        kept.map(|(at, field)| (Arc::new(Column::new(field.name(), at)) as _, field.name().clone())).collect();
    Ok(Arc::new(ProjectionExec::try_new(kept, plan)?))
}

fn anti_join(
    plan: Arc<dyn ExecutionPlan>,
    read: &[usize],
    unlike: &Unlike,
    files: Vec<LakeFile>,
    (storage, state): (&Storage, &dyn Session),
) -> Result<Arc<dyn ExecutionPlan>> {
    let deleted = leaf::plain(storage, state, files, unlike.fields.clone(), Arc::clone(&unlike.places))?;
    let mut on: Vec<(Arc<dyn PhysicalExpr>, Arc<dyn PhysicalExpr>)> = vec![];
    for (at, (column, field)) in unlike.columns.iter().zip(&unlike.fields).enumerate() {
        let Some(place) = read.iter().position(|read| read == column) else {
            return internal_err!("a column that is compared is not read");
        };
        on.push((Arc::new(Column::new(field.name(), at)), Arc::new(Column::new(field.name(), place))));
    }
    let join = HashJoinExec::try_new(
        deleted,
        plan,
        on,
        None,
        &JoinType::RightAnti,
        None,
        PartitionMode::CollectLeft,
        NullEquality::NullEqualsNull,
        false,
    )?;
    Ok(Arc::new(join))
}
