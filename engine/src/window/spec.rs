//! What a frame is, apart from the values that it is computed of: written into a plan as a literal.

use catalog::Error;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Expr;
use serde::{Deserialize, Serialize};

use crate::error::into_datafusion;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Units {
    Rows,
    Range,
    Groups,
}

/// One end of a frame; unbounded is before the first row as a start and after the last as an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Bound {
    Unbounded,
    CurrentRow,
    Preceding,
    Following,
}

impl Bound {
    pub(crate) fn has_offset(self) -> bool {
        matches!(self, Self::Preceding | Self::Following)
    }
}

/// How one sorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// A frame and what stands around it. The arguments of a call are those of the function, the spec itself, and then the filter,
/// what each bound with an offset is computed of (see [`Spec::of_bound`]), the window's sort keys and the aggregate's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub(crate) units: Units,
    pub(crate) start: Bound,
    pub(crate) end: Bound,
    pub(crate) distinct: bool,
    pub(crate) ignore_nulls: bool,
    pub(crate) filter: bool,
    /// Of the window.
    pub(crate) keys: Vec<Order>,
    /// Of the aggregate's arguments.
    pub(crate) order: Vec<Order>,
}

impl Spec {
    /// How many arguments a bound has: its offset, and with RANGE the value that it is at and the sort key in the value's type.
    pub(crate) fn of_bound(&self, bound: Bound) -> usize {
        match self.units {
            _ if !bound.has_offset() => 0,
            Units::Range => 3,
            Units::Rows | Units::Groups => 1,
        }
    }

    /// As a literal of a type that no value of a query has.
    pub(crate) fn literal(&self) -> Result<Expr> {
        let text = serde_json::to_vec(self).map_err(|error| internal(&format!("a frame cannot be written: {error}")))?;
        Ok(Expr::Literal(ScalarValue::LargeBinary(Some(text)), None))
    }

    pub(crate) fn read(value: &ScalarValue) -> Result<Self> {
        let ScalarValue::LargeBinary(Some(text)) = value else { return Err(internal("a frame is not where it should be")) };
        serde_json::from_slice(text).map_err(|error| internal(&format!("a frame cannot be read: {error}")))
    }
}

pub(super) fn internal(message: &str) -> datafusion::common::DataFusionError {
    into_datafusion(Error::internal(message))
}
