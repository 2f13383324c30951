//! `MATCH_RECOGNIZE` in a logical plan.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{DFSchema, DFSchemaRef, Result, internal_err};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, SortExpr, UserDefinedLogicalNodeCore};

use super::leaves::Leaf;
use super::program::{Label, Program};
use crate::plan::pattern_windows::{FIRST, LAST, ROW};

/// What does not change when a plan's expressions and inputs do.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Spec {
    pub(super) program: Program,
    /// The names of variables, in upper case.
    pub(super) variables: Vec<String>,
    /// The variables that have definitions, in the order of those.
    pub(super) defined: Vec<Label>,
    /// The leaves, in the order of their columns.
    pub(super) leaves: Vec<Leaf>,
    pub(super) measures: Vec<String>,
    pub(super) output: Output,
    pub(super) skip: Skip,
    /// The result's columns.
    pub(super) columns: Vec<OutputColumn>,
    /// What the names of a window's own columns begin with.
    pub(super) prefix: String,
}

/// Which rows of a match are in the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Output {
    One,
    All {
        empty: bool,
        unmatched: bool,
    },
    /// Every row of the input, each with the match that is found from it, in its frame: up to so many rows after it as a leaf's
    /// column says, or all.
    Window {
        seek: bool,
        end: Option<usize>,
    },
}

/// Where to look for the next match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Skip {
    PastLastRow,
    ToNextRow,
    /// To the first row of these variables, or the last.
    To {
        first: bool,
        labels: Vec<Label>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum OutputColumn {
    /// A column of the table, by its place in the input.
    Input(usize),
    Measure(usize),
    /// In a window: the row's number, and where its match begins and ends, counted from it.
    Row,
    First,
    Last,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Recognize {
    pub(super) input: LogicalPlan,
    pub(super) spec: Arc<Spec>,
    pub(super) partition: Vec<Expr>,
    pub(super) order: Vec<SortExpr>,
    pub(super) definitions: Vec<Expr>,
    pub(super) measures: Vec<Expr>,
    pub(super) aggregates: Vec<Expr>,
    schema: DFSchemaRef,
}

impl Recognize {
    pub(super) fn new(
        input: LogicalPlan,
        spec: Arc<Spec>,
        partition: Vec<Expr>,
        order: Vec<SortExpr>,
        [definitions, measures, aggregates]: [Vec<Expr>; 3],
    ) -> Result<Self> {
        let mut fields = vec![];
        let number = |name: &str| Arc::new(Field::new(format!("{}{name}", spec.prefix), DataType::Int64, false));
        for column in &spec.columns {
            let field = match *column {
                OutputColumn::Input(at) => {
                    let (qualifier, field) = input.schema().qualified_field(at);
                    // The columns of a window's rows are still those of their tables.
                    let kept = matches!(spec.output, Output::Window { .. });
                    (qualifier.filter(|_| kept).cloned(), Arc::clone(field))
                }
                OutputColumn::Measure(at) => {
                    let r#type = measures[at].get_type(input.schema())?;
                    (None, Arc::new(Field::new(&spec.measures[at], r#type, true)))
                }
                OutputColumn::Row => (None, number(ROW)),
                OutputColumn::First => (None, number(FIRST)),
                OutputColumn::Last => (None, number(LAST)),
            };
            fields.push(field);
        }
        let schema = Arc::new(DFSchema::new_with_metadata(fields, Default::default())?);
        Ok(Self { input, spec, partition, order, definitions, measures, aggregates, schema })
    }
}

impl PartialOrd for Recognize {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self == other).then_some(Ordering::Equal)
    }
}

impl UserDefinedLogicalNodeCore for Recognize {
    fn name(&self) -> &str {
        "MatchRecognize"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        let order = self.order.iter().map(|sort| &sort.expr);
        let all = self.partition.iter().chain(order).chain(&self.definitions).chain(&self.measures).chain(&self.aggregates);
        all.cloned().collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |exprs: &[Expr]| exprs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        write!(f, "MatchRecognize: partition=[{}], define=[{}]", list(&self.partition), list(&self.definitions))
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let Some(input) = inputs.into_iter().next() else { return internal_err!("MatchRecognize has one input") };
        let mut exprs = exprs.into_iter();
        let mut next = |count: usize| exprs.by_ref().take(count).collect::<Vec<_>>();
        let partition = next(self.partition.len());
        let order = self.order.iter().zip(next(self.order.len())).map(|(sort, expr)| SortExpr { expr, ..sort.clone() }).collect();
        let groups = [next(self.definitions.len()), next(self.measures.len()), next(self.aggregates.len())];
        Self::new(input, Arc::clone(&self.spec), partition, order, groups)
    }
}
