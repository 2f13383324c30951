//! Statements about the session: `SET SESSION`, `RESET SESSION`, and what SHOW lists beside the catalog.

use catalog::Result;

use crate::cursor::Cursor;
use crate::source::Source;
use crate::statement::{NamePattern, Statement};
use crate::token::Grammar;
use crate::trino;

/// `SET SESSION name = value`
pub(crate) fn set(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    cursor.expect("SET SESSION")?;
    let name = name(&mut cursor)?;
    cursor.expect_symbol("=")?;
    let value = trino::value(cursor.rest())?;
    Ok(Statement::SetSession { name, value: Some(value) })
}

/// `RESET SESSION name`
pub(crate) fn reset(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    cursor.expect("RESET SESSION")?;
    let name = name(&mut cursor)?;
    cursor.end()?;
    Ok(Statement::SetSession { name, value: None })
}

/// `[catalog.]property`
fn name(cursor: &mut Cursor<'_>) -> Result<String> {
    let mut name = cursor.name()?;
    while cursor.accept_symbol(".") {
        name = format!("{name}.{}", cursor.name()?);
    }
    Ok(name)
}

/// `SHOW FUNCTIONS [{FROM | IN} schema] [LIKE …]`
pub(crate) fn show_functions(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    cursor.expect("SHOW FUNCTIONS")?;
    if cursor.sees("FROM") || cursor.sees("IN") {
        cursor.advance();
        name(&mut cursor)?;
        like(&mut cursor)?;
        cursor.end()?;
        return Err(catalog::Error::not_supported("SHOW FUNCTIONS of a schema is not supported yet").at(source.start));
    }
    listing(cursor, |like| Statement::ShowFunctions { like })
}

/// `SHOW CATALOGS [LIKE …]`
pub(crate) fn show_catalogs(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    cursor.expect("SHOW CATALOGS")?;
    listing(cursor, |like| Statement::ShowCatalogs { like })
}

/// `SHOW SESSION [LIKE …]`
pub(crate) fn show_session(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    cursor.expect("SHOW SESSION")?;
    listing(cursor, |like| Statement::ShowSession { like })
}

fn listing(mut cursor: Cursor<'_>, of: fn(Option<NamePattern>) -> Statement) -> Result<Statement> {
    let like = like(&mut cursor)?;
    cursor.end()?;
    Ok(of(like))
}

/// `LIKE 'pattern' [ESCAPE 'c']`, where there is one.
pub(crate) fn like(cursor: &mut Cursor<'_>) -> Result<Option<NamePattern>> {
    if !cursor.accept("LIKE") {
        return Ok(None);
    }
    let like = cursor.string()?;
    let start = cursor.mark();
    let escape = if cursor.accept("ESCAPE") { Some(cursor.string()?) } else { None };
    let mut characters = escape.as_deref().unwrap_or_default().chars();
    match (escape.is_some(), characters.next(), characters.next()) {
        (false, ..) => Ok(Some(NamePattern { like, escape: None })),
        (true, Some(escape), None) => Ok(Some(NamePattern { like, escape: Some(escape) })),
        _ => {
            let error = catalog::Error::invalid("Escape string must be a single character");
            Err(error.at(cursor.place_at(start)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn statements() {
        for (text, expected) in [
            ("SHOW FUNCTIONS LIKE 'a%'", "ShowFunctions { like: Some(NamePattern { like: \"a%\", escape: None }) }"),
            ("SHOW SESSION LIKE '%$_%' ESCAPE '$'", {
                "ShowSession { like: Some(NamePattern { like: \"%$_%\", escape: Some('$') }) }"
            }),
            ("SHOW CATALOGS", "ShowCatalogs { like: None }"),
            ("RESET SESSION \"Foo-bar\".baz", "SetSession { name: \"foo-bar.baz\", value: None }"),
        ] {
            assert_eq!(format!("{:?}", parse(text).unwrap()), expected, "{text}");
        }
        let Statement::SetSession { name, value: Some(value) } = parse("SET SESSION a.b = 'x' || 'y'").unwrap() else { panic!() };
        assert_eq!((name.as_str(), value.to_string().as_str()), ("a.b", "'x' || 'y'"));
        for wrong in
            ["SET SESSION foo-bar = 1", "SHOW SESSION LIKE '%' ESCAPE", "SHOW SESSION LIKE '%' ESCAPE 'ab'", "SET SESSION a = "]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
