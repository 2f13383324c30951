//! What DataFusion's planner may ask while it plans one query: the tables that were resolved before, and the functions of the
//! session that Trino has, too. Nothing is looked up any more.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Result, TableReference};
use datafusion::config::ConfigOptions;
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::execution::SessionState;
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner, RelationPlanner, TypePlanner};
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};

use super::scope::{FullName, Scope};
use crate::coerce::Operators;
use crate::error::into_datafusion;
use crate::functions::has;
use crate::functions::library::{AGGREGATE, SCALAR, WINDOW};
use crate::properties::Properties;

pub(crate) struct Context<'a> {
    pub(crate) state: &'a SessionState,
    /// What has the functions.
    library: &'a SessionState,
    pub(crate) scope: &'a Scope,
    pub(crate) tables: HashMap<FullName, Arc<dyn TableSource>>,
    /// Those that the query defines for itself.
    pub(crate) functions: HashMap<String, Arc<ScalarUDF>>,
    /// The session's, and before them ours for operators.
    pub(crate) planners: Vec<Arc<dyn ExprPlanner>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        (state, library): (&'a SessionState, &'a SessionState),
        scope: &'a Scope,
        tables: HashMap<FullName, Arc<dyn TableSource>>,
    ) -> Self {
        let operators: Arc<dyn ExprPlanner> = Arc::new(Operators::new(&Properties::of(state.config_options())));
        let planners = std::iter::once(operators).chain(state.expr_planners().iter().cloned()).collect();
        Self { state, library, scope, tables, functions: HashMap::new(), planners }
    }
}

impl ContextProvider for Context<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        let folded = self.scope.completed(name.catalog(), name.schema(), name.table()).map_err(into_datafusion)?;
        // Names of files are kept as they are.
        let full = FullName { table: name.table().to_string(), ..folded.clone() };
        let found = self.tables.get(&full).or_else(|| self.tables.get(&folded));
        found.cloned().ok_or_else(|| into_datafusion(full.missing()))
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> Result<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(name, schema))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.planners
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        self.state.relation_planners()
    }

    fn get_type_planner(&self) -> Option<Arc<dyn TypePlanner>> {
        Some(Arc::new(super::lower::Types))
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        let of_session = || self.library.scalar_functions().get(name).filter(|_| has(SCALAR, name));
        self.functions.get(name).or_else(of_session).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.library.higher_order_functions().get(name).filter(|_| has(SCALAR, name)).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.library.aggregate_functions().get(name).filter(|_| has(AGGREGATE, name)).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.library.window_functions().get(name).filter(|_| has(WINDOW, name)).cloned()
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.state.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        self.library.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.library.higher_order_functions().keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.library.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.library.window_functions().keys().cloned().collect()
    }
}
