//! `MATCH_RECOGNIZE`. What the library's syntax tree has no place for is said in it otherwise: a subset of variables is a
//! definition by `"$subset"(a, b)`, a reluctant quantifier `A*?` is a repetition repeated at most once (which nothing else is:
//! a quantified pattern in brackets is a group), an exclusion is what stands between the symbols `{-` and `-}`, an empty
//! pattern an empty group, and `FINAL` and `RUNNING` are the functions `"$final"` and `"$running"`.

use catalog::Result;
use sqlparser::ast::{
    AfterMatchSkip, EmptyMatchesMode, Expr, Ident, MatchRecognizePattern as Pattern, MatchRecognizeSymbol as Symbol, Measure,
    Parens, RepetitionQuantifier as Quantifier, RowsPerMatch, SetExpr, SymbolDefinition, TableFactor, TableWithJoins, Value,
    Values,
};

use super::expression::{expression, expressions};
use super::{call, literal, name, query, relation, select};
use crate::cursor::Cursor;
use crate::token::Kind;

/// `MATCH_RECOGNIZE (…) [[AS] name [(columns)]]` after the table.
pub(super) fn match_recognize(cursor: &mut Cursor<'_>, table: TableFactor) -> Result<TableFactor> {
    cursor.expect("MATCH_RECOGNIZE")?;
    cursor.expect_symbol("(")?;
    let partition_by = if cursor.accept("PARTITION BY") { expressions(cursor)? } else { Vec::new() };
    let order_by = if cursor.accept("ORDER BY") { query::sort_items(cursor)? } else { Vec::new() };
    let measures = if cursor.accept("MEASURES") { measures(cursor)? } else { Vec::new() };
    let rows_per_match = rows_per_match(cursor)?;
    let after_match_skip = if cursor.accept("AFTER MATCH SKIP") { Some(skip(cursor)?) } else { None };
    for word in ["INITIAL", "SEEK"] {
        cursor.accept_refused(word, &format!("{word} in MATCH_RECOGNIZE"));
    }
    let (pattern, symbols) = defined(cursor)?;
    cursor.expect_symbol(")")?;
    let explicit = cursor.accept("AS");
    let named = if query::clause_follows(cursor) { None } else { name::accept(cursor) };
    let alias = match named {
        None if explicit => return Err(cursor.mismatch()),
        None => None,
        Some(named) => {
            let mut alias = relation::alias(named, explicit);
            if cursor.is_symbol("(") {
                alias.columns = relation::columns(cursor)?;
            }
            Some(alias)
        }
    };
    let table = Box::new(table);
    Ok(TableFactor::MatchRecognize {
        table,
        partition_by,
        order_by,
        measures,
        rows_per_match,
        after_match_skip,
        pattern,
        symbols,
        alias,
    })
}

/// `PATTERN (…) [SUBSET …] DEFINE …`
fn defined(cursor: &mut Cursor<'_>) -> Result<(Pattern, Vec<SymbolDefinition>)> {
    cursor.expect("PATTERN")?;
    cursor.expect_symbol("(")?;
    let pattern = alternation(cursor)?;
    cursor.expect_symbol(")")?;
    let mut symbols = if cursor.accept("SUBSET") { subsets(cursor)? } else { Vec::new() };
    cursor.expect("DEFINE")?;
    loop {
        let symbol = name::identifier(cursor)?;
        cursor.expect("AS")?;
        symbols.push(SymbolDefinition { symbol, definition: expression(cursor)? });
        if !cursor.accept_symbol(",") {
            return Ok((pattern, symbols));
        }
    }
}

/// `[AFTER MATCH SKIP …] [INITIAL | SEEK] PATTERN … DEFINE …` of a window, as `"$pattern"(seek, (query))`: the query is a
/// MATCH_RECOGNIZE with these clauses over nothing that matters.
pub(super) fn of_window(cursor: &mut Cursor<'_>, measures: Vec<Measure>) -> Result<Expr> {
    let after_match_skip = if cursor.accept("AFTER MATCH SKIP") { Some(skip(cursor)?) } else { None };
    let seek = !cursor.accept("INITIAL") && cursor.accept("SEEK");
    let (pattern, symbols) = defined(cursor)?;
    let one = Expr::Value(Value::Number("1".to_string(), false).with_empty_span());
    let rows = vec![Parens::with_empty_span(vec![one])];
    let nothing = query::of(SetExpr::Values(Values { explicit_row: false, value_keyword: false, rows }));
    let clauses = TableFactor::MatchRecognize {
        table: Box::new(relation::derived(Box::new(nothing), false, None)),
        partition_by: Vec::new(),
        order_by: Vec::new(),
        measures,
        rows_per_match: None,
        after_match_skip,
        pattern,
        symbols,
        alias: None,
    };
    let select = select::all_of(TableWithJoins { relation: clauses, joins: Vec::new() });
    let query = Expr::Subquery(Box::new(query::of(SetExpr::Select(Box::new(select)))));
    Ok(call::plain("$pattern", vec![Expr::Value(Value::Boolean(seek).with_empty_span()), query]))
}

