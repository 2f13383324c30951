//! The backslash commands, psql's where psql has one.

use std::path::PathBuf;
use std::time::Duration;

use catalog::{Error, Result};

use crate::config::Timeout;

/// Name, argument and what it does: the text of `\?` and what completion offers.
pub(crate) const COMMANDS: &[(&str, &str, &str)] = &[
    ("\\d", "[TABLE]", "tables of this database, or the columns of one table"),
    ("\\l", "", "databases"),
    ("\\timing", "", "print how long statements take, or stop it"),
    ("\\x", "", "print one value on a line, or stop it"),
    ("\\o", "[FILE]", "write results to a file (format by its extension), or to the screen again"),
    ("\\i", "FILE", "run the statements of a file"),
    ("\\timeout", "[TIME]", "cancel statements that take longer, or do not any more"),
    ("\\watch", "[SECONDS]", "run the last statement again and again, until Ctrl-C"),
    ("\\?", "", "this help"),
    ("\\q", "", "quit (or Ctrl-D)"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meta {
    /// A table, a database, or what the session's database holds.
    Describe(Option<String>),
    Databases,
    Timing,
    Expanded,
    Output(Option<PathBuf>),
    Include(PathBuf),
    Timeout(Option<Duration>),
    Watch(Duration),
    Help,
    Quit,
}

/// Reads one line that begins with a backslash.
///
/// Errors: `InvalidInput` for an unknown command and for an argument that is missing, unwanted or wrong.
pub(crate) fn parse(line: &str) -> Result<Meta> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = Some(argument.trim()).filter(|text| !text.is_empty());
    let path = || argument.map(|text| PathBuf::from(text.trim_matches('\'')));
    let without = |meta: Meta| match argument {
        None => Ok(meta),
        Some(text) => Err(Error::invalid(format!("{name} takes no argument, got '{text}'"))),
    };
    match name {
        "\\d" | "\\dt" | "\\d+" => Ok(Meta::Describe(argument.map(str::to_owned))),
        "\\l" => without(Meta::Databases),
        "\\timing" => without(Meta::Timing),
        "\\x" => without(Meta::Expanded),
        "\\o" => Ok(Meta::Output(path())),
        "\\i" => path().map(Meta::Include).ok_or_else(|| Error::invalid("\\i expects the name of a file")),
        "\\timeout" => {
            let limit = argument.map(str::parse::<Timeout>).transpose();
            limit.map(|limit| Meta::Timeout(limit.map(|t| t.0))).map_err(|error| Error::invalid(format!("\\timeout: {error}")))
        }
        "\\watch" => Ok(Meta::Watch(seconds(argument)?)),
        "\\?" | "\\h" | "\\help" => without(Meta::Help),
        "\\q" => without(Meta::Quit),
        _ => Err(Error::invalid(format!("unknown command {name}; \\? lists those there are"))),
    }
}

fn seconds(argument: Option<&str>) -> Result<Duration> {
    let Some(text) = argument else { return Ok(Duration::from_secs(2)) };
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(Error::invalid(format!("\\watch expects seconds from 0.1 to 86400, got '{text}'"))),
    }
}

/// The text of `\?`.
pub(crate) fn help() -> String {
    let commands = COMMANDS.iter().map(|(name, argument, what)| format!("  {:<22}{what}\n", format!("{name} {argument}")));
    let mut text: String = commands.collect();
    text.push_str("\nA statement may take several lines and ends with a semicolon. Tab completes, Ctrl-C stops a statement.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        for (line, expected) in [
            ("\\d", Some(Meta::Describe(None))),
            ("\\d lake.ticks;", Some(Meta::Describe(Some("lake.ticks".to_owned())))),
            ("\\o", Some(Meta::Output(None))),
            ("\\o a b.csv", Some(Meta::Output(Some(PathBuf::from("a b.csv"))))),
            ("\\i 'x.sql'", Some(Meta::Include(PathBuf::from("x.sql")))),
            ("\\timeout 30s", Some(Meta::Timeout(Some(Duration::from_secs(30))))),
            ("\\timeout", Some(Meta::Timeout(None))),
            ("\\timeout soon", None),
            ("\\watch 0.5", Some(Meta::Watch(Duration::from_millis(500)))),
            ("\\watch", Some(Meta::Watch(Duration::from_secs(2)))),
            ("\\watch -1", None),
            ("\\watch NaN", None),
            ("\\i", None),
            ("\\q now", None),
            ("\\quit", None),
        ] {
            assert_eq!(parse(line).ok(), expected, "{line}");
        }
    }

    #[test]
    fn every_listed_command_is_known() {
        for (name, ..) in COMMANDS {
            assert!(parse(&format!("{name} 1")).is_ok() || parse(name).is_ok(), "{name}");
        }
    }
}
