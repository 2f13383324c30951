//! Grok: regular expressions put together from named ones, `%{IPORHOST:client} %{NUMBER:bytes:long}`. The built-in names are
//! those that Glue's guide lists ("AWS Glue Built-In Patterns", from Logstash).

mod builtin;

use std::collections::HashMap;

use fancy_regex::Regex;

use crate::error::{Error, Result};

/// Definitions may name one another this deep; deeper ones are circles.
const MAX_DEPTH: usize = 32;

/// The name that Glue's own definitions give to what is not to be a field.
const UNWANTED: &str = "UNWANTED";

/// A compiled grok pattern. It matches a whole line.
#[derive(Debug)]
pub struct Grok {
    regex: Regex,
    fields: Vec<GrokField>,
}

/// A named part of a grok pattern: a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrokField {
    pub name: String,
    /// `%{NUMBER:n:long}` is bigint; without a type it is string.
    pub hive_type: &'static str,
    /// The groups of the expression that hold it; several where alternatives use the same name.
    pub(super) groups: Vec<usize>,
}

impl Grok {
    /// `custom` are further definitions, a line each: name, blank, expression. They come before the built-in ones.
    ///
    /// Errors: `InvalidInput` names the definition that is missing, circular or no regular expression.
    pub fn new(pattern: &str, custom: &str) -> Result<Self> {
        let mut definitions: HashMap<&str, &str> = builtin::DEFINITIONS.iter().copied().collect();
        for line in custom.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, expression) = line.split_once(char::is_whitespace).ok_or_else(|| {
                Error::invalid(format!("the custom grok pattern '{line}' is not a name, a blank and an expression"))
            })?;
            definitions.insert(name, expression.trim_start());
        }
        let mut expansion = Expansion { definitions, regex: String::from("(?s)\\A(?:"), fields: Vec::new(), groups: 0 };
        expansion.expand(pattern, 0)?;
        expansion.regex.push_str(")\\z");
        let regex = Regex::new(&expansion.regex)
            .map_err(|error| Error::invalid(format!("the grok pattern '{pattern}' cannot be used: {error}")))?;
        Ok(Self { regex, fields: expansion.fields })
    }

    /// The columns that the pattern makes, in the order of their first appearance.
    pub fn fields(&self) -> &[GrokField] {
        &self.fields
    }

    /// The text of each field in a line, or nothing where the line is not of this pattern.
    pub fn read<'l>(&self, line: &'l str) -> Option<Vec<Option<&'l str>>> {
        let captures = self.regex.captures(line).ok()??;
        let text = |field: &GrokField| field.groups.iter().find_map(|&group| captures.get(group)).map(|found| found.as_str());
        Some(self.fields.iter().map(text).collect())
    }

    pub(super) fn into_regex(self) -> Regex {
        self.regex
    }
}

struct Expansion<'d> {
    definitions: HashMap<&'d str, &'d str>,
    regex: String,
    fields: Vec<GrokField>,
    groups: usize,
}

impl<'d> Expansion<'d> {
    /// Appends what `pattern` means to the expression.
    fn expand(&mut self, pattern: &str, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::invalid(format!("grok patterns refer to one another in a circle, at '{pattern}'")));
        }
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("%{") {
            self.literal(before);
            let (reference, after) = after
                .split_once('}')
                .ok_or_else(|| Error::invalid(format!("the grok pattern '{pattern}' has a '%{{' without its '}}'")))?;
            self.reference(reference, depth)?;
            rest = after;
        }
        self.literal(rest);
        Ok(())
    }

    /// A piece of plain expression. Its own named and numbered groups take numbers too.
    fn literal(&mut self, piece: &str) {
        let mut characters = piece.chars().peekable();
        let (mut escaped, mut class) = (false, false);
        while let Some(character) = characters.next() {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' if !class => class = true,
                ']' if class => class = false,
                '(' if !class => {
                    let mut ahead = characters.clone();
                    let counts = match (ahead.next(), ahead.next(), ahead.next()) {
                        (Some('?'), Some('<'), Some('=' | '!')) => false,
                        (Some('?'), Some('<'), _) => true,
                        (Some('?'), Some('P'), Some('<')) => true,
                        (Some('?'), ..) => false,
                        _ => true,
                    };
                    self.groups += usize::from(counts);
                }
                _ => {}
            }
        }
        self.regex.push_str(piece);
    }

    /// `NAME`, `NAME:field` or `NAME:field:type`.
    fn reference(&mut self, reference: &str, depth: usize) -> Result<()> {
        let mut parts = reference.split(':');
        let name = parts.next().unwrap_or_default();
        let definition = *self
            .definitions
            .get(name)
            .ok_or_else(|| Error::invalid(format!("the grok pattern '%{{{name}}}' is not defined")))?;
        match parts.next().filter(|field| !field.is_empty() && *field != UNWANTED) {
            Some(field) => {
                let hive_type = hive_type(parts.next().unwrap_or("string"))?;
                self.groups += 1;
                let group = self.groups;
                match self.fields.iter_mut().find(|known| known.name == field) {
                    Some(known) => known.groups.push(group),
                    None => self.fields.push(GrokField { name: field.to_string(), hive_type, groups: vec![group] }),
                }
                self.regex.push('(');
            }
            None => self.regex.push_str("(?:"),
        }
        if let Some(surplus) = parts.next() {
            return Err(Error::invalid(format!("'{surplus}' is too much in the grok pattern '%{{{reference}}}'")));
        }
        self.expand(definition, depth + 1)?;
        self.regex.push(')');
        Ok(())
    }
}

fn hive_type(name: &str) -> Result<&'static str> {
    Ok(match name {
        "string" => "string",
        "byte" => "tinyint",
        "short" => "smallint",
        "int" => "int",
        "long" => "bigint",
        "float" => "float",
        "double" => "double",
        "boolean" => "boolean",
        other => {
            return Err(Error::invalid(format!(
                "grok has no type '{other}': expected byte, boolean, double, short, int, long, float or string"
            )));
        }
    })
}

#[cfg(test)]
mod tests;
