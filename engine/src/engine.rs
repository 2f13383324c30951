//! `Engine`: what runs statements. It owns the catalog, the storage and the resources that queries share; a [`Session`] is
//! what one user has chosen, an [`Answer`] is a running statement.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use catalog::storage::Storage;
use catalog::{Error, Result};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SessionState, TaskContext};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::sqlparser::ast::Query;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use sql::{Door, Statement};
use tokio::runtime::Handle;

use crate::command;
use crate::command::name::known_catalog;
use crate::compute::Compute;
use crate::deadline::Deadline;
use crate::explain;
use crate::listing;
use crate::memory::{self, QueryPool};
use crate::plan::scope::{Catalog, Scope};
use crate::plan::{Planned, Planner};
use crate::properties::Properties;
use crate::query;
use crate::scan::snapshot::Lake;
use crate::scanned::Scanned;
use crate::session::{self, Resources};
use crate::session_statement;
use crate::system::Seen;
use crate::types::Type;

/// What an engine may use.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Bytes of memory for all queries together; by default 70 % of the container or machine.
    pub memory: Option<usize>,
    /// Threads that a query computes with; by default one per processor.
    pub threads: Option<usize>,
    /// The folder that operators spill to.
    pub spill: PathBuf,
    /// How many bytes they may spill together; by default 80 % of what the disk has free when the engine is made.
    pub spill_limit: Option<u64>,
    /// Whether `SELECT … FROM 's3://bucket/path/*.json'` is allowed: in local commands, not in a server.
    pub locations: bool,
}

/// What one user of the engine has chosen.
#[derive(Debug, Clone)]
pub struct Session {
    /// By which door its statements come: some differ by it.
    pub door: Door,
    /// The catalog of names that have none. Where it is none that there is, names have to say theirs.
    pub catalog: String,
    /// The database of names that have none.
    pub database: String,
    /// How long a statement may take, from its text to its last row; then it is cancelled with the error `TimedOut`.
    pub timeout: Option<Duration>,
    /// What changes the meaning of statements. When a query began is set where it begins.
    pub properties: Properties,
    /// What RESET SESSION goes back to.
    pub defaults: Properties,
    /// The texts of statements prepared in this session, by name. A server's belong to its work groups.
    pub prepared: BTreeMap<String, String>,
    /// The queries that `system.runtime.queries` shows, and `kill_query` ends.
    pub queries: Option<Seen>,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            door: Door::Athena,
            catalog: Catalog::Lake.name().to_string(),
            database: "default".to_string(),
            timeout: None,
            properties: Properties::default(),
            defaults: Properties::default(),
            prepared: BTreeMap::new(),
            queries: None,
        }
    }
}

/// A column of an answer: its name as the user wrote it (names may repeat), its type, and how its values are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    pub r#type: Type,
    pub data_type: DataType,
}

impl OutputColumn {
    /// A column of texts.
    pub(crate) fn text(name: &str) -> Self {
        Self { name: name.to_owned(), r#type: Type::VARCHAR, data_type: DataType::Utf8 }
    }
}

/// A running statement. Dropping it cancels the statement at once and frees what it held.
pub struct Answer {
    pub columns: Vec<OutputColumn>,
    /// Every batch has one array per column of `columns`.
    pub rows: BoxStream<'static, Result<RecordBatch>>,
    /// What it has read so far.
    pub scanned: Scanned,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl From<command::Rows> for Answer {
    fn from(rows: command::Rows) -> Self {
        let column = |c: &command::Column| OutputColumn::text(c.name);
        Self { columns: rows.columns.iter().map(column).collect(), rows: rows.batches, scanned: Scanned::default() }
    }
}

impl Answer {
    /// Rows that are all there, by columns of the same length.
    pub(crate) fn of(columns: Vec<(&str, ArrayRef)>) -> Result<Self> {
        let output = columns.iter().map(|(name, values)| {
            let data_type = values.data_type().clone();
            Ok(OutputColumn { name: (*name).to_string(), r#type: Type::of(&data_type)?, data_type })
        });
        let output = output.collect::<Result<Vec<OutputColumn>>>()?;
        let fields: Vec<Field> = output.iter().map(|column| Field::new(&column.name, column.data_type.clone(), true)).collect();
        let values = columns.into_iter().map(|(_, values)| values).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), values)
            .map_err(|error| Error::internal(format!("an answer: {error}")).caused_by(error))?;
        Ok(Self { columns: output, rows: stream::iter([Ok(batch)]).boxed(), scanned: Scanned::default() })
    }

