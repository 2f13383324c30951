//! `max_by` and `min_by`, and with a number `n` also `max` and `min`: the values at the largest or smallest of others.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::keyed::array;
use crate::functions::invalid;
use crate::values::key::{Keys, NaN};
use crate::values::list::as_list;

/// Which end is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Largest,
    Smallest,
}

impl End {
    /// Trino's aggregates take NaN only where there is nothing else.
    fn nan(self) -> NaN {
        match self {
            Self::Largest => NaN::Smallest,
            Self::Smallest => NaN::Largest,
        }
    }

    fn better(self, key: &[u8], than: &[u8]) -> bool {
        match self {
            Self::Largest => key > than,
            Self::Smallest => key < than,
        }
    }
}

/// `max_by(value, by)`, `min_by(value, by)`: the first of equals.
#[derive(Debug)]
pub(super) struct One {
    end: End,
    value_type: DataType,
    by_type: DataType,
    best: Option<(Box<[u8]>, ScalarValue, ScalarValue)>,
}

impl One {
    pub(super) fn new(end: End, value_type: &DataType, by_type: &DataType) -> Self {
        Self { end, value_type: value_type.clone(), by_type: by_type.clone(), best: None }
    }
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [value, by] = values else { return super::arguments(2, values) };
        let keys = Keys::with(by, self.end.nan())?;
        let valid = (0..by.len()).filter(|at| by.is_valid(*at));
        let best = valid.reduce(|best, at| if self.end.better(keys.get(at), keys.get(best)) { at } else { best });
        let Some(at) = best else { return Ok(()) };
        if self.best.as_ref().is_none_or(|(best, ..)| self.end.better(keys.get(at), best)) {
            let value = ScalarValue::try_from_array(value, at)?.compacted();
            self.best = Some((keys.get(at).into(), value, ScalarValue::try_from_array(by, at)?.compacted()));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match &self.best {
            Some((_, value, _)) => Ok(value.clone()),
            None => ScalarValue::try_from(&self.value_type),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.best.as_ref().map_or(0, |(key, value, by)| key.len() + value.size() + by.size())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        match &self.best {
            Some((_, value, by)) => Ok(vec![value.clone(), by.clone()]),
            None => Ok(vec![ScalarValue::try_from(&self.value_type)?, ScalarValue::try_from(&self.by_type)?]),
        }
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
}

/// What `n` may be, as Trino limits it.
const MOST: i64 = 10_000;

/// The best `n`, best first: an array.
#[derive(Debug)]
pub(super) struct Several {
    end: End,
    /// `max(value, n)` has no other value to go by.
    by_itself: bool,
    value_type: DataType,
    by_type: DataType,
    n: Option<i64>,
    best: Vec<(Box<[u8]>, ScalarValue, ScalarValue)>,
}

impl Several {
    /// `max_by(value, by, n)` and `min_by(value, by, n)`.
    pub(super) fn by(end: End, value_type: &DataType, by_type: &DataType) -> Self {
        let (value_type, by_type) = (value_type.clone(), by_type.clone());
        Self { end, by_itself: false, value_type, by_type, n: None, best: Vec::new() }
    }

    /// `max(value, n)` and `min(value, n)`.
    pub(super) fn itself(end: End, value_type: &DataType) -> Self {
        Self { by_itself: true, ..Self::by(end, value_type, value_type) }
    }

    fn limit(&mut self, n: Option<i64>) -> Result<usize> {
        let (place, name) = if self.by_itself { ("second", "max_n/min_n") } else { ("third", "max_by/min_by") };
        let Some(n) = n else { return Err(invalid(format!("{place} argument of {name} must not be NULL"))) };
        if n <= 0 {
            return Err(invalid(format!("{place} argument of {name} must be a positive integer")));
        }
        if n > MOST {
            return Err(invalid(format!("{place} argument of {name} must be less than or equal to {MOST}; found {n}")));
        }
        if self.n.is_some_and(|before| before != n) {
            return Err(invalid(format!("{place} argument of {name} must be the same in all rows")));
        }
        self.n = Some(n);
        Ok(n as usize)
    }

    /// Takes the values in that are among the best; of equals the ones that came first.
    fn take(&mut self, value: &ArrayRef, by: &ArrayRef, limit: usize) -> Result<()> {
        let keys = Keys::with(by, self.end.nan())?;
        for at in (0..by.len()).filter(|at| by.is_valid(*at)) {
            let key = keys.get(at);
            let place = self.best.partition_point(|(best, ..)| !self.end.better(key, best));
            if place < limit {
                let value = ScalarValue::try_from_array(value, at)?.compacted();
                let by = if self.by_itself { ScalarValue::Null } else { ScalarValue::try_from_array(by, at)?.compacted() };
                self.best.insert(place, (key.into(), value, by));
                self.best.truncate(limit);
            }
        }
        Ok(())
    }

    fn values(&self) -> Result<ArrayRef> {
        array(&self.value_type, self.best.iter().map(|(_, value, _)| value.clone()))
    }
}

impl Accumulator for Several {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (value, by, n) = match values {
            [value, n] if self.by_itself => (value, value, n),
            [value, by, n] => (value, by, n),
            _ => return super::arguments(3, values),
        };
        let numbers = n.as_primitive::<Int64Type>();
        let Some(first) = numbers.iter().next() else { return Ok(()) };
        let limit = self.limit(first)?;
        for n in numbers {
            if n != first {
                self.limit(n)?;
            }
        }
        self.take(value, by, limit)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.best.is_empty() {
            return ScalarValue::try_from(&DataType::List(crate::values::list::element(&self.value_type)));
        }
        super::one_list(self.values()?)
    }

    fn size(&self) -> usize {
        let best: usize = self.best.iter().map(|(key, value, by)| key.len() + value.size() + by.size()).sum();
        size_of_val(self) + best
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = super::one_list(self.values()?)?;
        let by = if self.by_itself {
            values.clone()
        } else {
            super::one_list(array(&self.by_type, self.best.iter().map(|(.., by)| by.clone()))?)?
        };
        Ok(vec![ScalarValue::Int64(self.n), values, by])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [n, values, by] = states else { return super::arguments(3, states) };
        let (values, by) = (as_list(values)?, as_list(by)?);
        for (row, n) in n.as_primitive::<Int64Type>().iter().enumerate() {
            if n.is_some() {
                let limit = self.limit(n)?;
                self.take(&values.value(row), &by.value(row), limit)?;
            }
        }
        Ok(())
    }
}
