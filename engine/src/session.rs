//! The one function that builds a DataFusion `SessionState`: for coordinator, worker, shell and tests alike. DataFusion's own
//! catalogs stay empty; tables come from [`crate::plan`].

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use catalog::storage::Storage;
use catalog::{Error, Result};
use datafusion::config::ConfigOptions;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::object_store::ObjectStoreRegistry;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::AggregateUDF;
use datafusion::object_store::ObjectStore;
use datafusion::optimizer::AnalyzerRule;
use datafusion::optimizer::analyzer::resolve_grouping_function::ResolveGroupingFunction;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::SessionConfig;
use url::Url;

use crate::coerce::Coercion;
use crate::error::{from_datafusion, into_datafusion};
use crate::functions;
use crate::optimize;
use crate::pattern;
use crate::plan::decorrelate::{Decorrelate, Single};
use crate::plan::lambda_places::LambdaPlaces;
use crate::plan::relation::{self, Relations};
use crate::properties::Properties;
use crate::window;

/// What a state is built from.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    pub(crate) storage: Storage,
    pub(crate) threads: usize,
    /// Where operators spill, and how much at most, in bytes.
    pub(crate) spill: PathBuf,
    pub(crate) spill_limit: u64,
    /// Bytes of memory of all queries together.
    pub(crate) memory: usize,
}

/// The runtime of an engine: its stores, its spill folder; no listing is ever cached (DataFusion's default keeps them without
/// expiry, so new objects would stay unseen).
pub(crate) fn runtime(resources: &Resources) -> Result<RuntimeEnv> {
    let disk = DiskManagerBuilder::default()
        .with_mode(DiskManagerMode::Directories(vec![resources.spill.clone()]))
        .with_max_temp_directory_size(resources.spill_limit);
    RuntimeEnvBuilder::new()
        .with_object_store_registry(Arc::new(Stores(resources.storage.clone())))
        .with_object_list_cache_limit(0)
        .with_disk_manager_builder(disk)
        .build()
        .map_err(from_datafusion)
}

/// The runtime of one query: the engine's, with the query's own memory pool.
pub(crate) fn query_runtime(engine: &RuntimeEnv, pool: Arc<dyn MemoryPool>) -> Arc<RuntimeEnv> {
    Arc::new(RuntimeEnv { memory_pool: pool, ..engine.clone() })
}

/// The runtime over another storage, the rest shared.
pub(crate) fn over(engine: &RuntimeEnv, storage: &Storage) -> RuntimeEnv {
    RuntimeEnv { object_store_registry: Arc::new(Stores(storage.clone())), ..engine.clone() }
}

/// A state over `runtime` with all functions. They, the rules and the options are the same wherever a plan is made or run.
///
/// Errors: `Internal` where a function's table cannot be read.
pub(crate) fn state(resources: &Resources, runtime: Arc<RuntimeEnv>) -> Result<SessionState> {
    let mut options = ConfigOptions::default();
    options.catalog.create_default_catalog_and_schema = false;
    options.catalog.information_schema = false;
    options.execution.target_partitions = resources.threads;
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    options.execution.parquet.coerce_int96 = Some("ms".to_string());
    // A sort keeps this much back for merging what it spilled. DataFusion's 10 MB for each of several sorts would leave small
    // memory limits without room for anything else.
    let sorts = 32 * resources.threads;
    options.execution.sort_spill_reservation_bytes = (resources.memory / sorts).clamp(64 << 10, 10 << 20);
    options.optimizer.max_passes = optimize::PASSES;
    options.sql_parser.collect_spans = true;
    // Trino sorts NULLs last in both directions ("SELECT: ORDER BY clause").
    options.sql_parser.default_null_ordering = "nulls_last".to_string();
    options.extensions.insert(Properties::default());
    let config = SessionConfig::from(options).with_extension(Arc::new(resources.storage.clone()));
    let mut builder = SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features();
    let lambdas = functions::lambda::all()?;
    let scalars = builder.scalar_functions().get_or_insert_default();
    // DataFusion looks for a function without lambdas first.
    scalars.retain(|library| lambdas.iter().all(|ours| ours.name() != library.name()));
    // Ours come last: they replace those of the same name.
    scalars.extend(functions::all()?);
    scalars.extend(relation::functions());
    scalars.push(window::mark_function());
    let aggregates = builder.aggregate_functions().get_or_insert_default();
    aggregates.extend(functions::aggregate::all()?);
    aggregates.push(Arc::new(AggregateUDF::new_from_impl(Single::default())));
    let framed = window::functions(aggregates.iter());
    builder.window_functions().get_or_insert_default().extend(framed);
    builder.higher_order_functions().get_or_insert_default().extend(lambdas);
    builder.relation_planners().get_or_insert_default().push(Arc::new(Relations));
    let rules: Vec<Arc<dyn AnalyzerRule + Send + Sync>> =
        vec![Arc::new(Decorrelate), Arc::new(ResolveGroupingFunction::new()), Arc::new(Coercion)];
    let mut physical = PhysicalOptimizer::new().rules;
    physical.insert(0, Arc::new(LambdaPlaces));
    let builder = builder.with_analyzer_rules(rules).with_physical_optimizer_rules(physical);
    Ok(builder.with_query_planner(Arc::new(pattern::Planner)).build())
}

/// The same without functions, which the planner looks up in the state that has them: a copy is made for every query, and to copy
/// some thousand names takes longer than to plan a small one.
pub(crate) fn without_functions(state: &SessionState) -> SessionState {
    // The optimizer asks for it where DISTINCT ON becomes an aggregation.
    let kept = state.aggregate_functions().get("first_value").cloned();
    SessionStateBuilder::new_from_existing(state.clone())
        .with_scalar_functions(Vec::new())
        .with_higher_order_functions(Vec::new())
        .with_aggregate_functions(kept.into_iter().collect())
        .with_window_functions(Vec::new())
        .with_table_function_list(Vec::new())
        .with_table_factories(HashMap::new())
        .with_file_formats(Vec::new())
        .build()
}

/// Object stores by URL, from the one place that knows them.
#[derive(Debug)]
struct Stores(Storage);

impl ObjectStoreRegistry for Stores {
    fn register_store(&self, _url: &Url, _store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &Url) -> datafusion::common::Result<Arc<dyn ObjectStore>> {
        self.0.registered(url).map_err(into_datafusion)
    }
}

/// 80 % of what is free on the disk of `folder`, in bytes; 100 GiB where that is not known.
pub(crate) fn default_spill_limit(folder: &std::path::Path) -> u64 {
    match rustix::fs::statvfs(folder) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize) / 10 * 8,
        Err(_) => 100 << 30,
    }
}

/// The spill folder, made where it is missing.
pub(crate) fn prepare_spill(folder: &std::path::Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Error::invalid(format!("the spill folder {} cannot be made: {error}", folder.display())).caused_by(error)
    })
}
