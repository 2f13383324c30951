//! Calls that DataFusion plans in another way than Trino, or not at all, as calls of functions that it plans.
//!
//! | written | becomes | why |
//! |---|---|---|
//! | `try(x)` | `"$try"(() -> x)` | `x` is computed where its errors are caught |
//! | `coalesce(NULL, a)` | `coalesce(a)` | DataFusion finds no type for NULL and bytes |
//! | `map(a, b)` | `"$map"(a, b)` | DataFusion reads it as keys and values in turn |
//! | `array_join(a, s)` | `"$array_join"(CAST(a AS array(varchar)), s)` | elements are cast as Trino casts them |
//! | `listagg(x, s) WITHIN GROUP (ORDER BY o)` | `"$listagg"(array_agg(x ORDER BY o), s, …)` | the order is `array_agg`'s |
//! | `regexp_replace(a, b, x -> …)` | `"$regexp_replace"(…)` | a name is a function with lambdas or one without |
//! | `reduce_agg(x, s, f, g)` | `reduce(array_agg(x) FILTER (WHERE x IS NOT NULL), s, f, r -> r)` | aggregates take no lambdas |
//! | `row_number()` and its kin `OVER …` | a cast to `bigint` | DataFusion counts in unsigned numbers |

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    Ident, LambdaFunction, LambdaFunctionParameter, LambdaSyntax, ListAggOnOverflow, ObjectName, OneOrManyWithParens, Value,
};

/// What the table says of a call.
pub(super) fn call(mut function: Function) -> Expr {
    let [part] = function.name.0.as_slice() else { return Expr::Function(function) };
    let name = part.as_ident().map(|ident| ident.value.to_lowercase()).unwrap_or_default();
    if name == "map" {
        return rename(function, "$map");
    }
    let FunctionArguments::List(list) = &mut function.args else { return Expr::Function(function) };
    match (name.as_str(), list.args.as_mut_slice()) {
        ("try", [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))]) => {
            *expr = lambda(vec![], expr.clone());
            rename(function, "$try")
        }
        ("array_join", [FunctionArg::Unnamed(FunctionArgExpr::Expr(array)), ..]) => {
            let texts = DataType::Custom(ObjectName::from(vec![Ident::new("array(varchar)")]), vec![]);
            *array = cast(array.clone(), texts);
            rename(function, "$array_join")
        }
        ("regexp_replace", [_, _, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Lambda(_)))]) => {
            rename(function, "$regexp_replace")
        }
        ("coalesce", _) => coalesce(function),
        ("listagg", _) => listagg(function),
        ("reduce_agg", [_, _, _, _]) => reduce_agg(function),
        ("row_number" | "rank" | "dense_rank" | "ntile", _) if function.over.is_some() => {
            cast(Expr::Function(function), DataType::BigInt(None))
        }
        _ => Expr::Function(function),
    }
}

/// Without the arguments that are NULL for all to see, unless all are.
fn coalesce(mut function: Function) -> Expr {
    let FunctionArguments::List(list) = &mut function.args else { return Expr::Function(function) };
    let is_null = |argument: &FunctionArg| matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) if value.value == Value::Null);
    if !list.args.iter().all(is_null) {
        list.args.retain(|argument| !is_null(argument));
    }
    Expr::Function(function)
}

fn rename(mut function: Function, name: &str) -> Expr {
    function.name = own(name);
    Expr::Function(function)
}

fn own(name: &str) -> ObjectName {
    ObjectName::from(vec![Ident::with_quote('"', name)])
}

fn cast(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, array: false, format: None }
}

fn lambda(parameters: Vec<&str>, body: Expr) -> Expr {
    let parameter = |name: &str| LambdaFunctionParameter { name: Ident::new(name), data_type: None };
    let params = OneOrManyWithParens::Many(parameters.into_iter().map(parameter).collect());
    Expr::Lambda(LambdaFunction { params, body: Box::new(body), syntax: LambdaSyntax::Arrow })
}

fn argument(expr: Expr) -> FunctionArg {
    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
}

fn value(value: Value) -> Expr {
    Expr::Value(value.with_empty_span())
}

/// The call that `function`'s clauses are about is `array_agg` of its first argument; the others are taken off.
fn gathered(function: &mut Function) -> Vec<FunctionArg> {
    function.name = ObjectName::from(vec![Ident::new("array_agg")]);
    match &mut function.args {
        FunctionArguments::List(list) => list.args.split_off(1),
        _ => vec![],
    }
}

fn outer(name: &str, arguments: Vec<FunctionArg>, inner: &Function) -> Expr {
    let mut call = inner.clone();
    (call.name, call.filter, call.over, call.null_treatment) = (own(name), None, None, None);
    call.within_group.clear();
    if let FunctionArguments::List(list) = &mut call.args {
        list.duplicate_treatment = None;
        list.clauses.clear();
        list.args = arguments;
    }
    Expr::Function(call)
}

/// `"$listagg"(array, separator, filler, with_count)`: the filler is NULL where an overflow is an error.
fn listagg(mut function: Function) -> Expr {
    let mut rest = gathered(&mut function);
    let separator = if rest.is_empty() { argument(value(Value::SingleQuotedString(String::new()))) } else { rest.remove(0) };
    let (mut filler, mut with_count) = (value(Value::Null), false);
    let order = std::mem::take(&mut function.within_group);
    if let FunctionArguments::List(list) = &mut function.args {
        for clause in std::mem::take(&mut list.clauses) {
            match clause {
                FunctionArgumentClause::OnOverflow(ListAggOnOverflow::Truncate { filler: given, with_count: counted }) => {
                    let dots = || value(Value::SingleQuotedString("...".to_string()));
                    (filler, with_count) = (given.map_or_else(dots, |filler| *filler), counted);
                }
                FunctionArgumentClause::OnOverflow(ListAggOnOverflow::Error) => {}
                other => list.clauses.push(other),
            }
        }
        if !order.is_empty() {
            list.clauses.push(FunctionArgumentClause::OrderBy(order));
        }
    }
    let arguments = [separator, argument(filler), argument(value(Value::Boolean(with_count)))];
    let gathered = super::frame::framed(function.clone());
    let arguments = std::iter::once(argument(Expr::Function(gathered))).chain(arguments).collect();
    outer("$listagg", arguments, &function)
}

/// Values that are NULL are left out.
fn reduce_agg(mut function: Function) -> Expr {
    let mut rest = gathered(&mut function);
    rest.truncate(2);
    if let FunctionArguments::List(list) = &function.args
        && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(taken))] = list.args.as_slice()
    {
        let there = Expr::IsNotNull(Box::new(taken.clone()));
        let filter = match function.filter.take() {
            Some(filter) => Expr::BinaryOp { left: filter, op: BinaryOperator::And, right: Box::new(there) },
            None => there,
        };
        function.filter = Some(Box::new(filter));
    }
    let result = lambda(vec!["r"], Expr::Identifier(Ident::new("r")));
    let array = argument(Expr::Function(super::frame::framed(function.clone())));
    outer("reduce", [array].into_iter().chain(rest).chain([argument(result)]).collect(), &function)
}
