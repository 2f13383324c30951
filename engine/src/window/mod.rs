//! Window frames that DataFusion's operator has not: bounds that another row has otherwise (`ROWS x PRECEDING`), that are not
//! whole numbers (`RANGE 0.5 PRECEDING`, `RANGE INTERVAL '1' DAY PRECEDING`) or come in the wrong order (an empty frame), and
//! aggregates with an order of their own (`array_agg(x ORDER BY y) OVER w`).
//!
//! `plan::frame` says the frame as one more argument, [`mark`]; [`plan`] takes it off and makes a call of [`Framed`] over the
//! function, with a [`spec::Spec`] and what the bounds and orders are computed of as further arguments; [`coerce()`] gives those
//! their types. A window function sees a partition at once, so that [`bounds`] can count the frames of all rows, and
//! [`evaluate`] computes the function over each.

mod bounds;
mod coerce;
mod evaluate;
mod function;
mod mark;
mod plan;
pub(crate) mod spec;

pub(crate) use coerce::coerce;
pub(crate) use function::{Framed, functions};
pub(crate) use mark::{MARK, function as mark_function};
pub(crate) use plan::plan;
