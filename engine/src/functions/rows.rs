//! Row by row: what functions use that have no array kernel, and whose errors are ours.

use std::borrow::Cow;

use arrow::array::ArrayRef;
use datafusion::common::Result;

use super::Call;
use super::columns::{self, Strings};
use crate::error::into_datafusion;

impl Call<'_> {
    /// `value` of each row in which no argument is NULL, some default for the others: for a function with `Nulls::Null`.
    pub(crate) fn each<T: Default>(&self, mut value: impl FnMut(usize) -> catalog::Result<T>) -> Result<Vec<T>> {
        let mut values = Vec::with_capacity(self.rows);
        match self.valid() {
            None => {
                for row in 0..self.rows {
                    values.push(value(row).map_err(into_datafusion)?);
                }
            }
            Some(valid) => {
                for row in 0..self.rows {
                    let made = if valid.is_valid(row) { value(row).map_err(into_datafusion)? } else { T::default() };
                    values.push(made);
                }
            }
        }
        Ok(values)
    }

    /// As [`Self::each`], for bigints.
    pub(crate) fn bigints(&self, mut value: impl FnMut(usize) -> catalog::Result<i64>) -> Result<ArrayRef> {
        columns::numbers(self, |row| value(row).map(Some).map_err(into_datafusion))
    }

    /// As [`Self::each`], for text that is appended to an empty string.
    pub(crate) fn texts(&self, mut print: impl FnMut(usize, &mut String) -> catalog::Result<()>) -> Result<ArrayRef> {
        columns::texts(self, |row, out| print(row, out.text()).map(|()| true).map_err(into_datafusion))
    }

    /// The values of a varchar argument.
    pub(crate) fn text(&self, argument: usize) -> Result<Strings> {
        columns::stored(self, argument)
    }
}

/// What an argument of text says, understood once where it is the same in every row.
pub(crate) enum Understood<T> {
    Once(T),
    PerRow(Strings, fn(&str) -> catalog::Result<T>),
}

impl<T: Clone> Understood<T> {
    /// Errors: what `understand` says of a constant.
    pub(crate) fn of(call: &Call<'_>, argument: usize, understand: fn(&str) -> catalog::Result<T>) -> Result<Self> {
        Ok(match call.constant_text(argument) {
            Some(text) => Self::Once(understand(text).map_err(into_datafusion)?),
            None => Self::PerRow(call.text(argument)?, understand),
        })
    }

    /// What the text of a row that is not NULL says.
    pub(crate) fn at(&self, row: usize) -> catalog::Result<Cow<'_, T>> {
        match self {
            Self::Once(value) => Ok(Cow::Borrowed(value)),
            Self::PerRow(texts, understand) => understand(texts.value(row)).map(Cow::Owned),
        }
    }
}
