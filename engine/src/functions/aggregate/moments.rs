//! Aggregates of a few sums: `kurtosis`, `skewness`, `entropy`, `geometric_mean`, `count_if`.

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::arguments;
use crate::functions::invalid;

/// What is made of the central moments of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Kurtosis,
    Skewness,
}

/// Count, mean and the sums of the second, third and fourth powers of differences from the mean.
#[derive(Debug)]
pub(super) struct Moments {
    shape: Shape,
    sums: Sums,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    count: f64,
    mean: f64,
    second: f64,
    third: f64,
    fourth: f64,
}

impl Sums {
    /// The sums of two sets of numbers together (Pébay 2008, the formulas 3.1).
    fn with(self, other: Self) -> Self {
        if self.count == 0.0 {
            return other;
        }
        if other.count == 0.0 {
            return self;
        }
        let (a, b) = (self.count, other.count);
        let count = a + b;
        let delta = other.mean - self.mean;
        let share = delta / count;
        let cross = delta * share * a * b;
        Self {
            count,
            mean: self.mean + b * share,
            second: self.second + other.second + cross,
            third: self.third + other.third + cross * share * (a - b) + 3.0 * share * (a * other.second - b * self.second),
            fourth: self.fourth
                + other.fourth
                + cross * share * share * (a * a - a * b + b * b)
                + 6.0 * share * share * (a * a * other.second + b * b * self.second)
                + 4.0 * share * (a * other.third - b * self.third),
        }
    }
}

impl Moments {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, sums: Sums::default() }
    }
}

impl Accumulator for Moments {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values] = values else { return arguments(1, values) };
        for value in values.as_primitive::<Float64Type>().iter().flatten() {
            self.sums = self.sums.with(Sums { count: 1.0, mean: value, ..Sums::default() });
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let Sums { count: n, second, third, fourth, .. } = self.sums;
        Ok(ScalarValue::Float64(match self.shape {
            Shape::Skewness => (n >= 3.0).then(|| n.sqrt() * third / second.powf(1.5)),
            Shape::Kurtosis => (n >= 4.0).then(|| {
                let scale = (n - 1.0) * n * (n + 1.0) / ((n - 2.0) * (n - 3.0));
                scale * fourth / (second * second) - 3.0 * ((n - 1.0) * (n - 1.0)) / ((n - 2.0) * (n - 3.0))
            }),
        }))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let Sums { count, mean, second, third, fourth } = self.sums;
        Ok([count, mean, second, third, fourth].map(|sum| ScalarValue::Float64(Some(sum))).to_vec())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let columns: Vec<&Float64Array> = states.iter().map(|state| state.as_primitive::<Float64Type>()).collect();
        let [count, mean, second, third, fourth] = columns[..] else { return arguments(5, states) };
        for row in 0..count.len() {
            let sums = Sums {
                count: count.value(row),
                mean: mean.value(row),
                second: second.value(row),
                third: third.value(row),
                fourth: fourth.value(row),
            };
            self.sums = self.sums.with(sums);
        }
        Ok(())
    }
}

/// A sum over what each number becomes, with how many there were.
#[derive(Debug)]
pub(super) struct Logarithms {
    what: Log,
    count: f64,
    sum: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// `geometric_mean`: of the logarithms of numbers.
    Mean,
    /// `entropy`: of counts that make up a whole, in bits; the "count" is the sum of the counts.
    Entropy,
}

impl Logarithms {
    pub(super) fn new(what: Log) -> Self {
        Self { what, count: 0.0, sum: 0.0 }
    }
}

impl Accumulator for Logarithms {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values] = values else { return arguments(1, values) };
        for value in values.as_primitive::<Float64Type>().iter().flatten() {
            match self.what {
                Log::Mean => {
                    self.count += 1.0;
                    self.sum += value.ln();
                }
                Log::Entropy if value < 0.0 => return Err(invalid("Entropy count argument must be non-negative")),
                Log::Entropy if value > 0.0 => {
                    self.count += value;
                    self.sum += value * value.ln();
                }
                Log::Entropy => {}
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let (count, sum) = (self.count, self.sum);
        Ok(ScalarValue::Float64(match self.what {
            Log::Mean => (count > 0.0).then(|| (sum / count).exp()),
            Log::Entropy if count == 0.0 => Some(0.0),
            Log::Entropy => Some(((count.ln() - sum / count) / std::f64::consts::LN_2).max(0.0)),
        }))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Float64(Some(self.count)), ScalarValue::Float64(Some(self.sum))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [count, sum] = states else { return arguments(2, states) };
        self.count += count.as_primitive::<Float64Type>().values().iter().sum::<f64>();
        self.sum += sum.as_primitive::<Float64Type>().values().iter().sum::<f64>();
        Ok(())
    }
}

/// `count_if(boolean)`.
#[derive(Debug, Default)]
pub(super) struct CountIf(i64);

impl Accumulator for CountIf {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values] = values else { return arguments(1, values) };
        self.0 += values.as_boolean().true_count() as i64;
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values] = values else { return arguments(1, values) };
        self.0 -= values.as_boolean().true_count() as i64;
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(Some(self.0)))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Int64(Some(self.0))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [counts] = states else { return arguments(1, states) };
        self.0 += counts.as_primitive::<Int64Type>().values().iter().sum::<i64>();
        Ok(())
    }
}