/// `expression AS name, …`
pub(super) fn measures(cursor: &mut Cursor<'_>) -> Result<Vec<Measure>> {
    let mut measures = Vec::new();
    loop {
        let expr = expression(cursor)?;
        cursor.expect("AS")?;
        measures.push(Measure { expr, alias: name::identifier(cursor)? });
        if !cursor.accept_symbol(",") {
            return Ok(measures);
        }
    }
}

fn rows_per_match(cursor: &mut Cursor<'_>) -> Result<Option<RowsPerMatch>> {
    if cursor.accept("ONE ROW PER MATCH") {
        return Ok(Some(RowsPerMatch::OneRow));
    }
    if !cursor.accept("ALL ROWS PER MATCH") {
        return Ok(None);
    }
    let mode = if cursor.accept("SHOW EMPTY MATCHES") {
        Some(EmptyMatchesMode::Show)
    } else if cursor.accept("OMIT EMPTY MATCHES") {
        Some(EmptyMatchesMode::Omit)
    } else if cursor.accept("WITH UNMATCHED ROWS") {
        Some(EmptyMatchesMode::WithUnmatched)
    } else {
        None
    };
    Ok(Some(RowsPerMatch::AllRows(mode)))
}

/// What follows SKIP; `TO variable` is `TO LAST variable`.
fn skip(cursor: &mut Cursor<'_>) -> Result<AfterMatchSkip> {
    if cursor.accept("PAST LAST ROW") {
        return Ok(AfterMatchSkip::PastLastRow);
    }
    if cursor.accept("TO NEXT ROW") {
        return Ok(AfterMatchSkip::ToNextRow);
    }
    cursor.expect("TO")?;
    let named = cursor.ahead(1).is_some_and(name::is_name);
    if named && cursor.accept("FIRST") {
        return name::identifier(cursor).map(AfterMatchSkip::ToFirst);
    }
    if named && !cursor.sees("LAST PATTERN") {
        cursor.accept("LAST");
    }
    name::identifier(cursor).map(AfterMatchSkip::ToLast)
}

/// `name = (variable, …), …`
fn subsets(cursor: &mut Cursor<'_>) -> Result<Vec<SymbolDefinition>> {
    let mut subsets = Vec::new();
    loop {
        let symbol = name::identifier(cursor)?;
        cursor.expect_symbol("=")?;
        let variables = name::list(cursor)?.into_iter().map(Expr::Identifier).collect();
        subsets.push(SymbolDefinition { symbol, definition: call::plain("$subset", variables) });
        if !cursor.accept_symbol(",") {
            return Ok(subsets);
        }
    }
}

/// `pattern | pattern | …`
fn alternation(cursor: &mut Cursor<'_>) -> Result<Pattern> {
    cursor.nested(|cursor| {
        let mut options = vec![concatenation(cursor)?];
        // `||` is one token, and two bars here.
        while cursor.accept_symbol("|") {
            options.push(concatenation(cursor)?);
        }
        Ok(if options.len() == 1 { options.remove(0) } else { Pattern::Alternation(options) })
    })
}

fn concatenation(cursor: &mut Cursor<'_>) -> Result<Pattern> {
    let mut parts = Vec::new();
    while let Some(part) = part(cursor)? {
        parts.push(quantified(cursor, part)?);
    }
    match parts.len() {
        0 => Err(cursor.mismatch()),
        1 => Ok(parts.remove(0)),
        _ => Ok(Pattern::Concat(parts)),
    }
}

