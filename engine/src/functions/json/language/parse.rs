//! Trino's grammar of paths (`JsonPath.g4`).

use catalog::{Error, ErrorKind};

use super::super::super::regexp::Pattern;
use super::compare::Comparison;
use super::lex::{Kind, Token, tokens};
use super::number::{Number, Operator};
use super::{Expression, Method, Path, Predicate, Subscript};

/// Paths nested deeper are refused.
const MAX_DEPTH: usize = 100;

type Result<T> = catalog::Result<T>;

impl Path {
    /// Errors: `Syntax` for what is no path, `InvalidPath` for a wrong pattern.
    pub(in super::super) fn parse(text: &str) -> Result<Self> {
        let tokens = tokens(text).map_err(|at| {
            let found: String = text[at..].chars().take(1).collect();
            Error::new(ErrorKind::Syntax, format!("token recognition error at: '{found}' in the path '{text}'"))
        })?;
        let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, text, variables: vec![] };
        let lax = match parser.word() {
            Some("lax") => true,
            Some("strict") => false,
            _ => return Err(parser.mismatch("{'lax', 'strict'}")),
        };
        parser.at += 1;
        let root = parser.expression()?;
        match parser.peek() {
            Kind::End => Ok(Self { lax, root, variables: parser.variables }),
            _ => Err(parser.mismatch("<EOF>")),
        }
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    text: &'t str,
    variables: Vec<String>,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> &'t Kind {
        // The last token is the end, and nothing goes beyond it.
        self.tokens.get(self.at).map_or(&Kind::End, |token| &token.kind)
    }

    fn word(&self) -> Option<&'t str> {
        match self.peek() {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Kind::Symbol(found) if *found == symbol);
        self.at += usize::from(found);
        found
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let found = self.word() == Some(word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.accept(symbol) { Ok(()) } else { Err(self.mismatch(&format!("'{symbol}'"))) }
    }

    fn mismatch(&self, expected: &str) -> Error {
        let start = self.tokens.get(self.at).map_or(self.text.len(), |token| token.at);
        let end = self.tokens.get(self.at + 1).map_or(self.text.len(), |token| token.at);
        let found = match self.text[start..end].trim() {
            "" => "<EOF>",
            found => found,
        };
        Error::new(ErrorKind::Syntax, format!("mismatched input '{found}' expecting {expected} in the path '{}'", self.text))
    }

    /// Guards what calls itself.
    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::new(ErrorKind::InvalidPath, format!("the path is nested more than {MAX_DEPTH} deep")));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn expression(&mut self) -> Result<Expression> {
        let mut left = self.term()?;
        loop {
            let operator = if self.accept("+") {
                Operator::Add
            } else if self.accept("-") {
                Operator::Subtract
            } else {
                return Ok(left);
            };
            left = Expression::Arithmetic(Box::new(left), operator, Box::new(self.term()?));
        }
    }

    fn term(&mut self) -> Result<Expression> {
        let mut left = self.signed()?;
        loop {
            let operator = if self.accept("*") {
                Operator::Multiply
            } else if self.accept("/") {
                Operator::Divide
            } else if self.accept("%") {
                Operator::Modulus
            } else {
                return Ok(left);
            };
            left = Expression::Arithmetic(Box::new(left), operator, Box::new(self.signed()?));
        }
    }

    fn signed(&mut self) -> Result<Expression> {
        if self.accept("-") {
            return Ok(Expression::Negative(Box::new(self.deeper(Self::signed)?)));
        }
        if self.accept("+") {
            return Ok(Expression::Positive(Box::new(self.deeper(Self::signed)?)));
        }
        self.accessors()
    }

    fn accessors(&mut self) -> Result<Expression> {
        let mut base = self.deeper(Self::primary)?;
        loop {
            base = if self.accept("..") {
                Expression::Descendants(Box::new(base), self.name()?)
            } else if self.accept(".") {
                self.after_dot(base)?
            } else if self.accept("[") {
                self.subscripts(base)?
            } else if self.accept("?") {
                self.expect("(")?;
                let predicate = self.predicate()?;
                self.expect(")")?;
                Expression::Filter(Box::new(base), Box::new(predicate))
            } else {
                return Ok(base);
            };
        }
    }

    fn after_dot(&mut self, base: Expression) -> Result<Expression> {
        if self.accept("*") {
            return Ok(Expression::AllMembers(Box::new(base)));
        }
        let called = matches!(self.tokens.get(self.at + 1), Some(Token { kind: Kind::Symbol("("), .. }));
        match self.word() {
            Some(method) if called => {
                self.at += 2;
                let method = match method {
                    "type" => Method::Type,
                    "size" => Method::Size,
                    "double" => Method::Double,
                    "ceiling" => Method::Ceiling,
                    "floor" => Method::Floor,
                    "abs" => Method::Abs,
                    "keyvalue" => Method::KeyValue,
                    "datetime" => Method::Datetime(self.template()),
                    other => {
                        let message = format!("the method '{other}' is not known");
                        return Err(Error::new(ErrorKind::InvalidPath, message));
                    }
                };
                self.expect(")")?;
                Ok(Expression::Method(Box::new(base), method))
            }
            _ => Ok(Expression::Member(Box::new(base), self.name()?)),
        }
    }

    fn template(&mut self) -> Option<String> {
        let Kind::Text(template) = self.peek() else { return None };
        self.at += 1;
        Some(template.clone())
    }

    fn name(&mut self) -> Result<String> {
        let name = match self.peek() {
            Kind::Word(name) | Kind::Text(name) => name.clone(),
            _ => return Err(self.mismatch("a member's name")),
        };
        self.at += 1;
        Ok(name)
    }

    fn subscripts(&mut self, base: Expression) -> Result<Expression> {
        if self.accept("*") {
            self.expect("]")?;
            return Ok(Expression::AllElements(Box::new(base)));
        }
        let mut subscripts = Vec::new();
        loop {
            let from = self.expression()?;
            let to = if self.accept_word("to") { Some(self.expression()?) } else { None };
            subscripts.push(Subscript { from, to });
            if !self.accept(",") {
                break;
            }
        }
        self.expect("]")?;
        Ok(Expression::Elements(Box::new(base), subscripts))
    }

    fn primary(&mut self) -> Result<Expression> {
        let expression = match self.peek() {
            Kind::Number(number) => match Number::literal(number) {
                Some(number) => Expression::Number(number),
                None => return Err(Error::new(ErrorKind::InvalidPath, format!("the number {number} is out of range"))),
            },
            Kind::Text(text) => Expression::Text(text.clone()),
            Kind::Variable(name) => {
                self.variables.push(name.clone());
                Expression::Variable(name.clone())
            }
            Kind::Symbol("$") => Expression::Context,
            Kind::Symbol("@") => Expression::Current,
            Kind::Word(word) => match word.as_str() {
                "null" => Expression::Null,
                "true" => Expression::Boolean(true),
                "false" => Expression::Boolean(false),
                "last" => Expression::Last,
                _ => return Err(self.mismatch("a path")),
            },
            Kind::Symbol("(") => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(inner);
            }
            _ => return Err(self.mismatch("a path")),
        };
        self.at += 1;
        Ok(expression)
    }

    fn predicate(&mut self) -> Result<Predicate> {
        let mut left = self.conjunction()?;
        while self.accept("||") {
            left = Predicate::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Predicate> {
        let mut left = self.deeper(Self::single)?;
        while self.accept("&&") {
            left = Predicate::And(Box::new(left), Box::new(self.deeper(Self::single)?));
        }
        Ok(left)
    }

    fn single(&mut self) -> Result<Predicate> {
        if self.accept("!") {
            return Ok(Predicate::Not(Box::new(self.deeper(Self::single)?)));
        }
        if self.word() == Some("exists") {
            self.at += 1;
            self.expect("(")?;
            let path = self.expression()?;
            self.expect(")")?;
            return Ok(Predicate::Exists(path));
        }
        // A bracket begins a predicate, or a path that is compared: what it is shows behind it.
        let start = self.at;
        if self.accept("(")
            && let Ok(inner) = self.predicate()
            && self.accept(")")
        {
            let unknown = self.accept_word("is");
            if unknown && !self.accept_word("unknown") {
                return Err(self.mismatch("'unknown'"));
            }
            return Ok(if unknown { Predicate::IsUnknown(Box::new(inner)) } else { inner });
        }
        self.at = start;
        self.compared()
    }

    fn compared(&mut self) -> Result<Predicate> {
        let left = self.expression()?;
        if self.accept_word("starts") {
            if !self.accept_word("with") {
                return Err(self.mismatch("'with'"));
            }
            let start = self.primary()?;
            return match start {
                Expression::Text(_) | Expression::Variable(_) => Ok(Predicate::StartsWith(left, start)),
                _ => Err(self.mismatch("a string or a variable")),
            };
        }
        if self.accept_word("like_regex") {
            let Kind::Text(pattern) = self.peek() else { return Err(self.mismatch("a pattern")) };
            self.at += 1;
            let flags = match self.accept_word("flag") {
                true => self.template().ok_or_else(|| self.mismatch("flags"))?,
                false => String::new(),
            };
            return Ok(Predicate::LikeRegex(left, regex(pattern, &flags)?));
        }
        const COMPARISONS: [(&str, Comparison); 7] = [
            ("==", Comparison::Equal),
            ("<>", Comparison::NotEqual),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        match COMPARISONS.into_iter().find(|(symbol, _)| self.accept(symbol)) {
            Some((_, comparison)) => Ok(Predicate::Compare(left, comparison, self.expression()?)),
            None => Err(self.mismatch("a comparison")),
        }
    }
}

/// A pattern of XQuery, which has less than Java's: what it does not have is refused.
fn regex(pattern: &str, flags: &str) -> Result<std::sync::Arc<Pattern>> {
    let wrong = |why: &str| Error::new(ErrorKind::InvalidPath, format!("invalid like_regex pattern '{pattern}': {why}"));
    if let Some(odd) = flags.chars().find(|flag| !"imsxq".contains(*flag)) {
        return Err(wrong(&format!("the flag '{odd}' is not known")));
    }
    if pattern.contains("[[:") {
        return Err(wrong("POSIX bracket classes are not supported"));
    }
    if pattern.contains("(?>") {
        return Err(wrong("atomic groups are not supported"));
    }
    if pattern.split("(?").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-')) {
        return Err(wrong("inline regex flags are not supported"));
    }
    let body = if flags.contains('q') { regex::escape(pattern) } else { pattern.to_string() };
    let modes: String = flags.chars().filter(|flag| *flag != 'q').collect();
    let whole = if modes.is_empty() { body } else { format!("(?{modes}){body}") };
    Pattern::compiled(&whole).map_err(|error| wrong(&error.to_string()))
}
