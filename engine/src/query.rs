//! Running a query: plan, optimise, execute, hand out batches. A query whose hash join outgrows the memory is planned once
//! more with joins that can spill.

use std::sync::Arc;

use catalog::{Error, ErrorKind, Result};
use datafusion::arrow::array::{RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::execution::SessionState;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::sqlparser::ast::Query;
use futures::{StreamExt, TryStreamExt, stream};

use crate::again;
use crate::compute;
use crate::cooperative;
use crate::deadline::Deadline;
use crate::engine::{Answer, Engine, OutputColumn, Session};
use crate::error::from_datafusion;
use crate::optimize::optimized;
use crate::plan::{Planned, length};
use crate::scanned::Scanned;
use crate::types::Type;

/// Starts a query.
pub(crate) async fn run(engine: &Engine, session: &Session, query: Query, deadline: Deadline) -> Result<Answer> {
    let state = engine.state(session);
    let planned = engine.plan(&state, session, &query).await?;
    let physical = executable(&state, &planned).await?;
    // What comes out has the types after coercion, which the plan as it was written does not know.
    let columns = named(&planned, &physical.schema())?;
    let (rows, plan) = match start(engine, &state, &physical, deadline).await {
        Err(error) if error.kind() == ErrorKind::MemoryExceeded && has_hash_join(&physical) => {
            tracing::info!("a hash join outgrew the memory; planning with joins that spill");
            let plan = spilling(engine, session, &query).await?;
            (start(engine, &state, &plan, deadline).await?, plan)
        }
        outcome => (outcome?, physical),
    };
    Ok(Answer { columns, rows, scanned: Scanned::of(&plan) })
}

/// The columns of a planned query, with the names the user wrote.
///
/// Errors: `NotSupported` for a column whose Arrow type no SQL type is.
pub(crate) fn columns(planned: &Planned) -> Result<Vec<OutputColumn>> {
    named(planned, planned.logical.schema().as_arrow())
}

/// With the types of `schema`, and the lengths of varchars, which the optimizer may lose, from the plan.
fn named(planned: &Planned, schema: &Schema) -> Result<Vec<OutputColumn>> {
    let column = |(at, (name, field)): (usize, (&String, &Arc<Field>))| {
        let told = length::column(&planned.logical, at).ok().filter(|told| told.arrow() == *field.data_type());
        let r#type = told.map_or_else(|| Type::of(field.data_type()), Ok);
        let r#type = r#type.map_err(|error| error.within(format!("column '{name}'")))?;
        Ok(OutputColumn { name: name.clone(), r#type, data_type: field.data_type().clone() })
    };
    planned.columns.iter().zip(schema.fields()).enumerate().map(column).collect()
}

pub(crate) async fn physical(state: &SessionState, planned: &Planned) -> Result<Arc<dyn ExecutionPlan>> {
    // It was analyzed when it was planned: see [`crate::plan::Planned`].
    let logical = optimized(planned.logical.clone(), state).map_err(from_datafusion)?;
    state.query_planner().create_physical_plan(&logical, state).await.map_err(from_datafusion)
}

/// The plan as it is executed in this process.
pub(crate) async fn executable(state: &SessionState, planned: &Planned) -> Result<Arc<dyn ExecutionPlan>> {
    let plan = again::executable_again(physical(state, planned).await?).and_then(cooperative::giving_way);
    plan.map_err(from_datafusion)
}

/// The same query planned without hash joins.
async fn spilling(engine: &Engine, session: &Session, query: &Query) -> Result<Arc<dyn ExecutionPlan>> {
    let mut state = engine.state(session);
    state.config_mut().options_mut().optimizer.prefer_hash_join = false;
    let planned = engine.plan(&state, session, query).await?;
    executable(&state, &planned).await
}

fn has_hash_join(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.is::<HashJoinExec>() || plan.children().into_iter().any(has_hash_join)
}

/// Executes on the threads for queries and waits for the first batch, so that what fails at the start fails here.
pub(crate) async fn start(
    engine: &Engine,
    state: &SessionState,
    plan: &Arc<dyn ExecutionPlan>,
    deadline: Deadline,
) -> Result<stream::BoxStream<'static, Result<RecordBatch>>> {
    let (plan, context) = (Arc::clone(plan), engine.task(state));
    // Operators start tasks as soon as they are executed: that too is for the other runtime.
    let batches = stream::once(async move { execute_stream(plan, context) }).try_flatten().map_err(from_datafusion);
    let mut rows = compute::on(engine.compute(), deadline, batches);
    let first = rows.try_next().await?;
    Ok(stream::iter(first.map(Ok)).chain(rows).boxed())
}

/// An answer of one text column.
pub(crate) fn lines(name: &str, lines: Vec<String>) -> Result<Answer> {
    let schema = Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8, true)]));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(StringArray::from(lines))])
        .map_err(|error| Error::internal(error.to_string()))?;
    let columns = vec![OutputColumn::text(name)];
    Ok(Answer { columns, rows: stream::iter([Ok(batch)]).boxed(), scanned: Scanned::default() })
}
