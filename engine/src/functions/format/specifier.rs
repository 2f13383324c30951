//! The format specifiers of Java's `Formatter`: `%[argument$][flags][width][.precision]conversion`.

use datafusion::common::Result;

use super::wrong;

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// A value of the argument, which counts from 0.
    Value {
        argument: usize,
        specifier: Specifier,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Specifier {
    /// As it stands in the format.
    pub(super) text: String,
    flags: String,
    width: usize,
    pub(super) precision: Option<usize>,
    pub(super) conversion: char,
    /// What of a moment `%t` asks for.
    pub(super) field: char,
}

/// Widths and precisions beyond this are refused.
const MAX_WIDTH: usize = 1 << 20;

pub(super) fn parse(format: &str) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = format;
    let (mut next, mut last) = (0, None);
    while let Some(at) = rest.find('%') {
        if at > 0 {
            pieces.push(Piece::Text(rest[..at].to_string()));
        }
        let (read, length) = specifier(&rest[at..]).ok_or_else(|| wrong(format, &format!("Conversion = '{}'", &rest[at..])))?;
        rest = &rest[at + length..];
        let Read { index, specifier } = read;
        match specifier.conversion {
            'n' => pieces.push(Piece::Text("\n".to_string())),
            '%' => {
                let mut text = String::new();
                specifier.justify("%", &mut text);
                pieces.push(Piece::Text(text));
            }
            _ => {
                let argument = match index {
                    Index::Number(index) => index - 1,
                    Index::Last => last.ok_or_else(|| wrong(format, "Format specifier '%<'"))?,
                    Index::Next => {
                        next += 1;
                        next - 1
                    }
                };
                last = Some(argument);
                pieces.push(Piece::Value { argument, specifier });
            }
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_string()));
    }
    Ok(pieces)
}

enum Index {
    Next,
    Last,
    Number(usize),
}

struct Read {
    index: Index,
    specifier: Specifier,
}

/// The specifier at the start of a text, and its length.
fn specifier(text: &str) -> Option<(Read, usize)> {
    let mut rest = text.strip_prefix('%')?;
    let mut index = Index::Next;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 && rest[digits..].starts_with('$') && !rest.starts_with('0') {
        index = Index::Number(rest[..digits].parse().ok()?);
        rest = &rest[digits + 1..];
    } else if let Some(behind) = rest.strip_prefix('<') {
        (index, rest) = (Index::Last, behind);
    }
    let behind = rest.trim_start_matches(['-', '#', '+', ' ', '0', ',', '(']);
    let flags = rest[..rest.len() - behind.len()].to_string();
    let (width, behind) = number(behind)?;
    let (precision, behind) = match behind.strip_prefix('.') {
        Some(behind) => match number(behind)? {
            (Some(precision), behind) => (Some(precision), behind),
            (None, _) => return None,
        },
        None => (None, behind),
    };
    let mut chars = behind.chars();
    let conversion = chars.next().filter(|c| "bBsScCdoxXeEfgGtTn%".contains(*c))?;
    let field = if matches!(conversion, 't' | 'T') { chars.next()? } else { ' ' };
    let length = text.len() - chars.as_str().len();
    let specifier =
        Specifier { text: text[..length].to_string(), flags, width: width.unwrap_or(0), precision, conversion, field };
    Some((Read { index, specifier }, length))
}

/// The number at the start of a text, if there is one; `None` for one that is too large.
fn number(text: &str) -> Option<(Option<usize>, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 {
        return Some((None, text));
    }
    let number = text[..digits].parse().ok().filter(|number| *number <= MAX_WIDTH)?;
    Some((Some(number), &text[digits..]))
}

impl Specifier {
    pub(super) fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// The text, up to the precision.
    pub(super) fn cut(&self, text: &str) -> String {
        match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_string(),
        }
    }

    /// Appends a text with blanks up to the width, in capital letters where the conversion is one.
    pub(super) fn justify(&self, text: &str, out: &mut String) {
        let upper = self.conversion.is_uppercase().then(|| text.to_uppercase());
        let text = upper.as_deref().unwrap_or(text);
        let blanks = self.width.saturating_sub(text.chars().count());
        if !self.has('-') {
            out.extend(std::iter::repeat_n(' ', blanks));
        }
        out.push_str(text);
        if self.has('-') {
            out.extend(std::iter::repeat_n(' ', blanks));
        }
    }

    /// Appends the digits of a number with its sign, and zeros up to the width where the flag says so.
    pub(super) fn pad(&self, digits: &str, negative: bool, out: &mut String) {
        let (before, after) = match negative {
            true if self.has('(') => ("(", ")"),
            true => ("-", ""),
            false if self.has('+') => ("+", ""),
            false if self.has(' ') => (" ", ""),
            false => ("", ""),
        };
        let zeros = match self.has('0') {
            true => self.width.saturating_sub(before.len() + digits.len() + after.len()),
            false => 0,
        };
        self.justify(&format!("{before}{}{digits}{after}", "0".repeat(zeros)), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read() {
        let pieces = parse("a%-7.3s%2$,08.2f%%%n%<tY").unwrap();
        let shown: Vec<String> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Value { argument, specifier } => format!(
                    "{argument}:{}:{}:{:?}:{}{}",
                    specifier.flags, specifier.width, specifier.precision, specifier.conversion, specifier.field
                ),
            })
            .collect();
        assert_eq!(shown, ["a", "0:-:7:Some(3):s ", "1:,0:8:Some(2):f ", "%", "\n", "1::0:None:tY"]);
        for wrong in ["%", "%q", "%.s", "%<s", "%99999999999d", "%t"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
