//! What was typed, or stands in a file, cut into statements and backslash commands.

use catalog::{Error, Position};

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// A statement without its semicolon, and where it begins.
    Statement(&'a str, Position),
    /// A line from its backslash on.
    Meta(&'a str),
}

/// The items of `text` in their order. A backslash command stands where a statement could begin and takes the rest of its line.
pub(crate) fn items(text: &str) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let mut rest = text;
    let mut line = 1;
    'commands: loop {
        for fragment in sql::split(rest).statements {
            if !fragment.text.starts_with('\\') {
                let position = Position { line: fragment.position.line + line - 1, ..fragment.position };
                items.push(Item::Statement(fragment.text, position));
                continue;
            }
            // A command's line is no SQL: a quote in it must not swallow what follows, so the rest is cut anew.
            let Some(start) = offset(rest, fragment.text) else { break };
            let (before, command) = rest.split_at(start);
            let (command, after) = command.split_once('\n').unwrap_or((command, ""));
            items.push(Item::Meta(command.trim_end()));
            line += before.matches('\n').count() as u64 + 1;
            rest = after;
            continue 'commands;
        }
        return items;
    }
}

/// The error of a statement that begins at `at`, with its position counted in the whole text.
pub(crate) fn placed(error: Error, at: Position) -> Error {
    let Some(inside) = error.position() else { return error };
    let column = if inside.line == 1 { inside.column + at.column - 1 } else { inside.column };
    error.at(Position { line: inside.line + at.line - 1, column })
}

/// Whether Enter ends the input: a backslash command, nothing at all, or statements that are all closed.
pub(crate) fn is_complete(text: &str) -> bool {
    match items(text).last() {
        Some(Item::Meta(_)) | None => true,
        Some(Item::Statement(..)) => sql::split(text).ending == sql::Ending::Complete,
    }
}

/// Where `part`, a piece of `whole`, begins in it.
fn offset(whole: &str, part: &str) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize).filter(|at| *at <= whole.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        items(text)
            .into_iter()
            .map(|item| match item {
                Item::Statement(text, at) => format!("{}:{} {text}", at.line, at.column),
                Item::Meta(text) => text.to_owned(),
            })
            .collect()
    }

    #[test]
    fn statements_and_commands() {
        for (text, expected) in [
            ("", &[][..]),
            ("SELECT 1; SELECT ';'", &["1:1 SELECT 1", "1:11 SELECT ';'"]),
            ("\\i it's.sql\nSELECT 'a;\nb';\n\\x", &["\\i it's.sql", "2:1 SELECT 'a;\nb'", "\\x"]),
            ("SELECT 1; \\watch 2\nSELECT 2;", &["1:1 SELECT 1", "\\watch 2", "2:1 SELECT 2"]),
            ("-- nothing\n;;\n\\q\n", &["\\q"]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn enter() {
        for (text, complete) in [
            ("", true),
            ("SELECT 1", false),
            ("SELECT 1;", true),
            ("SELECT 'a;", false),
            ("\\d", true),
            ("\\d it's", true),
            ("SELECT 1; SELECT", false),
            ("-- only a comment", true),
        ] {
            assert_eq!(is_complete(text), complete, "{text}");
        }
    }
}