/// A variable, an anchor, a group, a permutation or an exclusion, where there is one.
fn part(cursor: &mut Cursor<'_>) -> Result<Option<Pattern>> {
    if cursor.accept_symbol("^") {
        return Ok(Some(Pattern::Symbol(Symbol::Start)));
    }
    if cursor.accept_symbol("$") {
        return Ok(Some(Pattern::Symbol(Symbol::End)));
    }
    if cursor.accept_symbol("(") {
        let inner = if cursor.is_symbol(")") { Pattern::Concat(Vec::new()) } else { alternation(cursor)? };
        cursor.expect_symbol(")")?;
        return Ok(Some(Pattern::Group(Box::new(inner))));
    }
    if cursor.ahead(1).is_some_and(|token| token.is_symbol("-")) && cursor.accept_symbol("{") {
        cursor.advance();
        let inner = alternation(cursor)?;
        cursor.expect_symbol("-")?;
        cursor.expect_symbol("}")?;
        let mark = |text: &str| Pattern::Symbol(Symbol::Named(Ident::new(text)));
        return Ok(Some(Pattern::Concat(vec![mark("{-"), inner, mark("-}")])));
    }
    if cursor.ahead(1).is_some_and(|token| token.is_symbol("(")) && cursor.accept("PERMUTE") {
        let symbols = cursor.list(|cursor| {
            let mark = cursor.mark();
            Ok(match alternation(cursor)? {
                Pattern::Symbol(variable @ Symbol::Named(_)) => variable,
                _ => {
                    cursor.refuse("PERMUTE of anything but variables", mark);
                    Symbol::Start
                }
            })
        })?;
        return Ok(Some(Pattern::Permute(symbols)));
    }
    Ok(name::accept(cursor).map(anchored))
}

/// A variable; `$` is a letter elsewhere, and an anchor before and after a name here.
fn anchored(mut variable: Ident) -> Pattern {
    let text = variable.value.clone();
    if variable.quote_style.is_some() || !text.contains('$') {
        return Pattern::Symbol(Symbol::Named(variable));
    }
    let named = text.trim_matches('$').to_string();
    let anchors = |count: usize| (0..count).map(|_| Pattern::Symbol(Symbol::End));
    let mut parts: Vec<Pattern> = anchors(text.len() - text.trim_start_matches('$').len()).collect();
    if named.is_empty() {
        return Pattern::Concat(parts);
    }
    variable.value = named;
    parts.push(Pattern::Symbol(Symbol::Named(variable)));
    parts.extend(anchors(text.len() - text.trim_end_matches('$').len()));
    Pattern::Concat(parts)
}

/// `* + ? {n} {n,} {,m} {n,m}`, each with a `?` after it if it is reluctant.
fn quantified(cursor: &mut Cursor<'_>, part: Pattern) -> Result<Pattern> {
    let quantifier = if cursor.accept_symbol("*") {
        Quantifier::ZeroOrMore
    } else if cursor.accept_symbol("+") {
        Quantifier::OneOrMore
    } else if cursor.accept_symbol("?") {
        Quantifier::AtMostOne
    } else if cursor.ahead(1).is_some_and(|token| !token.is_symbol("-")) && cursor.accept_symbol("{") {
        range(cursor)?
    } else {
        return Ok(part);
    };
    let repeated = Pattern::Repetition(Box::new(part), quantifier);
    Ok(match cursor.accept_symbol("?") {
        true => Pattern::Repetition(Box::new(repeated), Quantifier::AtMostOne),
        false => repeated,
    })
}

fn range(cursor: &mut Cursor<'_>) -> Result<Quantifier> {
    let number = |cursor: &mut Cursor<'_>| -> Result<Option<u32>> {
        match cursor.peek().filter(|token| token.kind == Kind::Number) {
            Some(_) => Ok(u32::try_from(literal::whole(cursor)?).ok()),
            None => Ok(None),
        }
    };
    let least = number(cursor)?;
    let many = cursor.accept_symbol(",");
    let most = if many { number(cursor)? } else { None };
    cursor.expect_symbol("}")?;
    Ok(match (least, most) {
        (Some(least), None) if many => Quantifier::AtLeast(least),
        (Some(least), None) => Quantifier::Exactly(least),
        (Some(least), Some(most)) => Quantifier::Range(least, most),
        (None, Some(most)) => Quantifier::AtMost(most),
        (None, None) => Quantifier::ZeroOrMore,
    })
}
