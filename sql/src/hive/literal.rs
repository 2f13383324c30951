//! Strings and quoted names without their quotes.

/// The text that a Hive string stands for: `''` is a quote, and a backslash escapes as in Hive's `unescapeSQLString`:
/// `\0 \b \n \r \t \Z`, `\ooo` in octal, `\uXXXX`; `\%` and `\_` keep the backslash, any other character loses it. A line break
/// with the blanks around it is one blank, as Athena keeps comments and properties.
pub(crate) fn unescape(quoted: &str) -> String {
    let quote = quoted.chars().next().unwrap_or('\'');
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c == quote {
            rest = rest.strip_prefix(quote).unwrap_or(rest);
            text.push(quote);
        } else if c == '\\' {
            rest = escape(rest, &mut text);
        } else if matches!(c, '\n' | '\r') && !inner.trim().is_empty() {
            rest = rest.trim_start();
            text.truncate(text.trim_end().len());
            text.push(' ');
        } else {
            text.push(c);
        }
    }
    text
}

/// Reads what follows a backslash; returns what is left.
fn escape<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let octal =
        rest.get(..3).filter(|digits| digits.starts_with(['0', '1']) && digits.bytes().all(|b| (b'0'..=b'7').contains(&b)));
    if let Some(code) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
        text.push(char::from(code));
        return &rest[3..];
    }
    let unicode = rest.strip_prefix('u').and_then(|hex| hex.get(..4)).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    if let Some(c) = unicode.and_then(char::from_u32) {
        text.push(c);
        return &rest[5..];
    }
    let Some(c) = rest.chars().next() else {
        text.push('\\');
        return rest;
    };
    match c {
        '0' => text.push('\0'),
        'b' => text.push('\u{8}'),
        'n' => text.push('\n'),
        'r' => text.push('\r'),
        't' => text.push('\t'),
        'Z' => text.push('\u{1a}'),
        '%' | '_' => text.extend(['\\', c]),
        _ => text.push(c),
    }
    &rest[c.len_utf8()..]
}

/// A name without its quotes; a doubled quote stands for itself.
pub(crate) fn unquote(quoted: &str) -> String {
    let quote = quoted.chars().next().unwrap_or('`');
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    inner.replace(&format!("{quote}{quote}"), &quote.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        let cases = [
            ("''", ""),
            ("'it''s'", "it's"),
            (r"'it\'s'", "it's"),
            (r#""a'b""#, "a'b"),
            (r"'\t|\n|\\|\001|\0|\u00e9|\Z'", "\t|\n|\\|\u{1}|\0|é|\u{1a}"),
            (r"'a\.b \% \_ \d'", r"a.b \% \_ d"),
            (r"'\u12'", "u12"),
            ("'\n a  b\n\n\tc\n'", " a  b c "),
            ("'\n'", "\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(unescape(text), expected, "{text}");
        }
        assert_eq!(unquote("`a``b`"), "a`b");
        assert_eq!(unquote("\"a.b\""), "a.b");
    }
}
