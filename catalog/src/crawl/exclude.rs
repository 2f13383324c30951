//! Exclusion patterns of a crawler: Glue's globs (AWS Glue Developer Guide, "Include and exclude patterns"), matched
//! against the part of an object's key that follows the include path.
//!
//! `*` any characters but `/` · `**` any characters · `?` one character but `/` · `[abc]`, `[a-z]`, `[!a-c]` one character,
//! and inside brackets `*`, `?` and `\` are themselves · `{a,b}` either, not nested · `\` takes the next character as it is ·
//! a leading dot is an ordinary character. A pattern matches the whole relative key.

use std::iter::Peekable;
use std::str::Chars;

use regex::RegexSet;

use crate::error::{Error, Result};
use crate::storage::Location;

/// The compiled exclusions of one target or table.
#[derive(Debug, Clone)]
pub struct Exclusions {
    patterns: Vec<String>,
    set: RegexSet,
    /// What goes before a relative key when patterns are over whole locations.
    folder: String,
}

impl Exclusions {
    /// The globs in the parameter `exclusions` of a table or partition whose folder this is. The crawler writes them over whole
    /// locations (`s3://bucket/t/**.keys.*`), because a crawler's include path may lie above its tables. [`Self::matching`] takes
    /// keys relative to the folder as ever.
    ///
    /// Errors: those of [`Self::new`].
    pub fn of_table<T: AsRef<str>>(folder: &Location, globs: &[T]) -> Result<Self> {
        let folder = folder.folder().to_string();
        // A relative glob, written by hand, is one below the folder.
        let whole = |glob: &T| {
            if glob.as_ref().contains("://") {
                glob.as_ref().to_string()
            } else {
                format!("{}{}", escape(&folder), glob.as_ref())
            }
        };
        let globs: Vec<String> = globs.iter().map(whole).collect();
        Ok(Self { folder, ..Self::new(&globs)? })
    }

    /// Errors: `InvalidInput` naming the pattern and what is wrong with it.
    pub fn new<T: AsRef<str>>(patterns: &[T]) -> Result<Self> {
        let patterns: Vec<String> = patterns.iter().map(|pattern| pattern.as_ref().to_string()).collect();
        let expressions = patterns.iter().map(|pattern| expression(pattern)).collect::<Result<Vec<_>>>()?;
        let set = RegexSet::new(expressions)
            .map_err(|error| Error::invalid(format!("exclusion patterns cannot be compiled: {error}")).caused_by(error))?;
        Ok(Self { patterns, set, folder: String::new() })
    }

    /// The pattern that excludes a key, given relative to the include path and without a leading slash.
    pub fn matching(&self, relative: &str) -> Option<&str> {
        if self.patterns.is_empty() {
            return None;
        }
        let matches = if self.folder.is_empty() {
            self.set.matches(relative)
        } else {
            self.set.matches(&format!("{}{relative}", self.folder))
        };
        matches.iter().next().and_then(|index| self.patterns.get(index)).map(String::as_str)
    }

    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }
}

/// Makes a pattern that matches just this text.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | ',') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The regular expression that says the same as a glob.
fn expression(pattern: &str) -> Result<String> {
    let refuse = |why: &str| Error::invalid(format!("exclusion pattern '{pattern}' {why}"));
    if pattern.is_empty() {
        return Err(refuse("is empty"));
    }
    let mut out = String::from("(?s)^");
    let mut chars = pattern.chars().peekable();
    let mut in_braces = false;
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => out.push_str(".*"),
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => out.push_str(
                &class(&mut chars).ok_or_else(|| refuse("has a '[' that is not closed; write '\\[' for the character"))?,
            ),
            '{' if in_braces => return Err(refuse("nests braces; write the alternatives side by side")),
            '{' => {
                in_braces = true;
                out.push_str("(?:");
            }
            '}' if in_braces => {
                in_braces = false;
                out.push(')');
            }
            ',' if in_braces => out.push('|'),
            '\\' => push_literal(&mut out, chars.next().ok_or_else(|| refuse("ends in a '\\'; write '\\\\' for the character"))?),
            other => push_literal(&mut out, other),
        }
    }
    if in_braces {
        return Err(refuse("has a '{' that is not closed; write '\\{' for the character"));
    }
    out.push('$');
    Ok(out)
}

