//! Limits that keep any text from ending the process. The parser library recurses without a bound in places, and goes back
//! and tries again at each level of some nestings, so that an error forty levels deep would take it years.

use std::cell::Cell;

use catalog::{Error, ErrorKind, Position, Result};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Brackets within brackets, and CASE within CASE. A level of nested joins takes 50 KB of stack in a debug build.
const BRACKETS: usize = 250;

/// `ARRAY<ARRAY<…`, `INTERVAL INTERVAL …` and `a.a.…`: unbounded recursions, or quadratic time, of the library.
const RUN: usize = 50;

/// Operators one after another, and UNIONs: the tree is as deep as the chain is long, and is walked and freed by recursion.
const CHAIN: usize = 10_000;

/// The stack for parsing: what the brackets above need, with room to spare. Memory is only used as far as it is touched.
pub(super) const STACK: usize = 64 << 20;

/// Runs `work` with at least half of [`STACK`] before it.
pub(super) fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK / 2, STACK, work)
}

/// How many expressions may be begun while parsing. A text without retries begins fewer than it has tokens.
#[derive(Debug)]
pub(super) struct Budget(Cell<usize>);

impl Budget {
    pub(super) fn new(tokens: usize) -> Self {
        Self(Cell::new(1000 + 50 * tokens))
    }

    /// Counts one; false when there is nothing left.
    pub(super) fn spend(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }
}

/// What is counted at one level of brackets.
#[derive(Default)]
struct Level {
    operators: usize,
    sets: usize,
}

/// Refuses texts that are nested or chained beyond the limits, at the first token that is too much.
pub(super) fn check(tokens: &[TokenWithSpan]) -> Result<()> {
    let mut levels = vec![Level::default()];
    let mut run = 0;
    for token in tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))) {
        run = match &token.token {
            Token::Lt | Token::Period => run + 1,
            token if is(token, "INTERVAL") => run + 1,
            Token::Word(word) if !separates(&word.value) => run,
            _ => 0,
        };
        if run > RUN {
            return Err(too_much(token, format!("more than {RUN} types, intervals or members are nested here")));
        }
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => levels.push(Level::default()),
            token if is(token, "CASE") => levels.push(Level::default()),
            Token::RParen | Token::RBracket | Token::RBrace => close(&mut levels),
            token if is(token, "END") => close(&mut levels),
            other => {
                if let Some(level) = levels.last_mut() {
                    count(level, other);
                }
            }
        }
        if levels.len() > BRACKETS {
            return Err(too_much(token, format!("more than {BRACKETS} brackets are open here; split the query up with WITH")));
        }
        if levels.last().is_some_and(|level| level.operators.max(level.sets) > CHAIN) {
            return Err(too_much(
                token,
                format!("more than {CHAIN} operators stand in one row here; use IN, or a table of values"),
            ));
        }
    }
    Ok(())
}

/// Whether `token` is the keyword `word`.
fn is(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(found) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
}

fn close(levels: &mut Vec<Level>) {
    if levels.len() > 1 {
        levels.pop();
    }
}

fn count(level: &mut Level, token: &Token) {
    let any = |words: &[&str]| words.iter().any(|word| is(token, word));
    match token {
        Token::Word(word)
            if any(&["UNION", "EXCEPT", "INTERSECT"]) || separates(&word.value) && !any(&["AND", "OR", "BETWEEN"]) =>
        {
            level.sets += usize::from(any(&["UNION", "EXCEPT", "INTERSECT"]));
            level.operators = 0;
        }
        Token::Word(_) if any(&["AND", "OR", "IS", "BETWEEN", "LIKE", "NOT"]) => level.operators += 1,
        Token::Comma => level.operators = 0,
        Token::Word(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::Period => {}
        _ => level.operators += 1,
    }
}

/// Words at which an expression ends, or the next one begins.
fn separates(word: &str) -> bool {
    let words =
        ["SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "ON", "WHEN", "THEN", "ELSE", "JOIN", "AND", "OR", "BETWEEN"];
    words.iter().any(|separator| word.eq_ignore_ascii_case(separator))
}

fn too_much(token: &TokenWithSpan, message: String) -> Error {
    let start = token.span.start;
    Error::new(ErrorKind::LimitExceeded, message).at(Position { line: start.line, column: start.column })
}
