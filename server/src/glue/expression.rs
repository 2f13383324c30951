//! `GetPartitions.Expression`: conditions on partition keys as JSQLParser reads them, checked by the types of the keys.

use catalog::table::{Column, NULL_PARTITION};
use catalog::{Comparison, PartitionFilter, name};
use chrono::{NaiveDate, NaiveDateTime};

use super::error::{Outcome, invalid};

/// Parentheses and NOTs deeper than this are refused.
const DEEPEST: usize = 100;

/// The filter that `text` says, over `keys`.
///
/// Errors: `InvalidInputException` for what is no expression, for a key that is not there, and for a literal or an operator that is not
/// of its key's type.
pub(super) fn parse(text: &str, keys: &[Column]) -> Outcome<PartitionFilter> {
    let unsupported = || invalid(format!("Unsupported expression '{text}'"));
    let tokens = tokens(text).ok_or_else(unsupported)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, keys };
    match parser.or()? {
        Some(filter) if parser.at == tokens.len() => Ok(filter),
        _ => Err(unsupported()),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A word or a quoted name, as written.
    Word(String),
    Number(String),
    Text(String),
    Operator(Comparison),
    Open,
    Close,
    Comma,
}

/// `None` where the text holds something else.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (Token::Open, rest.get(1..)?),
            ')' => (Token::Close, rest.get(1..)?),
            ',' => (Token::Comma, rest.get(1..)?),
            '\'' => quoted(rest, '\'').map(|(text, after)| (Token::Text(text), after))?,
            '"' | '`' => quoted(rest, first).map(|(text, after)| (Token::Word(text), after))?,
            '<' | '>' | '=' | '!' => operator(rest)?,
            '-' | '+' | '.' | '0'..='9' => number(rest)?,
            _ if first.is_alphabetic() || first == '_' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                (Token::Word(word.to_owned()), after)
            }
            _ => return None,
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Some(tokens)
}

/// The text up to the closing quote; a doubled quote is one.
fn quoted(rest: &str, quote: char) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut rest = rest.strip_prefix(quote)?;
    loop {
        let (before, after) = rest.split_once(quote)?;
        text.push_str(before);
        match after.strip_prefix(quote) {
            Some(more) => {
                text.push(quote);
                rest = more;
            }
            None => return Some((text, after)),
        }
    }
}

fn operator(rest: &str) -> Option<(Token, &str)> {
    let operators = [
        ("<>", Comparison::NotEq),
        ("!=", Comparison::NotEq),
        ("<=", Comparison::LtEq),
        (">=", Comparison::GtEq),
        ("<", Comparison::Lt),
        (">", Comparison::Gt),
        ("=", Comparison::Eq),
    ];
    operators.into_iter().find_map(|(text, operator)| Some((Token::Operator(operator), rest.strip_prefix(text)?)))
}

fn number(rest: &str) -> Option<(Token, &str)> {
    let mut last = ' ';
    let end = rest.find(|c: char| {
        let part =
            c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E') || matches!(c, '-' | '+') && matches!(last, ' ' | 'e' | 'E');
        last = c;
        !part
    });
    let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
    text.parse::<f64>().ok()?;
    Some((Token::Number(text.trim_start_matches('+').to_owned()), after))
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    keys: &'a [Column],
}

/// `None` where the tokens are no such thing; then another reading may be tried.
type Parsed<T> = Outcome<Option<T>>;