    /// The answer's schema with the names as written, which may repeat.
    pub fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|c| Field::new(&c.name, c.data_type.clone(), true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// Runs statements. Cheap to clone; clones share memory limits and stores.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    catalog: Arc<dyn catalog::Catalog>,
    resources: Resources,
    runtime: RuntimeEnv,
    compute: Arc<Compute>,
    /// All functions, by their names.
    library: Arc<SessionState>,
    /// What every query's state is a copy of.
    template: SessionState,
    memory: Arc<dyn MemoryPool>,
    memory_limit: usize,
    locations: bool,
}

impl Engine {
    /// Errors: `InvalidInput` when the spill folder cannot be made, `Unavailable` when there are no threads.
    pub fn new(catalog: Arc<dyn catalog::Catalog>, storage: Storage, settings: Settings) -> Result<Self> {
        let threads = settings.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
        let memory_limit = settings.memory.unwrap_or_else(memory::default_limit);
        session::prepare_spill(&settings.spill)?;
        let resources = Resources {
            storage,
            threads: threads.max(1),
            spill_limit: settings.spill_limit.unwrap_or_else(|| session::default_spill_limit(&settings.spill)),
            spill: settings.spill,
            memory: memory_limit,
        };
        let runtime = session::runtime(&resources)?;
        let most_named = std::num::NonZeroUsize::new(3).ok_or_else(|| Error::internal("3 is 0"))?;
        let library = Arc::new(session::state(&resources, Arc::new(runtime.clone()))?);
        Ok(Self(Arc::new(Shared {
            catalog,
            template: session::without_functions(&library),
            library,
            runtime,
            compute: Arc::new(Compute::new(resources.threads)?),
            resources,
            memory: Arc::new(TrackConsumersPool::new(GreedyMemoryPool::new(memory_limit), most_named)),
            memory_limit,
            locations: settings.locations,
        })))
    }

    /// The same engine, its memory and limits shared, over what one caller may see.
    #[must_use]
    pub fn narrowed(&self, catalog: Arc<dyn catalog::Catalog>, storage: Storage) -> Self {
        let Shared { resources, runtime, compute, library, template, memory, memory_limit, locations, .. } = &*self.0;
        let mut template = template.clone();
        template.config_mut().set_extension(Arc::new(storage.clone()));
        Self(Arc::new(Shared {
            catalog,
            library: Arc::clone(library),
            template,
            compute: Arc::clone(compute),
            runtime: session::over(runtime, &storage),
            resources: Resources { storage, ..resources.clone() },
            memory: Arc::clone(memory),
            memory_limit: *memory_limit,
            locations: *locations,
        }))
    }

    pub fn catalog(&self) -> &Arc<dyn catalog::Catalog> {
        &self.0.catalog
    }

    pub fn storage(&self) -> &Storage {
        &self.0.resources.storage
    }

    /// Bytes of memory that running queries hold.
    pub fn reserved(&self) -> usize {
        self.0.memory.reserved()
    }

    /// The names of all functions, in order: what an editor completes.
    pub fn functions(&self) -> Vec<String> {
        let names: std::collections::BTreeSet<&str> = crate::functions::listed().map(|listed| listed.name).collect();
        names.into_iter().map(str::to_string).collect()
    }

    /// Parses, plans and starts one statement. `session` changes only by statements that say so (`USE`).
    pub async fn run(&self, session: &mut Session, text: &str) -> Result<Answer> {
        self.execute(session, sql::parse_by(session.door, text)?).await
    }

    /// Plans and starts one statement that is parsed already; otherwise as [`Self::run`].
    pub async fn execute(&self, session: &mut Session, statement: Statement) -> Result<Answer> {
        let deadline = Deadline::after(session.timeout);
        let answer = deadline.bound(self.start(session, statement, deadline)).await?;
        Ok(Answer { rows: deadline.rows(answer.rows), ..answer })
    }

