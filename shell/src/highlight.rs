//! Colours for a statement while it is typed, so for text that is seldom complete: nothing here fails, and what is left open
//! runs to the end.

use nu_ansi_term::{Color, Style};

use sql::keywords::is_keyword;

/// What a piece of a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Keyword,
    /// A name before an opening parenthesis.
    Function,
    /// An unquoted name.
    Name,
    /// A name in double quotes or backticks.
    Quoted,
    Text,
    Number,
    Comment,
    /// Blanks, operators and the rest.
    Other,
}

/// The pieces of `text`; put together they are `text` again.
pub(crate) fn lex(text: &str) -> Vec<(Kind, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (kind, length) = first(rest);
        // `first` cuts at character boundaries and takes at least one character.
        let Some((piece, tail)) = rest.split_at_checked(length) else { break };
        pieces.push((kind, piece));
        rest = tail;
    }
    pieces
}

fn first(text: &str) -> (Kind, usize) {
    let Some(c) = text.chars().next() else { return (Kind::Other, 0) };
    match c {
        '\'' => (Kind::Text, quoted(text, '\'')),
        '"' | '`' => (Kind::Quoted, quoted(text, c)),
        '-' if text.starts_with("--") => (Kind::Comment, text.find('\n').unwrap_or(text.len())),
        '/' if text.starts_with("/*") => {
            (Kind::Comment, text.get(2..).and_then(|t| t.find("*/")).map_or(text.len(), |at| at + 4))
        }
        c if c.is_ascii_digit() => (Kind::Number, run(text, |c| c.is_ascii_alphanumeric() || c == '.')),
        c if is_name_start(c) => {
            let length = run(text, is_name);
            let (word, after) = text.split_at(length);
            let call = after.trim_start().starts_with('(');
            match (is_keyword(word), call) {
                (true, _) => (Kind::Keyword, length),
                (false, true) => (Kind::Function, length),
                (false, false) => (Kind::Name, length),
            }
        }
        _ => (Kind::Other, c.len_utf8()),
    }
}

/// How far a quotation goes: to the quote that is not doubled, or to the end.
fn quoted(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + c.len_utf8();
        }
    }
    text.len()
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

pub(crate) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

/// `text` with colours; its width on the screen is unchanged.
pub(crate) fn colour(text: &str) -> String {
    lex(text)
        .into_iter()
        .map(|(kind, piece)| paint(kind).map_or(piece.to_owned(), |style| style.paint(piece).to_string()))
        .collect()
}

fn paint(kind: Kind) -> Option<Style> {
    match kind {
        Kind::Keyword => Some(Color::Green.bold()),
        Kind::Function => Some(Color::Cyan.normal()),
        Kind::Text => Some(Color::Yellow.normal()),
        Kind::Number => Some(Color::Purple.normal()),
        Kind::Comment => Some(Style::new().dimmed()),
        Kind::Name | Kind::Quoted | Kind::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Kind::{Comment, Function, Keyword, Name, Number, Other, Quoted, Text};

    #[test]
    fn pieces() {
        for (text, expected) in [
            ("SELECT 1", vec![(Keyword, "SELECT"), (Other, " "), (Number, "1")]),
            ("count (x)", vec![(Function, "count"), (Other, " "), (Other, "("), (Name, "x"), (Other, ")")]),
            ("'it''s' x", vec![(Text, "'it''s'"), (Other, " "), (Name, "x")]),
            ("'open", vec![(Text, "'open")]),
            ("\"a b\".`c", vec![(Quoted, "\"a b\""), (Other, "."), (Quoted, "`c")]),
            ("-- from\nfrom", vec![(Comment, "-- from"), (Other, "\n"), (Keyword, "from")]),
            ("/* x */y/*", vec![(Comment, "/* x */"), (Name, "y"), (Comment, "/*")]),
            ("1.5e3+größe", vec![(Number, "1.5e3"), (Other, "+"), (Name, "größe")]),
        ] {
            assert_eq!(lex(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_lost() {
        for text in ["", "'", "''", "'''", "\"", "/", "/*", "/*/", "-", "日本'語", "\\d x", "a\u{301}b"] {
            assert_eq!(lex(text).iter().map(|(_, piece)| *piece).collect::<String>(), text);
        }
        let bare = colour("select 'a' -- b").replace("\u{1b}[1;32m", "").replace("\u{1b}[33m", "").replace("\u{1b}[2m", "");
        assert_eq!(bare.replace("\u{1b}[0m", ""), "select 'a' -- b");
    }
}
