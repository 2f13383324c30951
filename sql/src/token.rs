//! The tokeniser of the Hive grammar, of the statement splitter and of the first words that choose a grammar. It never
//! fails: what is not closed becomes an `Unclosed` token that reaches to the end of the text.

/// How strings end. The grammars differ: Hive escapes with a backslash, Trino only by doubling the quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    Hive,
    Trino,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An unquoted name or keyword.
    Word,
    /// `"…"` or `` `…` ``: a name, or in Hive with double quotes also a string.
    Quoted,
    /// `'…'`
    String,
    Number,
    /// One punctuation mark, or one of the grammar's longer ones: `<= >= <> !=`, Hive's `==`, Trino's `|| -> => ::`.
    Symbol,
    /// `--` to the end of the line, or `/* … */`.
    Comment,
    /// A quote or comment without its end.
    Unclosed,
}

/// A token: its kind, its text as written, quotes included, and the byte at which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    pub(crate) offset: usize,
}

impl Token<'_> {
    /// Whether this is the keyword `word` (unquoted, in any case).
    pub(crate) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    pub(crate) fn end(&self) -> usize {
        self.offset + self.text.len()
    }
}

/// The tokens of `text` from `offset` on, white space left out, comments included.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    offset: usize,
    grammar: Grammar,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a str, offset: usize, grammar: Grammar) -> Self {
        Self { text, offset, grammar }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text.get(self.offset..)?;
        let blank = rest.len() - rest.trim_start().len();
        let rest = &rest[blank..];
        let first = rest.chars().next()?;
        let offset = self.offset + blank;
        // A dot before digits begins a number, unless it takes a member of what stands before it.
        let member = self.text[..offset].ends_with(|c: char| is_word_part(c) || matches!(c, '"' | '`' | ']' | ')'));
        let number =
            self.grammar == Grammar::Trino && !member && first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        let (kind, length) = if number { (Kind::Number, number_length(rest)) } else { measure(rest, first, self.grammar) };
        self.offset = offset + length;
        Some(Token { kind, text: &rest[..length], offset })
    }
}

/// The kind and length in bytes of the token that `rest` begins with.
fn measure(rest: &str, first: char, grammar: Grammar) -> (Kind, usize) {
    let until = |stop: &dyn Fn(char) -> bool| rest.find(stop).unwrap_or(rest.len());
    match first {
        '\'' => quoted(rest, first, grammar, Kind::String),
        '"' | '`' => quoted(rest, first, grammar, Kind::Quoted),
        '-' if rest.starts_with("--") => (Kind::Comment, until(&|c| c == '\n')),
        '/' if rest.starts_with("/*") => match rest[2..].find("*/") {
            Some(end) => (Kind::Comment, end + 4),
            None => (Kind::Unclosed, rest.len()),
        },
        '0'..='9' if grammar == Grammar::Trino => (Kind::Number, number_length(rest)),
        '0'..='9' => (Kind::Number, until(&|c| !(c.is_alphanumeric() || c == '.' || c == '_'))),
        c if is_word_start(c) => (Kind::Word, until(&|c| !is_word_part(c))),
        _ if long_symbols(grammar).iter().any(|symbol| rest.starts_with(symbol)) => (Kind::Symbol, 2),
        _ => (Kind::Symbol, first.len_utf8()),
    }
}

/// Symbols of two characters.
fn long_symbols(grammar: Grammar) -> &'static [&'static str] {
    match grammar {
        Grammar::Hive => &["<=", ">=", "<>", "!=", "=="],
        Grammar::Trino => &["<=", ">=", "<>", "!=", "||", "->", "=>", "::"],
    }
}

/// Digits, letters, dots and underscores, and the sign of an exponent: `1.5E-3` is one token. Whether it is a number, or a
/// name that wrongly begins with a digit, is for the grammar to say.
fn number_length(rest: &str) -> usize {
    let run = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '_')).unwrap_or(text.len());
    let length = run(rest);
    let (number, after) = rest.split_at(length);
    let mantissa =
        number.strip_suffix(['e', 'E']).is_some_and(|m| m.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'_'));
    let exponent = after.strip_prefix(['+', '-']).filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
    match exponent {
        Some(digits) if mantissa => length + 1 + run(digits),
        _ => length,
    }
}

pub(crate) fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

pub(crate) fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '$')
}

/// A quoted token: the quote doubled stands for itself; in Hive's strings a backslash takes the next character with it.
fn quoted(rest: &str, quote: char, grammar: Grammar, kind: Kind) -> (Kind, usize) {
    let backslash = grammar == Grammar::Hive && quote != '`';
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\\' && backslash {
            characters.next();
        } else if c == quote {
            match characters.peek() {
                Some((_, next)) if *next == quote => {
                    characters.next();
                }
                _ => return (kind, at + 1),
            }
        }
    }
    (Kind::Unclosed, rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, grammar: Grammar) -> Vec<(Kind, &str)> {
        Tokens::new(text, 0, grammar).map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn tokens_of_both_grammars() {
        use Kind::*;
        let common: [(&str, &[(Kind, &str)]); 6] = [
            ("a.b", &[(Word, "a"), (Symbol, "."), (Word, "b")]),
            ("x<=1 -- end\n;", &[(Word, "x"), (Symbol, "<="), (Number, "1"), (Comment, "-- end"), (Symbol, ";")]),
            ("'it''s' \"a\"\"b\" `c``d`", &[(String, "'it''s'"), (Quoted, "\"a\"\"b\""), (Quoted, "`c``d`")]),
            ("/* ; ' */x", &[(Comment, "/* ; ' */"), (Word, "x")]),
            ("t$partitions größe 1.5e0", &[(Word, "t$partitions"), (Word, "größe"), (Number, "1.5e0")]),
            ("'open", &[(Unclosed, "'open")]),
        ];
        for (text, expected) in common {
            assert_eq!(texts(text, Grammar::Hive), expected, "{text}");
            assert_eq!(texts(text, Grammar::Trino), expected, "{text}");
        }
        assert_eq!(texts(r"'it\'s'", Grammar::Hive), [(String, r"'it\'s'")]);
        assert_eq!(texts(r"'\' x", Grammar::Trino), [(String, r"'\'"), (Word, "x")]);
        assert_eq!(texts("/* open", Grammar::Hive), [(Unclosed, "/* open")]);
    }
}
