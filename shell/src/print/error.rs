//! Errors for people: the kind and the message, and where the statement is known, its line with a caret under the place.

use catalog::Error;
use nu_ansi_term::Color;
use unicode_width::UnicodeWidthStr;

use super::table::clean;

/// The lines to print for `error`. `statement` is the text that its position counts in.
///
/// ```text
/// error: COLUMN_NOT_FOUND: line 2:8: column 'x' does not exist
///   2 │ SELECT x FROM t
///     │        ^
/// ```
pub(crate) fn describe(error: &Error, statement: Option<&str>, colour: bool) -> String {
    let label = if colour { Color::Red.bold().paint("error:").to_string() } else { "error:".to_owned() };
    let text = format!("{label} {error}");
    let at = error.position();
    let line = at.and_then(|at| Some((at, statement?.lines().nth(usize::try_from(at.line).ok()?.checked_sub(1)?)?)));
    let Some((at, line)) = line else { return text };
    let number = at.line.to_string();
    let before: String = line.chars().take(usize::try_from(at.column.saturating_sub(1)).unwrap_or(0)).collect();
    // A tab is printed as one space, so that the caret stands under what is meant in every terminal.
    let shown = line.replace('\t', " ");
    let gap = " ".repeat(clean(&before.replace('\t', " ")).width());
    let caret = if colour { Color::Red.bold().paint("^").to_string() } else { "^".to_owned() };
    format!("{text}\n  {number} │ {}\n  {} │ {gap}{caret}", clean(&shown), " ".repeat(number.len()))
}

/// Whether the reader of our output went away (`civetta query … | head`), which is no failure.
pub(crate) fn is_broken_pipe(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The error of writing output.
pub(crate) fn output(error: std::io::Error) -> Error {
    Error::new(catalog::ErrorKind::Unavailable, format!("cannot write the output: {error}")).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::{ErrorKind, Position};

    #[test]
    fn the_caret_stands_under_the_position() {
        let error = Error::new(ErrorKind::ColumnNotFound, "column 'x' does not exist").at(Position { line: 2, column: 8 });
        let text = describe(&error, Some("-- first\nSELECT x FROM t"), false);
        assert_eq!(text, "error: COLUMN_NOT_FOUND: line 2:8: column 'x' does not exist\n  2 │ SELECT x FROM t\n    │        ^");
    }

    #[test]
    fn wide_characters_and_tabs_do_not_move_the_caret() {
        let error = Error::new(ErrorKind::Syntax, "no").at(Position { line: 1, column: 5 });
        assert!(describe(&error, Some("'日'\tx"), false).ends_with("1 │ '日' x\n    │      ^"));
    }

    #[test]
    fn positions_outside_the_statement_are_no_panic() {
        for (line, column) in [(0, 0), (9, 1), (1, 99)] {
            let error = Error::new(ErrorKind::Syntax, "no").at(Position { line, column });
            assert!(describe(&error, Some("SELECT"), false).starts_with("error: SYNTAX_ERROR"));
        }
    }

    #[test]
    fn broken_pipes_are_found_behind_other_errors() {
        let pipe = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&output(pipe())));
        assert!(is_broken_pipe(&Error::internal("x").caused_by(arrow::error::ArrowError::IoError(String::new(), pipe()))));
        assert!(!is_broken_pipe(&output(std::io::Error::from(std::io::ErrorKind::StorageFull))));
    }
}
