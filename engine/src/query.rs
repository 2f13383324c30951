//! Running a query: plan, optimise, execute, hand out batches. A query whose hash join outgrows the memory is planned once
//! more with joins that can spill.

use std::sync::Arc;

use catalog::{Error, ErrorKind, Result};
use datafusion::arrow::array::{RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::execution::SessionState;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::sqlparser::ast::Query;
use futures::{StreamExt, TryStreamExt, stream};
use sql::{ExplainFormat, Statement};

use crate::engine::{Answer, Engine, OutputColumn, Session};
use crate::error::from_datafusion;
use crate::plan::Planned;
use crate::scanned::Scanned;

/// Batches computed ahead of the reader.
const AHEAD: usize = 2;

/// Starts a query.
pub(crate) async fn run(engine: &Engine, session: &Session, query: Query) -> Result<Answer> {
    let state = engine.state();
    let planned = engine.plan(&state, session, &query).await?;
    let columns = columns(&planned);
    let physical = physical(&state, &planned).await?;
    let (rows, plan) = match start(engine, &state, &physical).await {
        Err(error) if error.kind() == ErrorKind::MemoryExceeded && has_hash_join(&physical) => {
            tracing::info!("a hash join outgrew the memory; planning with joins that spill");
            let plan = spilling(engine, session, &query).await?;
            (start(engine, &state, &plan).await?, plan)
        }
        outcome => (outcome?, physical),
    };
    Ok(Answer { columns, rows, scanned: Scanned::of(&plan) })
}

/// The columns of a planned query, with the names the user wrote.
pub(crate) fn columns(planned: &Planned) -> Vec<OutputColumn> {
    let types = planned.logical.schema().fields().iter().map(|field| field.data_type().clone());
    planned.columns.iter().cloned().zip(types).map(|(name, data_type)| OutputColumn { name, data_type }).collect()
}

pub(crate) async fn physical(state: &SessionState, planned: &Planned) -> Result<Arc<dyn ExecutionPlan>> {
    state.create_physical_plan(&planned.logical).await.map_err(from_datafusion)
}

/// The same query planned without hash joins.
async fn spilling(engine: &Engine, session: &Session, query: &Query) -> Result<Arc<dyn ExecutionPlan>> {
    let mut state = engine.state();
    state.config_mut().options_mut().optimizer.prefer_hash_join = false;
    let planned = engine.plan(&state, session, query).await?;
    physical(&state, &planned).await
}

fn has_hash_join(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.is::<HashJoinExec>() || plan.children().into_iter().any(has_hash_join)
}

/// Executes in a task of its own, so that a panic inside a library is an error of this query and of nothing else, and waits
/// for the first batch, so that what fails at the start fails here.
async fn start(
    engine: &Engine,
    state: &SessionState,
    plan: &Arc<dyn ExecutionPlan>,
) -> Result<stream::BoxStream<'static, Result<RecordBatch>>> {
    let context = engine.task(state);
    let plan = Arc::clone(plan);
    let (sender, receiver) = tokio::sync::mpsc::channel(AHEAD);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let mut batches = match execute_stream(plan, context) {
            Ok(batches) => batches,
            Err(error) => return drop(sender.send(Err(from_datafusion(error))).await),
        };
        while let Some(batch) = batches.next().await {
            if sender.send(batch.map_err(from_datafusion)).await.is_err() {
                break;
            }
        }
    });
    // The task set goes with the stream: dropping the stream aborts the task.
    let mut rows = stream::unfold((receiver, tasks), |(mut receiver, mut tasks)| async move {
        if let Some(batch) = receiver.recv().await {
            return Some((batch, (receiver, tasks)));
        }
        match tasks.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                Some((Err(Error::internal("a library panicked while the query ran").caused_by(error)), (receiver, tasks)))
            }
            _ => None,
        }
    })
    .fuse()
    .boxed();
    let first = rows.try_next().await?;
    Ok(stream::iter(first.map(Ok)).chain(rows).boxed())
}

/// How a plan is shown.
pub(crate) struct Explain {
    pub(crate) analyze: bool,
    pub(crate) verbose: bool,
    pub(crate) format: ExplainFormat,
}

/// Answers `EXPLAIN`: the plan as text, one line a row; with `ANALYZE` the query runs and the plan has its figures.
pub(crate) async fn explain(engine: &Engine, session: &Session, statement: Statement, how: Explain) -> Result<Answer> {
    let Statement::Query(query) = statement else {
        return Err(Error::not_supported("EXPLAIN explains queries only"));
    };
    if !matches!(how.format, ExplainFormat::Text) {
        return Err(Error::not_supported("EXPLAIN answers in FORMAT TEXT only"));
    }
    let state = engine.state();
    let planned = engine.plan(&state, session, &query).await?;
    let physical = physical(&state, &planned).await?;
    let text = if how.analyze {
        start(engine, &state, &physical).await?.try_for_each(|_| async { Ok(()) }).await?;
        DisplayableExecutionPlan::with_metrics(physical.as_ref()).indent(how.verbose).to_string()
    } else {
        DisplayableExecutionPlan::new(physical.as_ref()).indent(how.verbose).to_string()
    };
    let answer = lines("Query Plan", text.lines().map(str::to_string).collect())?;
    Ok(Answer { scanned: Scanned::of(&physical), ..answer })
}

/// An answer of one text column.
pub(crate) fn lines(name: &str, lines: Vec<String>) -> Result<Answer> {
    let schema = Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8, true)]));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(StringArray::from(lines))])
        .map_err(|error| Error::internal(error.to_string()))?;
    let columns = vec![OutputColumn { name: name.to_string(), data_type: DataType::Utf8 }];
    Ok(Answer { columns, rows: stream::iter([Ok(batch)]).boxed(), scanned: Scanned::default() })
}
