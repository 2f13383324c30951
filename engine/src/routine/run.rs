//! A function of a query while rows are computed. One that only returns a value is computed for all rows at once; any other runs
//! row by row.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use catalog::{Error, ErrorKind};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, new_empty_array, new_null_array};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature};
use datafusion::physical_expr::PhysicalExpr;

use super::code::{Code, Compiled};
use crate::error::into_datafusion;
use crate::types::{Type, common_super_type};

/// Rounds of loops in one call, so that a loop without end comes to one.
const ROUNDS: usize = 10_000_000;

#[derive(Debug)]
pub(super) struct Function {
    pub(super) called: String,
    /// The name in errors.
    pub(super) shown: String,
    pub(super) parameters: Vec<Type>,
    pub(super) returns: Type,
    pub(super) on_null: bool,
    pub(super) compiled: Compiled,
    pub(super) exprs: Vec<Arc<dyn PhysicalExpr>>,
    /// Of the variables, or of one column where there are none.
    pub(super) schema: SchemaRef,
    pub(super) signature: Signature,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.called == other.called && self.compiled == other.compiled && self.returns == other.returns
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.called.hash(state);
        self.compiled.hash(state);
    }
}

/// How a statement ended.
enum Flow {
    Next,
    Return(ArrayRef),
    Leave(String),
    Iterate(String),
}

impl Function {
    fn value(&self, at: usize, variables: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let mut columns = variables.to_vec();
        if columns.is_empty() {
            columns.push(new_null_array(self.schema.field(0).data_type(), rows));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        self.exprs[at].evaluate(&batch)?.into_array(rows)
    }

    fn holds(&self, at: usize, variables: &[ArrayRef]) -> Result<bool> {
        let value = self.value(at, variables, 1)?;
        Ok(value.as_boolean_opt().is_some_and(|value| value.is_valid(0) && value.value(0)))
    }

    fn run(&self, code: &Code, variables: &mut [ArrayRef], rounds: &mut usize) -> Result<Flow> {
        Ok(match code {
            Code::Return(value) => Flow::Return(self.value(*value, variables, 1)?),
            Code::Set(variable, value) => {
                variables[*variable] = self.value(*value, variables, 1)?;
                Flow::Next
            }
            Code::Block(statements) => {
                for statement in statements {
                    match self.run(statement, variables, rounds)? {
                        Flow::Next => {}
                        ended => return Ok(ended),
                    }
                }
                Flow::Next
            }
            Code::If(condition, then, otherwise) => {
                let branch = if self.holds(*condition, variables)? { then } else { otherwise };
                self.run(branch, variables, rounds)?
            }
            Code::Loop { label, before, body, until } => loop {
                if let Some(before) = before
                    && !self.holds(*before, variables)?
                {
                    return Ok(Flow::Next);
                }
                *rounds += 1;
                if *rounds > ROUNDS {
                    let message = format!("function '{}' went more than {ROUNDS} times through its loops", self.shown);
                    return Err(into_datafusion(Error::new(ErrorKind::LimitExceeded, message)));
                }
                match self.run(body, variables, rounds)? {
                    Flow::Next => {}
                    Flow::Leave(left) if label.as_ref() == Some(&left) => return Ok(Flow::Next),
                    Flow::Iterate(again) if label.as_ref() == Some(&again) => {}
                    ended => return Ok(ended),
                }
                if let Some(until) = until
                    && self.holds(*until, variables)?
                {
                    return Ok(Flow::Next);
                }
            },
            Code::Leave(label) => Flow::Leave(label.clone()),
            Code::Iterate(label) => Flow::Iterate(label.clone()),
        })
    }

    /// The value of one row.
    fn row(&self, arguments: &[ArrayRef], row: usize) -> Result<ArrayRef> {
        let to = self.returns.arrow();
        if self.on_null && arguments.iter().any(|argument| argument.is_null(row)) {
            return Ok(new_null_array(&to, 1));
        }
        let mut variables: Vec<ArrayRef> = arguments.iter().map(|argument| argument.slice(row, 1)).collect();
        let declared = self.compiled.variables[arguments.len()..].iter();
        variables.extend(declared.map(|(_, r#type)| new_null_array(&r#type.arrow(), 1)));
        match self.run(&self.compiled.code, &mut variables, &mut 0)? {
            Flow::Return(value) => Ok(value),
            _ => Err(into_datafusion(Error::invalid(format!("function '{}' ended without RETURN", self.shown)))),
        }
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.called
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let actual = types.iter().map(Type::of).collect::<catalog::Result<Vec<_>>>().map_err(into_datafusion)?;
        let fit = actual.len() == self.parameters.len()
            && actual.iter().zip(&self.parameters).all(|(actual, to)| common_super_type(actual, to).as_ref() == Some(to));
        if fit {
            return Ok(self.parameters.iter().map(Type::arrow).collect());
        }
        let list = |types: &[Type]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let (given, name, expected) = (list(&actual), &self.shown, list(&self.parameters));
        let message = format!("Unexpected parameters ({given}) for function {name}. Expected: {name}({expected})");
        Err(into_datafusion(Error::new(ErrorKind::FunctionNotFound, message)))
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(self.returns.arrow())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arguments = args.args.into_iter().map(|argument| argument.into_array(rows)).collect::<Result<Vec<_>>>()?;
        if let (Code::Return(value), false) = (&self.compiled.code, self.on_null) {
            return Ok(ColumnarValue::Array(self.value(*value, &arguments, rows)?));
        }
        let values = (0..rows).map(|row| self.row(&arguments, row)).collect::<Result<Vec<_>>>()?;
        let values: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
        Ok(ColumnarValue::Array(if values.is_empty() { new_empty_array(&self.returns.arrow()) } else { concat(&values)? }))
    }
}
