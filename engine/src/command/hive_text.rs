//! Pieces of Hive's text: padded cells and quoted literals.

use std::fmt::Write;

/// Hive's `String.format("%-20s")`: at least 20 characters wide, never cut.
pub(super) fn padded(text: &str) -> String {
    format!("{text:<20}")
}

/// A Hive string literal: quotes, backslashes and control characters escaped with a backslash.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for character in text.chars() {
        match character {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Hive reads \uXXXX; all control characters have codes of four digits.
            control if control.is_control() => _ = write!(out, "\\u{:04x}", u32::from(control)),
            other => out.push(other),
        }
    }
    out.push('\'');
    out
}

/// A name in back-ticks.
pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A name in double quotes where Trino needs them.
pub(super) fn trino_identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_names() {
        assert_eq!(literal("it's a \\ and\ta\u{1}"), "'it\\'s a \\\\ and\\ta\\u0001'");
        assert_eq!(identifier("a`b"), "`a``b`");
        assert_eq!(padded("name"), "name                ");
        assert_eq!(padded("é").chars().count(), 20);
        assert_eq!(trino_identifier("a b"), "\"a b\"");
        assert_eq!(trino_identifier("a_1"), "a_1");
    }
}
