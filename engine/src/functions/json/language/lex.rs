//! The tokens of a path.

/// A token and the byte at which it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A word, which is a keyword where the grammar has one.
    Word(String),
    /// A text in double quotes.
    Text(String),
    /// A number as it stands.
    Number(String),
    /// `$name` or `$"name"`
    Variable(String),
    /// Anything else, `..` and comparisons in one piece.
    Symbol(&'static str),
    End,
}

/// Longer ones first.
const SYMBOLS: [&str; 29] = [
    "..", "==", "!=", "<>", "<=", ">=", "&&", "||", "$", "@", ".", ",", "(", ")", "[", "]", "?", "*", "+", "-", "/", "%", "<",
    ">", "!", ":", "{", "}", "=",
];

/// All tokens of the text, the end included. The byte of what begins no token otherwise.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, usize> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let blanks = rest.len() - rest.trim_start().len();
        at += blanks;
        let (kind, length) = token(&text[at..]).ok_or(at)?;
        let ended = kind == Kind::End;
        tokens.push(Token { kind, at });
        if ended {
            return Ok(tokens);
        }
        at += length;
    }
}

fn token(text: &str) -> Option<(Kind, usize)> {
    let Some(first) = text.chars().next() else { return Some((Kind::End, 0)) };
    if first == '"' {
        let (name, length) = quoted(text)?;
        return Some((Kind::Text(name), length));
    }
    if first.is_ascii_digit() || (first == '.' && text[1..].starts_with(|c: char| c.is_ascii_digit())) {
        let length = number(text);
        return Some((Kind::Number(text[..length].to_string()), length));
    }
    if first.is_alphabetic() || first == '_' {
        let length = word(text);
        return Some((Kind::Word(text[..length].to_string()), length));
    }
    if first == '$' {
        let rest = &text[1..];
        if rest.starts_with('"') {
            let (name, length) = quoted(rest)?;
            return Some((Kind::Variable(name), length + 1));
        }
        if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            let length = word(rest);
            return Some((Kind::Variable(rest[..length].to_string()), length + 1));
        }
    }
    SYMBOLS.iter().find(|symbol| text.starts_with(**symbol)).map(|symbol| (Kind::Symbol(symbol), symbol.len()))
}

fn word(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// Digits with a fraction and an exponent, where they are there: `1`, `1.5`, `.5`, `1e10`.
fn number(text: &str) -> usize {
    let digits = |from: usize| text[from..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |at| from + at);
    let mut end = digits(0);
    if text[end..].starts_with('.') && text[end + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let last = digits(end + 1 + sign);
        if last > end + 1 + sign {
            end = last;
        }
    }
    end
}

/// A text in quotes, which are doubled inside of it, and its length.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if chars.next_if(|(_, next)| *next == '"').is_some() => out.push('"'),
            '"' => return Some((out, at + 1)),
            c => out.push(c),
        }
    }
    None
}