/// A bracket expression after its `[`; `None` if it is not closed or empty.
fn class(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let negated = chars.next_if_eq(&'!').is_some();
    let mut members = String::new();
    loop {
        match chars.next()? {
            ']' if !members.is_empty() => break,
            // A hyphen at either end is itself, between two characters it is a range.
            '-' if members.is_empty() || chars.peek() == Some(&']') => members.push_str(r"\-"),
            '-' => members.push('-'),
            other => push_literal(&mut members, other),
        }
    }
    // Brackets never match the separator, as in Java's globs, which Glue's documentation takes over.
    Some(if negated { format!("[^/{members}]") } else { format!("[{members}&&[^/]]") })
}

fn push_literal(out: &mut String, c: char) {
    out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(pattern: &str, key: &str) -> bool {
        Exclusions::new(&[pattern]).unwrap().matching(key).is_some()
    }

    #[test]
    fn globs_of_the_developer_guide() {
        let cases = [
            ("*.csv", "a.csv", true),
            ("*.csv", "dir/a.csv", false),
            ("*.*", "a.b", true),
            ("*.{csv,avro}", "x.avro", true),
            ("*.{csv,avro}", "x.json", false),
            ("foo.?", "foo.c", true),
            ("foo.?", "foo.cc", false),
            ("myfolder/*", "myfolder/mytemp", true),
            ("myfolder/*", "myfolder/a/b", false),
            ("myfolder/*/*", "myfolder/a/b", true),
            ("myfolder/**", "myfolder/a/b/c", true),
            ("myfolder**", "myfolder2/a/b/c", true),
            ("Market*", "Market-us.json", true),
            ("departments/market*", "departments/market-us.json", true),
            ("departments/market*", "departments/finance.json", false),
            ("**/tmp/**", "a/tmp/b", true),
            ("**/tmp/**", "tmp/b", false),
            (".*", ".hidden", true),
            ("[!a-c]x", "dx", true),
            ("[!a-c]x", "bx", false),
            ("[*?\\]x", "\\x", true),
            ("[*?\\]x", "ax", false),
            ("[a-]x", "-x", true),
            ("\\*x", "*x", true),
            ("\\*x", "ax", false),
            ("[^a]x", "^x", true),
            ("a.b+c", "a.b+c", true),
            ("a.b+c", "aXb+c", false),
            ("ä?", "äö", true),
        ];
        for (pattern, key, expected) in cases {
            assert_eq!(excluded(pattern, key), expected, "{pattern} on {key}");
        }
    }

    #[test]
    fn only_the_first_week_of_january() {
        let week = Exclusions::new(&["2015/01/{[!0],0[8-9]}**", "2015/0[2-9]/**", "2015/1[0-2]/**"]).unwrap();
        for (key, expected) in [
            ("2015/01/01/f.json", None),
            ("2015/01/07/f.json", None),
            ("2015/01/08/f.json", Some("2015/01/{[!0],0[8-9]}**")),
            ("2015/01/15/f.json", Some("2015/01/{[!0],0[8-9]}**")),
            ("2015/02/01/f.json", Some("2015/0[2-9]/**")),
            ("2015/11/03/f.json", Some("2015/1[0-2]/**")),
        ] {
            assert_eq!(week.matching(key), expected, "{key}");
        }
    }

    #[test]
    fn bad_patterns_are_refused_with_the_reason() {
        for (pattern, word) in [("", "empty"), ("a[b", "'['"), ("a{b", "'{'"), ("{a,{b}}", "nests"), ("a\\", "ends in")] {
            let error = Exclusions::new(&[pattern]).unwrap_err();
            assert!(error.message().contains(word), "{pattern}: {error}");
        }
    }

    #[test]
    fn globs_of_a_table_are_over_whole_locations() {
        let table = Location::parse("s3://b/data/t[1]/").unwrap();
        let of = |glob: &str| Exclusions::of_table(&table, &[glob]).unwrap();
        assert!(of("s3://b/data/t\\[1\\]/*/**").matching("dt=1/a").is_some());
        assert!(of("s3://b/data/t\\[1\\]/*/**").matching("a").is_none());
        assert!(of("s3://b/data/**/tmp/**").matching("tmp/a").is_some());
        assert!(of("*.csv").matching("a.csv").is_some());
    }

    #[test]
    fn an_escaped_text_matches_itself_only() {
        let text = "a*b?[c]{d,e}\\f+g";
        assert!(excluded(&escape(text), text));
        assert!(!excluded(&escape(text), "aXb?[c]{d,e}\\f+g"));
    }
}