impl<'a> Parser<'a> {
    fn take(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Parsed<PartitionFilter> {
        let Some(first) = self.and()? else { return Ok(None) };
        let mut any = vec![first];
        while self.word("OR") {
            match self.and()? {
                Some(next) => any.push(next),
                None => return Ok(None),
            }
        }
        Ok(Some(one_or(any, PartitionFilter::Or)))
    }

    fn and(&mut self) -> Parsed<PartitionFilter> {
        let Some(first) = self.not()? else { return Ok(None) };
        let mut all = vec![first];
        while self.word("AND") {
            match self.not()? {
                Some(next) => all.push(next),
                None => return Ok(None),
            }
        }
        Ok(Some(one_or(all, PartitionFilter::And)))
    }

    fn not(&mut self) -> Parsed<PartitionFilter> {
        if self.depth == DEEPEST {
            return Err(invalid(format!("Unsupported expression: it is more than {DEEPEST} levels deep")));
        }
        self.depth += 1;
        let parsed = if self.word("NOT") { Ok(self.not()?.map(negated)) } else { self.group_or_condition() };
        self.depth -= 1;
        parsed
    }

    /// A parenthesis holds conditions, or the name on a condition's left side.
    fn group_or_condition(&mut self) -> Parsed<PartitionFilter> {
        let start = self.at;
        if self.take(&Token::Open) {
            if let Some(inner) = self.or()?
                && self.take(&Token::Close)
            {
                return Ok(Some(inner));
            }
            self.at = start;
        }
        self.condition()
    }

    fn condition(&mut self) -> Parsed<PartitionFilter> {
        let Some(word) = self.in_parentheses(|token| if let Token::Word(word) = token { Some(word.clone()) } else { None })
        else {
            return Ok(None);
        };
        if let Some(Token::Operator(op)) = self.tokens.get(self.at) {
            self.at += 1;
            let Some(literal) = self.literal() else { return Ok(None) };
            let key = self.key(&word)?;
            return Ok(Some(PartitionFilter::Compare { key: key.name.clone(), op: *op, value: typed(key, &literal)? }));
        }
        if self.word("IS") {
            let negative = self.word("NOT");
            let nothing = PartitionFilter::In { key: self.key(&word)?.name.clone(), values: Vec::new() };
            return Ok(self.word("NULL").then(|| if negative { negated(nothing) } else { nothing }));
        }
        let negative = self.word("NOT");
        let Some(filter) = self.predicate(&word)? else { return Ok(None) };
        Ok(Some(if negative { negated(filter) } else { filter }))
    }

    /// What follows the name where NOT may stand before it.
    fn predicate(&mut self, word: &str) -> Parsed<PartitionFilter> {
        if self.word("LIKE") {
            let Some(pattern) = self.literal() else { return Ok(None) };
            let key = self.key(word)?;
            Kind::of(key)?.refuse_like()?;
            return Ok(Some(PartitionFilter::Like { key: key.name.clone(), pattern }));
        }
        if self.word("BETWEEN") {
            let Some(low) = self.literal() else { return Ok(None) };
            if !self.word("AND") {
                return Ok(None);
            }
            let Some(high) = self.literal() else { return Ok(None) };
            let key = self.key(word)?;
            let bound = |op, literal: &str| {
                Ok::<_, super::error::Refusal>(PartitionFilter::Compare {
                    key: key.name.clone(),
                    op,
                    value: typed(key, literal)?,
                })
            };
            return Ok(Some(PartitionFilter::And(vec![bound(Comparison::GtEq, &low)?, bound(Comparison::LtEq, &high)?])));
        }
        if self.word("IN") && self.take(&Token::Open) {
            let key = self.key(word)?;
            let mut values = Vec::new();
            loop {
                let Some(literal) = self.literal() else { return Ok(None) };
                values.push(typed(key, &literal)?);
                if self.take(&Token::Close) {
                    return Ok(Some(PartitionFilter::In { key: key.name.clone(), values }));
                }
                if !self.take(&Token::Comma) {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    fn literal(&mut self) -> Option<String> {
        self.in_parentheses(|token| match token {
            Token::Text(text) | Token::Number(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// One token that `read` knows, within any number of parentheses.
    fn in_parentheses(&mut self, read: impl Fn(&Token) -> Option<String>) -> Option<String> {
        let mut open = 0;
        while self.take(&Token::Open) {
            open += 1;
        }
        let text = self.tokens.get(self.at).and_then(read)?;
        self.at += 1;
        (0..open).all(|_| self.take(&Token::Close)).then_some(text)
    }

    fn key(&self, word: &str) -> Outcome<&'a Column> {
        let wanted = name::fold(word);
        let found = self.keys.iter().find(|key| name::fold(&key.name) == wanted);
        found.ok_or_else(|| invalid(format!("Invalid partition expression! Unknown column '{word}'")))
    }
}

fn one_or(mut filters: Vec<PartitionFilter>, join: impl Fn(Vec<PartitionFilter>) -> PartitionFilter) -> PartitionFilter {
    match filters.pop() {
        Some(only) if filters.is_empty() => only,
        Some(last) => {
            filters.push(last);
            join(filters)
        }
        None => join(filters),
    }
}

fn negated(filter: PartitionFilter) -> PartitionFilter {
    PartitionFilter::Not(Box::new(filter))
}

/// The types that the grammar knows.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Integral,
    Decimal,
    Date,
    Timestamp,
    Text,
}

impl Kind {
    fn of(key: &Column) -> Outcome<Self> {
        let name = key.hive_type().split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
        Ok(match name.as_str() {
            "tinyint" | "smallint" | "int" | "integer" | "bigint" | "long" | "short" => Self::Integral,
            "decimal" => Self::Decimal,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "string" | "char" | "varchar" => Self::Text,
            _ => return Err(invalid(format!("Unknown type : '{name}'"))),
        })
    }

    fn refuse_like(self) -> Outcome<()> {
        let kind = match self {
            Self::Text => return Ok(()),
            Self::Integral => "Integral",
            Self::Decimal => "Decimal",
            Self::Date => "Date",
            Self::Timestamp => "Timestamp",
        };
        Err(invalid(format!("{kind} data type doesn't support operation 'LIKE'")))
    }
}

/// The literal as the catalog compares it with the key's values.
fn typed(key: &Column, literal: &str) -> Outcome<String> {
    let kind = Kind::of(key)?;
    let text = literal.trim();
    let fits = match kind {
        Kind::Text => return Ok(literal.to_owned()),
        _ if literal == NULL_PARTITION && !matches!(kind, Kind::Integral | Kind::Decimal) => return Ok(literal.to_owned()),
        Kind::Integral => text.parse::<i128>().is_ok(),
        Kind::Decimal => text.parse::<f64>().is_ok_and(f64::is_finite),
        Kind::Date => NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok(),
        Kind::Timestamp => NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").is_ok(),
    };
    match kind {
        _ if fits && kind == Kind::Decimal && text.contains(['e', 'E']) => {
            Ok(text.parse::<f64>().map_or_else(|_| text.to_owned(), |value| value.to_string()))
        }
        _ if fits => Ok(text.to_owned()),
        Kind::Integral => Err(invalid(format!("\"{literal}\" is not an integer."))),
        Kind::Decimal => Err(invalid(format!("{literal} is not a decimal."))),
        Kind::Date => Err(invalid(format!("{literal} is not a date."))),
        Kind::Timestamp | Kind::Text => {
            Err(invalid(format!("Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff] {literal} is not a timestamp.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<Column> {
        let key = |(name, kind): (&str, &str)| Column::new(name, kind);
        [("n", "int"), ("s", "string"), ("d", "date"), ("t", "timestamp"), ("m", "decimal(10,2)"), ("f", "float")]
            .map(key)
            .to_vec()
    }

    fn compare(key: &str, op: Comparison, value: &str) -> PartitionFilter {
        PartitionFilter::Compare { key: key.into(), op, value: value.into() }
    }

    #[test]
    fn expressions_are_filters() {
        let two = || compare("n", Comparison::Eq, "2");
        let in_n =
            |values: &[&str]| PartitionFilter::In { key: "n".into(), values: values.iter().map(|v| (*v).into()).collect() };
        let between = PartitionFilter::And(vec![compare("n", Comparison::GtEq, "1"), compare("n", Comparison::LtEq, "3")]);
        let like = PartitionFilter::Like { key: "s".into(), pattern: "t_%".into() };
        for (text, filter) in [
            ("n = 2", two()),
            ("N='2'", two()),
            ("((n)) = ((2))", two()),
            ("((n = 2))", two()),
            ("\"n\" = 2", two()),
            ("n in (1, '2')", in_n(&["1", "2"])),
            ("n NOT IN (1)", negated(in_n(&["1"]))),
            ("n between 1 and 3", between.clone()),
            ("n NOT BETWEEN 1 AND 3", negated(between)),
            ("n IS NULL", in_n(&[])),
            ("n is not null", negated(in_n(&[]))),
            ("s LIKE 't_%'", like.clone()),
            ("s NOT LIKE 't_%'", negated(like)),
            ("NOT (n = 2)", negated(two())),
            ("s = 'it''s'", compare("s", Comparison::Eq, "it's")),
            ("s <> 5", compare("s", Comparison::NotEq, "5")),
            ("m > 3e2", compare("m", Comparison::Gt, "300")),
            ("n > -1", compare("n", Comparison::Gt, "-1")),
            ("d >= '2024-02-29'", compare("d", Comparison::GtEq, "2024-02-29")),
            ("t < '2024-02-29 10:00:00.5'", compare("t", Comparison::Lt, "2024-02-29 10:00:00.5")),
            (
                "n = 2 OR n = 2 AND s != ''",
                PartitionFilter::Or(vec![two(), PartitionFilter::And(vec![two(), compare("s", Comparison::NotEq, "")])]),
            ),
            ("(n = 2 or n = 2) and (n = 2)", PartitionFilter::And(vec![PartitionFilter::Or(vec![two(), two()]), two()])),
        ] {
            assert_eq!(parse(text, &keys()).unwrap(), filter, "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused_in_glues_words() {
        let deep = format!("{}n = 2{}", "(".repeat(500), ")".repeat(500));
        for (text, words) in [
            ("n = 'test'", "\"test\" is not an integer"),
            ("n in (2.5)", "is not an integer"),
            ("n LIKE '2'", "Integral data type doesn't support operation 'LIKE'"),
            ("m like '2'", "Decimal data type doesn't support operation 'LIKE'"),
            ("m = 'x'", "x is not a decimal"),
            ("d = '2024-02-30'", "2024-02-30 is not a date"),
            ("t = '2024'", "is not a timestamp"),
            ("f = 1.5", "Unknown type : 'float'"),
            ("n = '__HIVE_DEFAULT_PARTITION__'", "is not an integer"),
            ("nowhere IS NULL", "Invalid partition expression!"),
            ("s IS test' AND not parsable", "Unsupported expression"),
            ("n = 2 OR", "Unsupported expression"),
            ("n = 2)", "Unsupported expression"),
            ("(n = 2", "Unsupported expression"),
            ("n = s", "Unsupported expression"),
            ("n = 2; n", "Unsupported expression"),
            ("n in ()", "Unsupported expression"),
            (deep.as_str(), "Unsupported expression"),
        ] {
            let refusal = parse(text, &keys()).unwrap_err();
            let detail = refusal.detail();
            let message = detail["ErrorMessage"].as_str().unwrap();
            assert!(detail["ErrorCode"] == "InvalidInputException" && message.contains(words), "{text}: {message}");
        }
    }
}
