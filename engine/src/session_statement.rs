//! Statements about a session of the engine: what is prepared in it, its properties, and what SHOW lists beside the catalog.

use catalog::{Error, ErrorKind, Result};
use datafusion::sql::sqlparser::ast::{Expr, Value};
use sql::{NamePattern, Statement};

use crate::command::Rows;
use crate::engine::{Answer, Engine, Session};
use crate::functions;

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
        Statement::DescribeInput { name } => input(&session.statement(name)?)?,
        Statement::DescribeOutput { name } => output(engine, session, name).await?,
        Statement::SetSession { name, value } => {
            session.set(name, value.as_ref())?;
            Rows::none()
        }
        Statement::ShowSession { like } => properties(session, like.as_ref()),
        Statement::ShowFunctions { like } => functions(like.as_ref()),
        Statement::ShowCatalogs { like } => {
            Rows::lines("Catalog", ["awsdatacatalog".to_string()].into_iter().filter(|name| matches(name, like.as_ref())))
        }
        _ => return Ok(None),
    };
    Ok(Some(rows.into()))
}

fn not_prepared(name: &str) -> Error {
    Error::new(ErrorKind::EntityNotFound, format!("prepared statement '{name}' was not found; PREPARE it in this session"))
}

impl Session {
    /// The statement prepared under this name, its `?` unfilled.
    fn statement(&self, name: &str) -> Result<Statement> {
        sql::parse(self.prepared.get(name).ok_or_else(|| not_prepared(name))?)
    }

    /// The statement prepared under this name, with `parameters` for its `?`.
    ///
    /// Errors: `EntityNotFound` where there is none, and those of [`sql::bind`].
    pub(crate) fn bound(&self, name: &str, parameters: Vec<Expr>) -> Result<Statement> {
        sql::bind(self.statement(name)?, parameters)
    }

    /// Sets a property to a constant, or back to its default.
    fn set(&mut self, name: &str, value: Option<&Expr>) -> Result<()> {
        let defaults = Self::default().properties;
        let unknown = || Error::invalid(format!("Session property '{name}' does not exist"));
        match name {
            "time_zone_id" => match value {
                None => self.properties.time_zone = defaults.time_zone,
                Some(value) => {
                    let mut properties = self.properties.clone();
                    properties.time_zone = text(name, value)?;
                    properties.zone()?;
                    self.properties = properties;
                }
            },
            "decimal_literals" => match value {
                None => self.properties.decimal_literals = defaults.decimal_literals,
                Some(value) => self.properties.decimal_literals = truth(name, value)?,
            },
            _ => return Err(unknown()),
        }
        Ok(())
    }
}

fn constant(value: &Expr) -> Option<&Value> {
    match value {
        Expr::Value(value) => Some(&value.value),
        Expr::Nested(inner) => constant(inner),
        _ => None,
    }
}

fn text(name: &str, value: &Expr) -> Result<String> {
    match constant(value) {
        Some(Value::SingleQuotedString(text)) => Ok(text.clone()),
        _ => Err(Error::invalid(format!("Unable to set session property '{name}' to '{value}': it takes a string"))),
    }
}

fn truth(name: &str, value: &Expr) -> Result<bool> {
    match constant(value) {
        Some(Value::Boolean(truth)) => Ok(*truth),
        _ => Err(Error::invalid(format!("Unable to set session property '{name}' to '{value}': it takes true or false"))),
    }
}

/// Position and type of each `?`: the type that it is cast to, else `unknown`.
fn input(statement: &Statement) -> Result<Rows> {
    let places = sql::parameters(statement);
    let rows = places.into_iter().enumerate().map(|(position, cast)| {
        let r#type = cast.map_or_else(|| "unknown".to_string(), |data_type| sql::type_text(&data_type));
        [position.to_string(), r#type]
    });
    Ok(Rows::cells(&["Position", "Type"], "varchar", rows))
}

/// The columns that a prepared query answers with.
async fn output(engine: &Engine, session: &Session, name: &str) -> Result<Rows> {
    let statement = session.statement(name)?;
    let null = || Expr::Value(Value::Null.with_empty_span());
    let nulls = (0..sql::places(&statement)).map(|_| null()).collect();
    let Statement::Query(query) = sql::bind(statement, nulls)? else {
        return Ok(Rows::cells(&["Column Name", "Type"], "varchar", []));
    };
    let columns = engine.describe(session, &query).await?;
    let rows = columns.into_iter().map(|column| [column.name, column.r#type.to_string()]);
    Ok(Rows::cells(&["Column Name", "Type"], "varchar", rows.collect::<Vec<_>>()))
}

fn properties(session: &Session, like: Option<&NamePattern>) -> Rows {
    let default = Session::default().properties;
    let now = &session.properties;
    let rows = [
        ["decimal_literals", &now.decimal_literals.to_string(), &default.decimal_literals.to_string(), "boolean", {
            "Whether 1.2 is a decimal, as in Trino, and not a double, as in Athena"
        }]
        .map(str::to_string),
        ["time_zone_id", &now.time_zone, &default.time_zone, "varchar", "The session's time zone"].map(str::to_string),
    ];
    let names = ["Name", "Value", "Default", "Type", "Description"];
    Rows::cells(&names, "varchar", rows.into_iter().filter(|[name, ..]| matches(name, like)))
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

fn matches(name: &str, pattern: Option<&NamePattern>) -> bool {
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
