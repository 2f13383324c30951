//! `EXPLAIN`: how a query would be run, whether it is right, or what it reads. `ANALYZE` runs it and gives the figures.

use catalog::{Error, Result};
use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::sql::sqlparser::ast::Query;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use sql::{ExplainFormat, ExplainKind, Statement, TableSource};
use std::sync::Arc;

use crate::deadline::Deadline;
use crate::engine::{Answer, Engine, OutputColumn, Session};
use crate::query::{executable, lines, start};
use crate::scanned::Scanned;
use crate::types::Type;

/// How a plan is shown.
pub(crate) struct Explain {
    pub(crate) analyze: bool,
    pub(crate) verbose: bool,
    pub(crate) format: ExplainFormat,
    pub(crate) kind: ExplainKind,
}

/// Answers `EXPLAIN`: text, one line a row.
pub(crate) async fn explain(
    engine: &Engine,
    session: &Session,
    statement: Statement,
    how: Explain,
    deadline: Deadline,
) -> Result<Answer> {
    let Statement::Query(query) = statement else {
        return Err(Error::not_supported("EXPLAIN explains queries only"));
    };
    if how.format == ExplainFormat::Graphviz || how.analyze && how.format != ExplainFormat::Text {
        return Err(Error::not_supported("EXPLAIN answers in FORMAT TEXT or JSON only, EXPLAIN ANALYZE in TEXT"));
    }
    let as_json = how.format == ExplainFormat::Json;
    let state = engine.state(session);
    let planned = engine.plan(&state, session, &query).await?;
    match how.kind {
        ExplainKind::Validate => return valid(),
        ExplainKind::Io => return printed(&reads(&query, session)),
        ExplainKind::Logical if as_json => return printed(&logical(&planned.logical)),
        ExplainKind::Logical => return plan_lines(&planned.logical.display_indent().to_string()),
        ExplainKind::Distributed => {}
    }
    let physical = executable(&state, &planned).await?;
    if as_json {
        return printed(&node(physical.as_ref()));
    }
    let text = if how.analyze {
        start(engine, &state, &physical, deadline).await?.try_for_each(|_| async { Ok(()) }).await?;
        DisplayableExecutionPlan::with_metrics(physical.as_ref()).indent(how.verbose).to_string()
    } else {
        DisplayableExecutionPlan::new(physical.as_ref()).indent(how.verbose).to_string()
    };
    Ok(Answer { scanned: Scanned::of(&physical), ..plan_lines(&text)? })
}

fn plan_lines(text: &str) -> Result<Answer> {
    lines("Query Plan", text.lines().map(str::to_string).collect())
}

fn printed(value: &Value) -> Result<Answer> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::internal(error.to_string()))?;
    plan_lines(&text)
}

/// That a query could be planned.
fn valid() -> Result<Answer> {
    let schema = Arc::new(Schema::new(vec![Field::new("Valid", DataType::Boolean, true)]));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(BooleanArray::from(vec![true]))])
        .map_err(|error| Error::internal(error.to_string()))?;
    let columns = vec![OutputColumn { name: "Valid".to_string(), r#type: Type::Boolean, data_type: DataType::Boolean }];
    Ok(Answer { columns, rows: stream::iter([Ok(batch)]).boxed(), scanned: Scanned::default() })
}

/// The tables that a query reads, as Trino's `EXPLAIN (TYPE IO)` names them.
fn reads(query: &Query, session: &Session) -> Value {
    let tables = sql::tables(&Statement::Query(Box::new(query.clone())));
    let tables = tables.into_iter().map(|table| match table.source {
        TableSource::Name(name) => {
            let schema = name.database.as_deref().unwrap_or(&session.database);
            json!({"table": {"catalog": "awsdatacatalog", "schemaTable": {"schema": schema, "table": name.name}}})
        }
        TableSource::Location(location) => json!({"location": location}),
    });
    json!({ "inputTableColumnInfos": tables.collect::<Vec<_>>() })
}

fn logical(plan: &LogicalPlan) -> Value {
    let outputs = plan.schema().fields().iter().map(|field| output(field.name(), field.data_type()));
    let children: Vec<Value> = plan.inputs().into_iter().map(logical).collect();
    let text = plan.display().to_string();
    let name = text.split(':').next().unwrap_or_default();
    json!({ "name": name, "outputs": outputs.collect::<Vec<_>>(), "details": [text], "children": children })
}

fn node(plan: &dyn ExecutionPlan) -> Value {
    let schema = plan.schema();
    let outputs = schema.fields().iter().map(|field| output(field.name(), field.data_type()));
    let details = DisplayableExecutionPlan::new(plan).one_line().to_string();
    let children: Vec<Value> = plan.children().into_iter().map(|child| node(child.as_ref())).collect();
    json!({ "name": plan.name(), "outputs": outputs.collect::<Vec<_>>(), "details": [details.trim_end()], "children": children })
}

fn output(name: &str, data_type: &DataType) -> Value {
    let r#type = Type::of(data_type).map_or_else(|_| data_type.to_string(), |known| known.to_string());
    json!({ "name": name, "type": r#type })
}
