//! The statements of a function, with their expressions by number.

use catalog::{Error, ErrorKind, Result, name};
use datafusion::sql::sqlparser::ast::{
    CastKind, DataType, Expr, Function, Ident, Query, SelectItem, SetExpr, TableAlias, TableFactor,
};

use crate::plan::inline::{arguments, own_name, text, type_of};
use crate::plan::{select_from, select_of};
use crate::types::Type;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Code {
    Return(usize),
    /// A variable by its place, and a value.
    Set(usize, usize),
    Block(Vec<Code>),
    If(usize, Box<Code>, Box<Code>),
    /// Goes on while a condition holds that is looked at before each round, and until one does after it.
    Loop {
        label: Option<String>,
        before: Option<usize>,
        body: Box<Code>,
        until: Option<usize>,
    },
    Leave(String),
    Iterate(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Compiled {
    pub(super) code: Code,
    /// Parameters first, then what is declared.
    pub(super) variables: Vec<(String, Type)>,
    /// What is computed, over the variables.
    exprs: Vec<Expr>,
}

struct Compiler<'a> {
    compiled: Compiled,
    returns: &'a Type,
    labels: Vec<String>,
}

pub(super) fn compiled(body: &Expr, parameters: &[(String, Type)], returns: &Type) -> Result<Compiled> {
    let compiled = Compiled { code: Code::Block(vec![]), variables: parameters.to_vec(), exprs: vec![] };
    let mut compiler = Compiler { compiled, returns, labels: vec![] };
    let code = compiler.statement(body)?;
    Ok(Compiled { code, ..compiler.compiled })
}

/// `SELECT expr, … FROM (SELECT CAST(NULL AS type) AS variable, …)`
pub(super) fn query(compiled: &Compiled) -> Result<Query> {
    let null = || crate::plan::null();
    let mut variables: Vec<SelectItem> = vec![];
    for (named, r#type) in &compiled.variables {
        variables.push(SelectItem::ExprWithAlias { expr: cast(null(), r#type), alias: Ident::with_quote('"', named.as_str()) });
    }
    if variables.is_empty() {
        variables.push(SelectItem::ExprWithAlias { expr: null(), alias: Ident::with_quote('"', "$none") });
    }
    let subquery = Box::new(sql::query_of(SetExpr::Select(Box::new(select_of(variables)))));
    let alias = TableAlias { explicit: true, name: Ident::with_quote('"', "$variables"), columns: vec![], at: None };
    let from = TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None };
    let items = compiled.exprs.iter().enumerate().map(|(at, expr)| SelectItem::ExprWithAlias {
        expr: expr.clone(),
        alias: Ident::with_quote('"', format!("$value_{at}")),
    });
    Ok(sql::query_of(SetExpr::Select(Box::new(select_from(items.collect(), from)))))
}

fn cast(expr: Expr, to: &Type) -> Expr {
    let data_type = DataType::Custom(vec![Ident::with_quote('"', to.to_string())].into(), vec![]);
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, array: false, format: None }
}

fn misused() -> Error {
    Error::internal("a function's statement has another form")
}

impl Compiler<'_> {
    fn expr(&mut self, expr: Expr) -> usize {
        self.compiled.exprs.push(expr);
        self.compiled.exprs.len() - 1
    }

    fn variable(&self, named: &str) -> Result<usize> {
        let folded = name::fold(named);
        let found = self.compiled.variables.iter().position(|(known, _)| *known == folded);
        found.ok_or_else(|| Error::new(ErrorKind::ColumnNotFound, format!("variable '{named}' cannot be resolved")))
    }

    fn label(&self, label: &Expr) -> Result<String> {
        let label = name::fold(&text(label).ok_or_else(misused)?);
        match self.labels.contains(&label) {
            true => Ok(label),
            false => Err(Error::invalid(format!("label '{label}' is not defined"))),
        }
    }

    fn statement(&mut self, statement: &Expr) -> Result<Code> {
        let Expr::Function(function) = statement else { return Err(misused()) };
        let parts = arguments(function);
        match (own_name(function).as_str(), parts.as_slice()) {
            ("$return", [value]) => {
                let value = cast(value.clone(), self.returns);
                Ok(Code::Return(self.expr(value)))
            }
            ("$set", [named, value]) => {
                let variable = self.variable(&text(named).ok_or_else(misused)?)?;
                let value = cast(value.clone(), &self.compiled.variables[variable].1);
                Ok(Code::Set(variable, self.expr(value)))
            }
            ("$leave", [label]) => self.label(label).map(Code::Leave),
            ("$iterate", [label]) => self.label(label).map(Code::Iterate),
            ("$block", statements) => self.block(statements),
            ("$if", [condition, then, otherwise]) => {
                let condition = self.expr(condition.clone());
                Ok(Code::If(condition, Box::new(self.statement(then)?), Box::new(self.statement(otherwise)?)))
            }
            ("$loop", [label, body]) => self.looped(label, None, body, None),
            ("$while", [label, condition, body]) => self.looped(label, Some(condition), body, None),
            ("$repeat", [label, body, condition]) => self.looped(label, None, body, Some(condition)),
            _ => Err(misused()),
        }
    }

    fn block(&mut self, statements: &[Expr]) -> Result<Code> {
        let mut code = vec![];
        for statement in statements {
            match statement {
                Expr::Function(function) if own_name(function) == "$declare" => code.extend(self.declared(function)?),
                other => code.push(self.statement(other)?),
            }
        }
        Ok(Code::Block(code))
    }

    /// Each time a block is entered its variables begin anew.
    fn declared(&mut self, function: &Function) -> Result<Vec<Code>> {
        let parts = arguments(function);
        let [of, default, names @ ..] = parts.as_slice() else { return Err(misused()) };
        let r#type = type_of(of)?.0;
        let mut code = vec![];
        for named in names {
            let named = name::fold(&text(named).ok_or_else(misused)?);
            if self.compiled.variables.iter().any(|(known, _)| *known == named) {
                return Err(Error::invalid(format!("variable '{named}' is already declared")));
            }
            let value = self.expr(cast(default.clone(), &r#type));
            self.compiled.variables.push((named, r#type.clone()));
            code.push(Code::Set(self.compiled.variables.len() - 1, value));
        }
        Ok(code)
    }

    fn looped(&mut self, label: &Expr, before: Option<&Expr>, body: &Expr, until: Option<&Expr>) -> Result<Code> {
        let label = text(label).map(|label| name::fold(&label));
        let before = before.map(|condition| self.expr(condition.clone()));
        self.labels.extend(label.clone());
        let body = Box::new(self.statement(body)?);
        if label.is_some() {
            self.labels.pop();
        }
        let until = until.map(|condition| self.expr(condition.clone()));
        Ok(Code::Loop { label, before, body, until })
    }
}
