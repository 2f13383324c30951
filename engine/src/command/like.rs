//! The pattern of `SHOW DATABASES LIKE` and `SHOW TABLES`: a regular expression that the whole name must match, in which a `*` that
//! nothing can repeat stands for any text, as in Hive (`'ab*'` is every name that begins with `ab`, and so is `'ab.*'`).

use catalog::{Error, Result};
use regex::Regex;

pub(super) struct Like(Option<Regex>);

impl Like {
    pub(super) fn new(pattern: Option<&str>) -> Result<Self> {
        let Some(pattern) = pattern else { return Ok(Self(None)) };
        let mut expression = String::from("(?is)^(?:");
        let mut before = None;
        for character in pattern.chars() {
            if character == '*' && !matches!(before, Some('.' | ']' | ')' | '}')) {
                expression.push('.');
            }
            expression.push(character);
            before = Some(character);
        }
        expression.push_str(")$");
        let regex = Regex::new(&expression)
            .map_err(|error| Error::invalid(format!("'{pattern}' is not a pattern: {error}")).caused_by(error))?;
        Ok(Self(Some(regex)))
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|regex| regex.is_match(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_regular_expressions() {
        let cases = [
            ("ab*", "abc", true),
            ("ab*", "ab", true),
            ("ab*", "a", false),
            ("ab.*", "abc", true),
            ("*log*", "flight_logs", true),
            ("log", "logs", false),
            ("a|b", "b", true),
            ("a|b", "ab", false),
            ("[ab]*", "abba", true),
            ("[ab]*", "abc", false),
            ("AB*", "abc", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(Like::new(Some(pattern)).unwrap().matches(name), expected, "{pattern} {name}");
        }
        assert!(Like::new(None).unwrap().matches("anything"));
        assert!(Like::new(Some("a(")).is_err());
    }
}
