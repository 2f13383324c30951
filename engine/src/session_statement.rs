//! Statements about a session of the engine: what is prepared in it, its properties, and what SHOW lists beside the catalog.

use catalog::{Error, ErrorKind, Result};
use datafusion::sql::sqlparser::ast::{Expr, Value};
use sql::{DatabaseName, Door, NamePattern, Statement};

use crate::command::Rows;
use crate::describe_prepared;
use crate::engine::{Answer, Engine, Session};
use crate::functions;
use crate::information_schema;
use crate::listing;
use crate::plan::scope::Catalog;
use crate::session_property::{PROPERTIES, Property};
use crate::system;

/// Runs `statement` if it is about the session; `None` where it is not.
pub(crate) async fn run(engine: &Engine, session: &mut Session, statement: &Statement) -> Result<Option<Answer>> {
    let rows = match statement {
        Statement::Prepare { name, text } => {
            session.prepared.insert(name.clone(), text.clone());
            Rows::none()
        }
        Statement::Deallocate { name } => {
            session.prepared.remove(name).ok_or_else(|| not_prepared(name))?;
            Rows::none()
        }
        Statement::DescribeInput { name } => return describe_prepared::input(&session.statement(name)?).map(Some),
        Statement::DescribeOutput { name } => {
            return describe_prepared::output(engine, session, session.statement(name)?).await.map(Some);
        }
        Statement::SetSession { name, value } => {
            session.set(name, value.as_ref())?;
            Rows::none()
        }
        Statement::ShowSession { like } => properties(session, like.as_ref()),
        Statement::ShowFunctions { like } => functions(like.as_ref()),
        Statement::ShowCatalogs { like } => {
            // By Athena's door there is one; Trino's has `system` besides.
            let known = match session.door {
                Door::Athena => &[Catalog::Lake][..],
                Door::Trino => &[Catalog::Lake, Catalog::System],
            };
            let names = known.iter().map(|catalog| catalog.name().to_string());
            Rows::lines("Catalog", names.filter(|name| matches(name, like.as_ref())).collect::<Vec<_>>())
        }
        Statement::Show(listed) => return listing::list(engine, session, listed.clone()).await.map(Some),
        Statement::Use { database } if session.door == Door::Trino => {
            use_schema(engine, session, database).await?;
            Rows::none()
        }
        // Each statement is a transaction of its own.
        Statement::Transaction(_) => Rows::none(),
        Statement::KillQuery { query, .. } => {
            let missing = || Error::new(ErrorKind::QueryNotFound, format!("Target query not found: {query}"));
            session.queries.as_ref().ok_or_else(missing)?.kill(query).await?;
            Rows::none()
        }
        _ => return Ok(None),
    };
    Ok(Some(rows.into()))
}

/// `USE [catalog.]schema`; Trino wants to know both.
async fn use_schema(engine: &Engine, session: &mut Session, to: &DatabaseName) -> Result<()> {
    let catalog = Catalog::known(to.catalog.as_deref().unwrap_or(&session.catalog))?;
    match catalog {
        Catalog::System if system::SCHEMAS.contains(&to.name.as_str()) => {}
        Catalog::Lake if to.name == information_schema::NAME => {}
        Catalog::Lake => _ = engine.catalog().database(&to.name).await?,
        Catalog::System => {
            let message = format!("Schema does not exist: {}.{}", catalog.name(), to.name);
            return Err(Error::new(ErrorKind::DatabaseNotFound, message));
        }
    }
    session.catalog = catalog.name().to_string();
    session.database.clone_from(&to.name);
    Ok(())
}

fn not_prepared(name: &str) -> Error {
    Error::new(ErrorKind::EntityNotFound, format!("prepared statement '{name}' was not found; PREPARE it in this session"))
}

impl Session {
    /// The statement prepared under this name, its `?` unfilled.
    fn statement(&self, name: &str) -> Result<Statement> {
        sql::parse_by(self.door, self.prepared.get(name).ok_or_else(|| not_prepared(name))?)
    }

    /// The statement prepared under this name, with `parameters` for its `?`.
    ///
    /// Errors: `EntityNotFound` where there is none, and those of [`sql::bind`].
    pub(crate) fn bound(&self, name: &str, parameters: Vec<Expr>) -> Result<Statement> {
        sql::bind(self.statement(name)?, parameters)
    }

    /// Sets a property to a constant, or back to its default.
    fn set(&mut self, name: &str, value: Option<&Expr>) -> Result<()> {
        let Some(value) = value else { return self.reset_property(name) };
        match constant(value) {
            Some(Value::SingleQuotedString(text)) => self.set_property(name, text),
            Some(Value::Boolean(truth)) => self.set_property(name, &truth.to_string()),
            _ => Err(Error::invalid(format!("Unable to set session property '{name}' to '{value}': it takes a constant"))),
        }
    }
}

fn constant(value: &Expr) -> Option<&Value> {
    match value {
        Expr::Value(value) => Some(&value.value),
        Expr::Nested(inner) => constant(inner),
        _ => None,
    }
}

fn properties(session: &Session, like: Option<&NamePattern>) -> Rows {
    let rows = PROPERTIES.iter().map(|Property { name, r#type, description }| {
        let text = |value: Option<String>| value.unwrap_or_default();
        let (now, default) = (text(session.property(name)), text(session.default_property(name)));
        [(*name).to_string(), now, default, (*r#type).to_string(), (*description).to_string()]
    });
    let names = ["Name", "Value", "Default", "Type", "Description"];
    Rows::cells(&names, "varchar", rows.filter(|[name, ..]| matches(name, like)).collect::<Vec<_>>())
}

/// All that can be called, with each of their overloads.
fn functions(like: Option<&NamePattern>) -> Rows {
    let all = functions::listed().map(|listed| {
        let (arguments, result) = listed.signature.rsplit_once(" -> ").unwrap_or((listed.signature, ""));
        let arguments = arguments.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(arguments);
        [listed.name, result, arguments, listed.kind, listed.description].map(str::to_string)
    });
    let mut rows: Vec<_> = all.filter(|[name, ..]| matches(name, like)).collect();
    rows.sort();
    Rows::cells(&["Function", "Return Type", "Argument Types", "Function Type", "Description"], "varchar", rows)
}

pub(crate) fn matches(name: &str, pattern: Option<&NamePattern>) -> bool {
    let Some(pattern) = pattern else { return true };
    let mut expression = String::from("(?s)^");
    let mut characters = pattern.like.chars();
    while let Some(c) = characters.next() {
        let literal = match c {
            c if Some(c) == pattern.escape => characters.next(),
            '%' => {
                expression.push_str(".*");
                None
            }
            '_' => {
                expression.push('.');
                None
            }
            c => Some(c),
        };
        expression.extend(literal.map(|c| regex::escape(&c.to_string())));
    }
    expression.push('$');
    regex::Regex::new(&expression).is_ok_and(|regex| regex.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_like() {
        let like = |like: &str, escape| NamePattern { like: like.to_string(), escape };
        for (name, pattern, expected) in [
            ("abs", like("a%", None), true),
            ("abs", like("a_", None), false),
            ("a_b", like("a$_b", Some('$')), true),
            ("axb", like("a$_b", Some('$')), false),
            ("a.b", like("a.b", None), true),
            ("axb", like("a.b", None), false),
        ] {
            assert_eq!(matches(name, Some(&pattern)), expected, "{name} {pattern:?}");
        }
    }
}