    async fn start(&self, session: &mut Session, statement: Statement, deadline: Deadline) -> Result<Answer> {
        match statement {
            Statement::Query(query) => query::run(self, session, *query, deadline).await,
            Statement::Explain { analyze, verbose, format, kind, statement } => {
                let how = explain::Explain { analyze, verbose, format, kind };
                let answer = explain::explain(self, session, *statement, how, deadline).await?;
                if session.door == Door::Trino { listing::joined(answer).await } else { Ok(answer) }
            }
            Statement::Execute { name, parameters } => match session.bound(&name, parameters)? {
                Statement::Query(query) => query::run(self, session, *query, deadline).await,
                statement => self.command(session, statement).await,
            },
            statement => match session_statement::run(self, session, &statement).await? {
                Some(answer) => Ok(answer),
                None => self.command(session, statement).await,
            },
        }
    }

    pub(crate) async fn command(&self, session: &mut Session, statement: Statement) -> Result<Answer> {
        let planned_in = session.clone();
        let describe_query = |query: Box<Query>| self.columns_of(query, planned_in.clone()).boxed();
        if session.door == Door::Trino {
            // A session may be in `system`, or in a catalog that there is not.
            known_catalog(Some(&session.catalog))?;
        }
        let context = command::Context {
            catalog: &self.0.catalog,
            storage: &self.0.resources.storage,
            database: &mut session.database,
            decimal_literals: session.properties.decimal_literals,
            describe_query: &describe_query,
        };
        Ok(command::run(context, statement).await?.into())
    }

    /// The columns of a query that a view keeps.
    async fn columns_of(&self, query: Box<Query>, session: Session) -> Result<Vec<(String, Type)>> {
        Ok(self.describe(&session, &query).await?.into_iter().map(|column| (column.name, column.r#type)).collect())
    }

    /// Plans a query without running it: the names and Arrow types of its columns.
    pub async fn describe(&self, session: &Session, query: &Query) -> Result<Vec<OutputColumn>> {
        let state = self.state(session);
        query::columns(&self.plan(&state, session, query).await?)
    }

    /// Plans a query down to what would be executed, for whoever executes it elsewhere: see [`crate::LakeCodec`].
    pub async fn physical_plan(&self, session: &Session, query: &Query) -> Result<Arc<dyn ExecutionPlan>> {
        let state = self.state(session);
        query::physical(&state, &self.plan(&state, session, query).await?).await
    }

    /// What a worker executes a plan of `session` with, and decodes it: functions see the session's options.
    pub fn task_context(&self, session: &Session) -> Arc<TaskContext> {
        let state = self.state(session);
        let mut with_functions = SessionState::clone(&self.0.library);
        *with_functions.config_mut() = state.config().clone();
        self.task(&with_functions)
    }

    /// What a plan of `state` runs with: a memory pool of its own.
    pub(crate) fn task(&self, state: &SessionState) -> Arc<TaskContext> {
        let pool = Arc::new(QueryPool::new(Arc::clone(&self.0.memory), self.0.memory_limit));
        Arc::new(TaskContext::from(state).with_runtime(session::query_runtime(&self.0.runtime, pool)))
    }

    /// The threads that queries compute on.
    pub(crate) fn compute(&self) -> &Handle {
        self.0.compute.handle()
    }

    pub(crate) async fn plan(&self, state: &SessionState, session: &Session, query: &Query) -> Result<Planned> {
        let lake = Arc::new(Lake::new(Arc::clone(&self.0.catalog), self.0.resources.storage.clone()));
        let Shared { library, locations, .. } = &*self.0;
        let planner = Planner { lake: &lake, state, library, locations: *locations, queries: session.queries.as_ref() };
        let scope = Scope { catalog: session.catalog.clone(), database: session.database.clone(), decimal_literals: None };
        planner.plan(query, scope).await
    }

    /// A state for one query of `session`, whose `now` is now.
    pub(crate) fn state(&self, session: &Session) -> SessionState {
        let mut state = self.0.template.clone();
        let Session { catalog, database, properties, .. } = session.clone();
        let properties = Properties { start: chrono::Utc::now(), catalog, schema: database, ..properties };
        state.config_mut().options_mut().extensions.insert(properties);
        // This keeps the options as they are now for the functions that it will run.
        state.mark_start_execution();
        state
    }
}
