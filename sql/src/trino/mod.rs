//! Queries: Trino's grammar (`SqlBase.g4` of release 455 and what is newer and stands in no way), by recursive descent over the
//! tokens, into the syntax tree of the `sqlparser` crate, which is what DataFusion plans.
//!
//! The crate's own parser is not used: it reads a union of many dialects, so that every form that Trino has not would have to
//! be refused by a list, it does not say what was expected where a text is wrong, and it goes back and tries again at each
//! level of some nestings.
//!
//! # What is said otherwise than it is written
//!
//! The syntax tree has no place for some of Trino's forms, and others mean what a plainer form means. While parsing:
//!
//! | written | in the tree | why |
//! |---|---|---|
//! | a type | the library's, or `Custom` with the type's text | [`type_text`] gives the text of either |
//! | `VALUES 1, ROW(2)` | `VALUES (1), (2)` | a row of one column |
//! | `TABLE t` | `SELECT * FROM t` | the same |
//! | `FETCH FIRST n ROWS ONLY` | `LIMIT n` | the same; WITH TIES stays a FETCH |
//! | `IF(a, b, c)` | `CASE WHEN a THEN b ELSE c END` | the same |
//! | `CASE x WHEN > 1 THEN …` | `CASE WHEN x > 1 THEN …` | the same, where x has one value |
//! | `x.f(y)`, `type::f(y)` | `f(x, y)`, `f(y)` | the function under that name, as far as there is one |
//! | `x.bigint()`, `x.decimal(10, 2)` | `"$item"(x, 'bigint', 'bigint')`, `"$item"(x, 'decimal(10, 2)', 'decimal', 10, 2)` | an item method where x is JSON, else a function |
//! | `x[*]`, `x.'a b'` | an index that is `*`, a member that is a string | of JSON |
//! | `ROW::fields(x)` | `"$row_fields"(x)` | the names are in the type |
//! | `ROW(x AS a, y)` | `"$named_row"('a', x, NULL, y)` | |
//! | `x BETWEEN SYMMETRIC a AND b` | `x BETWEEN least(a, b) AND greatest(a, b)` | the same |
//! | `POSITION(a IN b)` | `strpos(b, a)` | Trino's meaning of it |
//! | `TRIM(LEADING a FROM b)`, `SUBSTRING(a FROM b)`, `NORMALIZE(a, NFC)`, `OVERLAY(…)` | `ltrim(b, a)`, `substring(a, b)`, `normalize(a, 'NFC')`, `overlay(…)` | Trino's meaning of it |
//! | `x AT LOCAL` | `x AT TIME ZONE current_timezone()` | the same |
//! | `-1` | a minus before a number | the least bigint is a literal |
//! | `0x1f`, `1_000` | `31`, `1000` | the same number |
//! | `U&'\00e9'` | `'é'` | the same text |
//! | `x LIKE y ESCAPE z`, z no literal | `"$like"(x, y, z)` | the tree takes literals only |
//! | `row.* AS (a, b)` | `"$members"(row) AS (a, b)` | |
//! | `JSON_VALUE(…)`, `JSON_QUERY`, `JSON_EXISTS`, `JSON_OBJECT`, `JSON_ARRAY` | `"$json_value"(…)`, … | see [`json`] |
//! | `JSON_TABLE(…)` | a table function `"$json_table"(…)` | see [`json_table`] |
//! | `UNIQUE (q)`, `r MATCH UNIQUE FULL (q)`, `(a, b) OVERLAPS (c, d)` | `"$unique"((q))`, `"$match"('FULL', true, (q), r)`, `"$overlaps"(a, b, c, d)` | see [`predicate`] |
//! | `WITH FUNCTION …` | common table expressions | see [`routine`] |
//! | `GROUP BY DISTINCT AUTO` | `GROUP BY "$distinct"(), "$auto"()` | |
//! | `UNION ALL CORRESPONDING` | `UNION ALL BY NAME`; with BY, a select of those columns on either side | |
//! | `t PIVOT (… GROUP BY …)` | the library's, with `"$group_by"(…)` where its default value stands | see [`pivot`] |
//! | `NEAREST (FROM r WHERE c MATCH x <= y)` | `LATERAL (SELECT * FROM r WHERE c AND x <= y ORDER BY x DESC LIMIT 1)` | the same |
//! | clauses of `MATCH_RECOGNIZE`, and of row patterns in windows | | see [`pattern`] |
//!
//! Afterwards [`fold`] folds names to lower case. A function whose name begins with `$` is one of these: nobody else can call it.

mod call;
mod data_type;
mod expression;
mod fold;
mod json;
mod json_table;
mod limits;
mod literal;
mod name;
mod nearest;
mod pattern;
mod pivot;
mod predicate;
mod primary;
mod query;
mod recognise;
mod refuse;
mod refused;
mod relation;
mod routine;
mod select;
mod special;

use catalog::Result;
use sqlparser::ast::{Expr, Query};

use crate::cursor::Cursor;
use crate::source::Source;
use crate::token::Grammar;
pub use data_type::type_text;
pub use query::of as query_of;
pub(crate) use refused::{heads, refused, refused_as, refused_otherwise};
pub use routine::INLINE;

/// Parses a whole query; spans in the result are positions in the user's text.
pub(crate) fn query(source: Source<'_>) -> Result<Box<Query>> {
    let mut query = whole(source, query::query)?;
    refuse::not_done(&query)?;
    fold::names(&mut query);
    Ok(query)
}

/// One or more values, separated by commas.
pub(crate) fn values(source: Source<'_>) -> Result<Vec<Expr>> {
    whole(source, expression::expressions)
}

/// One value.
pub(crate) fn value(source: Source<'_>) -> Result<Expr> {
    whole(source, expression::expression)
}

/// What `parse` makes of the whole text.
fn whole<T>(source: Source<'_>, parse: impl FnOnce(&mut Cursor<'_>) -> Result<T>) -> Result<T> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    name::check(&cursor)?;
    limits::with_stack(|| {
        let parsed = parse(&mut cursor)?;
        cursor.end()?;
        Ok(parsed)
    })
}

#[cfg(test)]
mod stable;
#[cfg(test)]
mod tests;
