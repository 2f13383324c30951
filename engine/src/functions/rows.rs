//! Row by row: what functions use that have no array kernel.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewArray, StringViewBuilder};
use catalog::Error;
use datafusion::common::Result;

use super::Call;
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
    pub(crate) fn bigints(&self, value: impl FnMut(usize) -> catalog::Result<i64>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(self.each(value)?)))
    }

    /// As [`Self::each`], for text that is appended to an empty string.
    pub(crate) fn texts(&self, mut print: impl FnMut(usize, &mut String) -> catalog::Result<()>) -> Result<ArrayRef> {
        let valid = self.valid();
        let mut texts = StringViewBuilder::with_capacity(self.rows);
        let mut out = String::new();
        for row in 0..self.rows {
            out.clear();
            if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) {
                print(row, &mut out).map_err(into_datafusion)?;
            }
            texts.append_value(&out);
        }
        Ok(Arc::new(texts.finish()))
    }

    /// The values of a varchar argument.
    pub(crate) fn text(&self, argument: usize) -> Result<StringViewArray> {
        let array = self.array(argument)?;
        let texts = array.as_string_view_opt().cloned();
        texts.ok_or_else(|| into_datafusion(Error::internal(format!("argument {argument} is no text but {}", array.data_type()))))
    }
}

/// What an argument of text says, understood once where it is the same in every row.
pub(crate) enum Understood<T> {
    Once(T),
    PerRow(StringViewArray, fn(&str) -> catalog::Result<T>),
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
