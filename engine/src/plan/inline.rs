//! `WITH FUNCTION`: functions that a query defines for itself. The parser says each as a common table expression
//! (`sql::trino::routine`); here they are taken out of the query, and their calls are renamed, so that they come before functions of
//! the same name, with their arguments in order.

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind, Result, name};
use datafusion::sql::sqlparser::ast::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, Query, SelectItem,
    SetExpr, UnaryOperator, Value, VisitMut, VisitorMut,
};

use crate::types::Type;

/// What the name of a function that is called begins with.
pub(super) const CALLED: &str = "$inline ";

/// A function as it is written.
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) parameters: Vec<(String, Type)>,
    pub(super) returns: Type,
    /// Whether a NULL among the arguments makes NULL.
    pub(super) on_null: bool,
    pub(super) body: Expr,
}

/// Takes the functions out of a query.
///
/// Errors: `NotSupported` for functions of a subquery, `Syntax` for one that is defined twice or called wrongly.
pub(super) fn taken(query: &mut Query) -> Result<Vec<Definition>> {
    let mut definitions: Vec<Definition> = vec![];
    if let Some(with) = &mut query.with {
        for cte in std::mem::take(&mut with.cte_tables) {
            let Some(named) = cte.alias.name.value.strip_prefix(sql::INLINE) else {
                with.cte_tables.push(cte);
                continue;
            };
            let mut definition = definition(named, &cte.query)?;
            if definitions.iter().any(|known| known.name == definition.name) {
                let message = format!("function '{named}' is defined twice; overloads of functions of a query are not supported");
                return Err(Error::not_supported(message));
            }
            renamed(&mut definition.body, &definitions)?;
            definitions.push(definition);
        }
        if with.cte_tables.is_empty() {
            query.with = None;
        }
    }
    if !definitions.is_empty() {
        renamed(query, &definitions)?;
    }
    Ok(definitions)
}

fn misused() -> Error {
    Error::internal("a function of a query has another form")
}

/// The values of a call.
pub(crate) fn arguments(function: &Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &function.args else { return vec![] };
    let values = list.args.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value.clone()),
        _ => None,
    });
    values.collect()
}

/// The name of one of the parser's own calls.
pub(crate) fn own_name(function: &Function) -> String {
    function.name.0.first().and_then(|part| part.as_ident()).map(|ident| ident.value.clone()).unwrap_or_default()
}

pub(crate) fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => value.value.clone().into_string(),
        _ => None,
    }
}

/// The type of `CAST(NULL AS type)`.
pub(crate) fn type_of(expr: &Expr) -> Result<(Type, DataType)> {
    let Expr::Cast { data_type, .. } = expr else { return Err(misused()) };
    Ok((Type::parse(&sql::type_text(data_type))?, data_type.clone()))
}

fn definition(named: &str, query: &Query) -> Result<Definition> {
    let SetExpr::Select(select) = query.body.as_ref() else { return Err(misused()) };
    let [SelectItem::UnnamedExpr(Expr::Function(function))] = select.projection.as_slice() else { return Err(misused()) };
    let mut parts = arguments(function).into_iter();
    let returns = type_of(&parts.next().ok_or_else(misused)?)?.0;
    let on_null = matches!(parts.next(), Some(Expr::Value(value)) if value.value == Value::Boolean(true));
    let mut parameters: Vec<(String, Type)> = vec![];
    let mut body = None;
    for part in parts {
        match &part {
            Expr::Function(parameter) if own_name(parameter) == "$parameter" => {
                let [called, of] = arguments(parameter).try_into().map_err(|_| misused())?;
                let called = name::fold(&text(&called).ok_or_else(misused)?);
                if parameters.iter().any(|(known, _)| *known == called) {
                    return Err(Error::invalid(format!("parameter '{called}' is given twice")));
                }
                parameters.push((called, type_of(&of)?.0));
            }
            Expr::Function(mark) if own_name(mark) == "$security" => {
                return Err(Error::not_supported("Security mode not supported for inline functions"));
            }
            _ => body = Some(part),
        }
    }
    Ok(Definition { name: name::fold(named), parameters, returns, on_null, body: body.ok_or_else(misused)? })
}

/// Renames the calls of these functions.
fn renamed(of: &mut impl VisitMut, definitions: &[Definition]) -> Result<()> {
    match of.visit(&mut Rename { definitions }) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Rename<'a> {
    definitions: &'a [Definition],
}

impl VisitorMut for Rename<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        let inner = query.with.iter().flat_map(|with| &with.cte_tables).any(|cte| cte.alias.name.value.starts_with(sql::INLINE));
        if inner {
            return ControlFlow::Break(Error::not_supported("WITH FUNCTION in a subquery; define functions before the query"));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let [part] = function.name.0.as_slice() else { return ControlFlow::Continue(()) };
        let called = part.as_ident().map(|ident| name::fold(&ident.value)).unwrap_or_default();
        let Some(definition) = self.definitions.iter().find(|definition| definition.name == called) else {
            return ControlFlow::Continue(());
        };
        match ordered(function, definition) {
            Ok(()) => {
                function.name = ObjectName::from(vec![Ident::with_quote('"', format!("{CALLED}{called}"))]);
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}

/// Puts named arguments in the order of the parameters.
fn ordered(function: &mut Function, definition: &Definition) -> Result<()> {
    let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
    let wrong = |why: String| Err(Error::new(ErrorKind::InvalidInput, format!("{}: {why}", definition.name)));
    let mut places: Vec<Option<Expr>> = vec![None; definition.parameters.len()];
    for (at, argument) in std::mem::take(&mut list.args).into_iter().enumerate() {
        let (place, value) = match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => (Some(at), value),
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => {
                let folded = name::fold(&name.value);
                (definition.parameters.iter().position(|(parameter, _)| *parameter == folded), value)
            }
            _ => return wrong("this form of argument is not supported".to_string()),
        };
        match place.and_then(|place| places.get_mut(place)) {
            Some(place @ None) => *place = Some(integer(value)),
            Some(Some(_)) => return wrong("an argument is given twice".to_string()),
            None => {
                let types = definition.parameters.iter().map(|(_, of)| of.to_string()).collect::<Vec<_>>().join(", ");
                let message = format!("Unexpected parameters for function {0}. Expected: {0}({types})", definition.name);
                return Err(Error::new(ErrorKind::FunctionNotFound, message));
            }
        }
    }
    let count = places.len();
    let values: Vec<Expr> = places.into_iter().flatten().collect();
    if values.len() < count {
        return wrong("an argument is missing".to_string());
    }
    list.args = values.into_iter().map(|value| FunctionArg::Unnamed(FunctionArgExpr::Expr(value))).collect();
    Ok(())
}

/// Whole numbers are integers, which the planner only knows later.
fn integer(value: Expr) -> Expr {
    let number = match &value {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => expr.as_ref(),
        other => other,
    };
    let small = matches!(number, Expr::Value(value) if matches!(&value.value, Value::Number(text, _) if text.to_string().parse::<i32>().is_ok()));
    match small {
        true => {
            let data_type = DataType::Integer(None);
            Expr::Cast { kind: CastKind::Cast, expr: Box::new(value), data_type, array: false, format: None }
        }
        false => value,
    }
}
