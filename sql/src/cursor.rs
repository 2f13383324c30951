//! A cursor over the tokens of one statement. It remembers what was looked for at the present token, so that an error can
//! say what was expected there without anybody keeping lists: `mismatched input 'x'. Expecting: 'LIKE', <EOF>`.

use std::collections::HashMap;

use catalog::{Error, ErrorKind, Position, Result, name};

use crate::hive::{unescape, unquote};
use crate::source::{Source, advance};
use crate::token::{Grammar, Kind, Token, Tokens};

/// Brackets within brackets, queries within queries: what is deeper is refused, so that no text ends the process.
const DEPTH: usize = 250;

/// Queries within expressions within each other: the time to plan them doubles with each, since DataFusion checks the inner ones
/// once for the query they are in and once by themselves.
const SUBQUERIES: usize = 16;

pub(crate) struct Cursor<'a> {
    source: Source<'a>,
    grammar: Grammar,
    tokens: Vec<Token<'a>>,
    /// Where each token begins in the user's text, and at last where the text ends.
    places: Vec<Position>,
    at: usize,
    /// For each opening bracket the place of the closing one.
    closing: HashMap<usize, usize>,
    /// What was looked for at the present token and not found.
    tried: Vec<&'static str>,
    depth: usize,
    subqueries: usize,
    /// The first thing that was read and is not done.
    refused: Option<Error>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(source: Source<'a>, grammar: Grammar) -> Self {
        let tokens: Vec<_> = Tokens::new(source.text, 0, grammar).filter(|token| token.kind != Kind::Comment).collect();
        let mut counted = (0, source.start);
        let offsets = tokens.iter().map(|token| token.offset).chain([source.text.len()]);
        let places = offsets.map(|offset| {
            counted = (offset, advance(counted.1, &source.text[counted.0..offset]));
            counted.1
        });
        let places = places.collect();
        let closing = brackets(&tokens);
        Self { source, grammar, tokens, places, closing, at: 0, tried: Vec::new(), depth: 0, subqueries: 0, refused: None }
    }

    /// Where one stands, to come back to with [`Self::back`].
    pub(crate) fn mark(&self) -> usize {
        self.at
    }

    /// The mark of the token before the present one.
    pub(crate) fn previous(&self) -> usize {
        self.at.saturating_sub(1)
    }

    /// Whether ANALYZE is next as a statement's first word: `ANALYZE name` and no more, or with properties.
    pub(crate) fn sees_statement_analyze(&self) -> bool {
        let statement =
            ["SELECT", "WITH", "VALUES", "TABLE", "VERBOSE", "EXPLAIN", "CREATE", "INSERT", "UPDATE", "DELETE", "MERGE"];
        let next = self.ahead(1);
        let begins = next.is_none_or(|token| token.is_symbol("(") || statement.iter().any(|word| token.is(word)));
        let ends = self.ahead(2).is_none_or(|token| token.is_symbol(".") || token.is("WITH"));
        self.sees("ANALYZE") && !begins && ends
    }

    /// All tokens of the statement.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = Token<'a>> {
        self.tokens.iter().copied()
    }

    /// Goes back to `mark`. Only for choices that a bounded look ahead cannot make.
    pub(crate) fn back(&mut self, mark: usize) {
        self.at = mark;
        self.tried.clear();
    }

    /// The place of the bracket that closes the one which stands so many places after the present token, as such a distance.
    pub(crate) fn closing(&self, places: usize) -> Option<usize> {
        self.closing.get(&(self.at + places)).map(|at| at - self.at)
    }

    /// Where the present token begins in the user's text.
    pub(crate) fn place(&self) -> Position {
        self.place_at(self.at)
    }

    /// Where the token at `mark` begins.
    pub(crate) fn place_at(&self, mark: usize) -> Position {
        self.places.get(mark).or(self.places.last()).copied().unwrap_or(self.source.start)
    }

    /// Whether there may be so many levels more.
    ///
    /// Errors: `LimitExceeded` beyond [`DEPTH`] levels.
    pub(crate) fn nests(&self, levels: usize) -> Result<()> {
        if self.depth + levels > DEPTH {
            let message = format!("the statement is nested more than {DEPTH} levels deep; split it up with WITH");
            return Err(self.error(ErrorKind::LimitExceeded, message));
        }
        Ok(())
    }

    /// Runs `work` one level deeper.
    ///
    /// Errors: `LimitExceeded` beyond [`DEPTH`] levels.
    pub(crate) fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.nests(1)?;
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    /// Runs `work`, which reads a query that stands in an expression.
    ///
    /// Errors: `LimitExceeded` beyond [`SUBQUERIES`] of them in each other.
    pub(crate) fn subquery<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.subqueries >= SUBQUERIES {
            let message =
                format!("subqueries in expressions are nested more than {SUBQUERIES} levels deep; split them up with WITH");
            return Err(self.error(ErrorKind::LimitExceeded, message));
        }
        self.subqueries += 1;
        let done = work(self);
        self.subqueries -= 1;
        done
    }

    pub(crate) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    /// The token so many places after the present one.
    pub(crate) fn ahead(&self, places: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + places).copied()
    }

    /// The present token's text if it is an unquoted word.
    pub(crate) fn word(&self) -> Option<&'a str> {
        self.peek().filter(|token| token.kind == Kind::Word).map(|token| token.text)
    }

    pub(crate) fn advance(&mut self) {
        self.at += 1;
        self.tried.clear();
    }

    /// The byte at which the present token begins; the end of the text after the last.
    pub(crate) fn offset(&self) -> usize {
        self.peek().map_or(self.source.text.len(), |token| token.offset)
    }

    /// The text from the present token on.
    pub(crate) fn rest(&self) -> Source<'a> {
        self.source.from(self.offset())
    }

    /// Whether the next tokens are the words of `phrase`, for a phrase that is not to be offered to people.
    pub(crate) fn sees(&self, phrase: &str) -> bool {
        phrase.split(' ').enumerate().all(|(ahead, word)| self.ahead(ahead).is_some_and(|token| token.is(word)))
    }

    /// Whether the next tokens are the words of `phrase`.
    pub(crate) fn is(&mut self, phrase: &'static str) -> bool {
        let found = self.sees(phrase);
        if !found {
            self.tried.push(phrase);
        }
        found
    }

    /// Takes the words of `phrase` if they are next.
    pub(crate) fn accept(&mut self, phrase: &'static str) -> bool {
        let found = self.is(phrase);
        if found {
            self.at += phrase.split(' ').count();
            self.tried.clear();
        }
        found
    }

    pub(crate) fn expect(&mut self, phrase: &'static str) -> Result<()> {
        // Word by word, so that the error points at the one that is wrong.
        phrase.split(' ').try_for_each(|word| if self.accept(word) { Ok(()) } else { Err(self.mismatch()) })
    }

    pub(crate) fn is_symbol(&mut self, symbol: &'static str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_symbol(symbol));
        if !found {
            self.tried.push(symbol);
        }
        found
    }

    pub(crate) fn accept_symbol(&mut self, symbol: &'static str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    pub(crate) fn expect_symbol(&mut self, symbol: &'static str) -> Result<()> {
        if self.accept_symbol(symbol) { Ok(()) } else { Err(self.mismatch()) }
    }

    /// `( item, item, … )` with at least one item.
    pub(crate) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect_symbol("(")?;
        let mut items = vec![item(self)?];
        while self.accept_symbol(",") {
            items.push(item(self)?);
        }
        self.expect_symbol(")")?;
        Ok(items)
    }

    /// A name, quoted or not, folded to lower case.
    pub(crate) fn name(&mut self) -> Result<String> {
        match self.peek() {
            Some(Token { kind: Kind::Word, text, .. }) => {
                self.advance();
                Ok(name::fold(text))
            }
            // Hive's names may begin with a digit.
            Some(Token { kind: Kind::Number, text, .. }) if text.contains(char::is_alphabetic) && !text.contains('.') => {
                self.advance();
                Ok(name::fold(text))
            }
            Some(Token { kind: Kind::Quoted, text, .. }) if text.len() > 2 => {
                self.advance();
                Ok(name::fold(&unquote(text)))
            }
            _ => Err(self.mismatch_with("<identifier>")),
        }
    }

    /// A string in single or double quotes, unescaped; `None` and nothing taken where there is none.
    pub(crate) fn accept_string(&mut self) -> Option<String> {
        let token =
            self.peek().filter(|token| token.kind == Kind::String || token.kind == Kind::Quoted && token.text.starts_with('"'));
        if token.is_some() {
            self.advance();
        } else {
            self.tried.push("<string>");
        }
        token.map(|token| if self.grammar == Grammar::Hive { unescape(token.text) } else { unquote(token.text) })
    }

    /// A number as written, with its sign; `None` and nothing taken where there is none.
    pub(crate) fn accept_number(&mut self) -> Option<String> {
        let negative = self.peek().is_some_and(|token| token.is_symbol("-"));
        let token = self.ahead(usize::from(negative)).filter(|token| token.kind == Kind::Number);
        match token {
            Some(_) => {
                self.at += 1 + usize::from(negative);
                self.tried.clear();
            }
            None => self.tried.push("<number>"),
        }
        token.map(|token| format!("{}{}", if negative { "-" } else { "" }, token.text))
    }

    pub(crate) fn string(&mut self) -> Result<String> {
        self.accept_string().ok_or_else(|| self.mismatch())
    }

    /// Nothing may follow, and nothing was refused.
    pub(crate) fn end(&mut self) -> Result<()> {
        if self.peek().is_none() { self.done() } else { Err(self.mismatch_with("<EOF>")) }
    }

    /// Errors: `NotSupported` naming the first thing that [`Self::refuse`] was told of.
    pub(crate) fn done(&mut self) -> Result<()> {
        self.refused.take().map_or(Ok(()), Err)
    }

    /// Notes that what begins at `mark` is not done. Reading goes on, so that what is wrong after it is still told;
    /// [`Self::end`] then refuses the whole.
    pub(crate) fn refuse(&mut self, what: &str, mark: usize) {
        let error = Error::not_supported(format!("{what} is not supported yet")).at(self.place_at(mark));
        self.refused.get_or_insert(error);
    }

    /// Takes the words of `phrase`, which are not done and not to be offered to people, if they are next.
    pub(crate) fn accept_refused(&mut self, phrase: &str, what: &str) -> bool {
        let found = self.sees(phrase);
        if found {
            self.refuse(what, self.at);
            self.at += phrase.split(' ').count();
            self.tried.clear();
        }
        found
    }

    /// The present token is not one of what was looked for. Where phrases of several words were, the error is at the first
    /// word that none of them goes on with.
    pub(crate) fn mismatch(&self) -> Error {
        let common = |phrase: &str| {
            let words = phrase.split(' ').enumerate();
            let same = words.take_while(|(ahead, word)| self.ahead(*ahead).is_some_and(|token| token.is(word))).count();
            // A phrase that is all there was passed over for what follows it.
            if same == phrase.split(' ').count() { 0 } else { same }
        };
        let longest = self.tried.iter().map(|phrase| common(phrase)).max().unwrap_or(0);
        let mut expected: Vec<String> = Vec::new();
        for phrase in self.tried.iter().filter(|phrase| common(phrase) == longest) {
            let rest = phrase.splitn(longest + 1, ' ').last().unwrap_or_default();
            let rest = if self.grammar == Grammar::Trino { rest.split(' ').next().unwrap_or(rest) } else { rest };
            let rest = if rest.len() > 2 && rest.starts_with('<') { rest.to_string() } else { format!("'{rest}'") };
            if !expected.contains(&rest) {
                expected.push(rest);
            }
        }
        if self.grammar == Grammar::Trino {
            // Trino's order.
            expected.sort_unstable();
        }
        let (found, offset) = self.ahead(longest).map_or(("<EOF>", self.source.text.len()), |token| (token.text, token.offset));
        let message = format!("mismatched input '{found}'. Expecting: {}", expected.join(", "));
        self.error_at(offset, ErrorKind::Syntax, message)
    }

    /// Notes that `what` could stand here, for the error to say.
    pub(crate) fn offer(&mut self, what: &'static str) {
        self.tried.push(what);
    }

    /// As [`Self::mismatch`], with `expected` looked for too.
    pub(crate) fn mismatch_with(&mut self, expected: &'static str) -> Error {
        self.tried.push(expected);
        self.mismatch()
    }

    pub(crate) fn not_supported(&self, what: &str) -> Error {
        self.error(ErrorKind::NotSupported, format!("{what} is not supported yet"))
    }

    /// An error at the present token.
    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        self.error_at(self.offset(), kind, message)
    }

    /// An error at a token already taken.
    pub(crate) fn error_at(&self, offset: usize, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::new(kind, message).at(self.position(offset))
    }

    pub(crate) fn position(&self, offset: usize) -> Position {
        self.source.position(offset)
    }
}

/// Round brackets and their ends, as places in `tokens`; those without an end are left out.
fn brackets(tokens: &[Token<'_>]) -> HashMap<usize, usize> {
    let mut open = Vec::new();
    let mut closing = HashMap::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.is_symbol("(") {
            open.push(at);
        } else if token.is_symbol(")")
            && let Some(start) = open.pop()
        {
            closing.insert(start, at);
        }
    }
    closing
}
