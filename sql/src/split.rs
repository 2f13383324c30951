//! A script cut into statements at its semicolons, with quotes and comments respected. It says how the text ends, which is
//! how an interactive shell knows whether to ask for another line.

use catalog::Position;

use crate::parse::grammar;
use crate::source::{START, advance};
use crate::token::{Kind, Token, Tokens};

/// One statement of a script: from its first word to its last token, without the semicolon and without comments around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment<'a> {
    pub text: &'a str,
    /// Where `text` begins in the script.
    pub position: Position,
}

/// How a script ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a semicolon, or with nothing: every statement is whole.
    Complete,
    /// The last statement has no semicolon.
    Open,
    /// Inside a quote or a comment that begins here: `'`, `"`, `` ` `` or `/`.
    Inside(char, Position),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script<'a> {
    pub statements: Vec<Fragment<'a>>,
    pub ending: Ending,
}

/// The statements of `text`. Empty statements are left out; an unfinished last one is included.
pub fn split(text: &str) -> Script<'_> {
    let mut script = Script { statements: Vec::new(), ending: Ending::Complete };
    let mut counted = (0, START);
    let mut next = 0;
    while next < text.len() {
        let piece = piece(text, next);
        next = piece.next;
        let mut position = |offset: usize| {
            counted = (offset, advance(counted.1, &text[counted.0..offset]));
            counted.1
        };
        if let Some((start, end)) = piece.span {
            script.statements.push(Fragment { text: &text[start..end], position: position(start) });
            script.ending = if piece.closed { Ending::Complete } else { Ending::Open };
        }
        if let Some((offset, quote)) = piece.inside {
            script.ending = Ending::Inside(quote, position(offset));
        }
    }
    script
}

struct Piece {
    /// The bytes of the statement, if there is one.
    span: Option<(usize, usize)>,
    /// Ended by a semicolon.
    closed: bool,
    /// The quote or comment that was not closed.
    inside: Option<(usize, char)>,
    /// Where the next statement may begin.
    next: usize,
}

/// Reads from `from` to the next semicolon outside of quotes and comments.
fn piece(text: &str, from: usize) -> Piece {
    let mut piece = Piece { span: None, closed: false, inside: None, next: text.len() };
    let mut routine = Routine::default();
    for token in Tokens::new(text, from, grammar(&text[from..])) {
        match token.kind {
            Kind::Comment => continue,
            Kind::Symbol if token.text == ";" && routine.depth == 0 => {
                piece.closed = true;
                piece.next = token.end();
                break;
            }
            Kind::Unclosed => {
                piece.inside = token.text.chars().next().map(|quote| (token.offset, quote));
                if token.text.starts_with('/') {
                    break;
                }
            }
            _ => {}
        }
        routine.take(token);
        piece.span = Some((piece.span.map_or(token.offset, |(start, _)| start), token.end()));
    }
    piece
}

/// The blocks of a function in SQL, whose statements end in semicolons, too.
#[derive(Default)]
struct Routine<'a> {
    tokens: usize,
    /// Whether the statement has functions: it began with `WITH FUNCTION name` or `CREATE FUNCTION`.
    is_routine: bool,
    depth: usize,
    before: Option<Token<'a>>,
}

impl<'a> Routine<'a> {
    fn take(&mut self, token: Token<'a>) {
        let before = self.before.replace(token);
        self.tokens += 1;
        let after = |words: &[&str]| before.is_some_and(|before| words.iter().any(|word| before.is(word)));
        if self.tokens <= 4 && token.is("FUNCTION") && after(&["WITH", "CREATE", "REPLACE"]) {
            self.is_routine = true;
        }
        if !self.is_routine || after(&["END"]) && token.kind == Kind::Word {
            return;
        }
        // IF and REPEAT are functions, too: as statements they follow another word of a block, its label or its end.
        let statement = after(&["BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT", "RETURNS"])
            || before.is_none_or(|before| before.is_symbol(";") || before.is_symbol(":"));
        let begins = ["BEGIN", "CASE", "LOOP", "WHILE"].iter().any(|word| token.is(word));
        if begins || statement && (token.is("IF") || token.is("REPEAT")) {
            self.depth += 1;
        } else if token.is("END") {
            self.depth = self.depth.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        split(text).statements.into_iter().map(|fragment| fragment.text).collect()
    }

    #[test]
    fn semicolons_in_quotes_and_comments_do_not_end_a_statement() {
        let cases: [(&str, &[&str]); 9] = [
            ("", &[]),
            (" ;; -- nothing\n;", &[]),
            ("SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]),
            ("-- {\"app\": 1}\nSELECT ';' -- ; end\n;", &["SELECT ';'"]),
            ("SELECT \";\" /* ; */ FROM t;", &["SELECT \";\" /* ; */ FROM t"]),
            ("SELECT '\\' ; SELECT 2", &["SELECT '\\'", "SELECT 2"]),
            (
                "CREATE DATABASE d COMMENT 'it\\'s; fine'; SHOW TABLES;",
                &["CREATE DATABASE d COMMENT 'it\\'s; fine'", "SHOW TABLES"],
            ),
            ("SELECT 'a;\nb", &["SELECT 'a;\nb"]),
            (
                "WITH FUNCTION f() RETURNS int BEGIN DECLARE x int; IF if(x, 1) = 1 THEN SET x = CASE 1 WHEN 1 THEN 2 END; END IF; RETURN x; END SELECT f(); SELECT 2",
                &[
                    "WITH FUNCTION f() RETURNS int BEGIN DECLARE x int; IF if(x, 1) = 1 THEN SET x = CASE 1 WHEN 1 THEN 2 END; END IF; RETURN x; END SELECT f()",
                    "SELECT 2",
                ],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(texts(text), expected, "{text}");
        }
    }

    #[test]
    fn the_ending_tells_whether_to_read_on() {
        let at = |line, column| Position { line, column };
        let cases = [
            ("", Ending::Complete),
            ("SELECT 1;", Ending::Complete),
            ("SELECT 1; -- done", Ending::Complete),
            ("SELECT 1", Ending::Open),
            ("SELECT 1;\n SELECT", Ending::Open),
            ("SELECT 'a;\nb", Ending::Inside('\'', at(1, 8))),
            ("SELECT 1;\n/* open", Ending::Inside('/', at(2, 1))),
            ("SELECT \"x", Ending::Inside('"', at(1, 8))),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text).ending, expected, "{text}");
        }
    }

    #[test]
    fn positions_are_those_of_the_script() {
        let script = split("SELECT 1;\n\n  -- two\n  SELECT 2; SELECT 3");
        let positions: Vec<_> =
            script.statements.iter().map(|fragment| (fragment.position.line, fragment.position.column)).collect();
        assert_eq!(positions, [(1, 1), (4, 3), (4, 13)]);
    }
}
