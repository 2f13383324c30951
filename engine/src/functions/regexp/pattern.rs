//! A compiled regular expression: the `regex` crate where it can do it, in linear time, and `fancy-regex` for look-around,
//! back-references, possessive quantifiers and atomic groups.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex};

use datafusion::common::Result;

use super::super::columns::invalid;
use super::translate::translate;

/// Where the groups of a match are; the first is the match itself.
pub(crate) type Groups = Vec<Option<Range<usize>>>;

#[derive(Debug)]
pub(crate) struct Pattern {
    usual: Engine,
    /// For texts that end with a line feed, where that differs.
    before_line_feed: Option<Engine>,
}

#[derive(Debug)]
enum Engine {
    Linear(regex::Regex),
    Backtracking(fancy_regex::Regex),
}

/// Compiled patterns, which most queries use again for each batch.
static COMPILED: LazyLock<Mutex<HashMap<String, Arc<Pattern>>>> = LazyLock::new(Mutex::default);
/// How many are kept; then it begins anew.
const KEPT: usize = 256;

impl Pattern {
    /// The pattern in Java's syntax. `InvalidFunctionArgument` for what is none.
    pub(crate) fn compiled(pattern: &str) -> Result<Arc<Self>> {
        let mut compiled = COMPILED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(known) = compiled.get(pattern) {
            return Ok(Arc::clone(known));
        }
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        let new = Arc::new(Self::compile(pattern)?);
        compiled.insert(pattern.to_string(), Arc::clone(&new));
        Ok(new)
    }

    fn compile(pattern: &str) -> Result<Self> {
        let translated = translate(pattern);
        let engine = |text: &str| Engine::compile(text, translated.possessive, pattern);
        Ok(Self {
            usual: engine(&translated.pattern)?,
            before_line_feed: translated.before_line_feed.as_deref().map(engine).transpose()?,
        })
    }

    fn engine(&self, text: &str) -> &Engine {
        match &self.before_line_feed {
            Some(engine) if text.ends_with('\n') => engine,
            _ => &self.usual,
        }
    }

    /// How many groups it has, the match itself not counted.
    pub(crate) fn groups(&self) -> usize {
        match &self.usual {
            Engine::Linear(regex) => regex.captures_len() - 1,
            Engine::Backtracking(regex) => regex.captures_len() - 1,
        }
    }

    /// The number of the group with a name.
    pub(crate) fn group(&self, name: &str) -> Option<usize> {
        match &self.usual {
            Engine::Linear(regex) => regex.capture_names().position(|group| group == Some(name)),
            Engine::Backtracking(regex) => regex.capture_names().position(|group| group == Some(name)),
        }
    }

    pub(crate) fn is_match(&self, text: &str) -> Result<bool> {
        match self.engine(text) {
            Engine::Linear(regex) => Ok(regex.is_match(text)),
            Engine::Backtracking(regex) => regex.is_match(text).map_err(gave_up),
        }
    }

    /// The first match that begins at the byte `from` or after it.
    pub(crate) fn find(&self, text: &str, from: usize) -> Result<Option<Range<usize>>> {
        match self.engine(text) {
            Engine::Linear(regex) => Ok(regex.find_at(text, from).map(|found| found.range())),
            Engine::Backtracking(regex) => {
                Ok(regex.find_from_pos(text, from).map_err(gave_up)?.map(|found| found.start()..found.end()))
            }
        }
    }

    /// As [`Self::find`], with all groups; `false` leaves them as they were.
    pub(crate) fn captures(&self, text: &str, from: usize, groups: &mut Groups) -> Result<bool> {
        match self.engine(text) {
            Engine::Linear(regex) => match regex.captures_at(text, from) {
                Some(found) => {
                    groups.clear();
                    groups.extend(found.iter().map(|group| group.map(|group| group.range())));
                    Ok(true)
                }
                None => Ok(false),
            },
            Engine::Backtracking(regex) => match regex.captures_from_pos(text, from).map_err(gave_up)? {
                Some(found) => {
                    groups.clear();
                    groups.extend(found.iter().map(|group| group.map(|group| group.start()..group.end())));
                    Ok(true)
                }
                None => Ok(false),
            },
        }
    }

    /// Gives each match to `visit`, which says whether to go on.
    pub(crate) fn each(&self, text: &str, from: usize, mut visit: impl FnMut(Range<usize>) -> Result<bool>) -> Result<()> {
        let mut from = Some(from);
        while let Some(at) = from {
            let Some(found) = self.find(text, at)? else { break };
            from = next(text, &found);
            if !visit(found)? {
                break;
            }
        }
        Ok(())
    }

    /// As [`Self::each`], with the groups of each match.
    pub(crate) fn each_captures(&self, text: &str, mut visit: impl FnMut(&Groups) -> Result<()>) -> Result<()> {
        let mut groups = Groups::new();
        let mut from = Some(0);
        while let Some(at) = from {
            if !self.captures(text, at, &mut groups)? {
                break;
            }
            from = groups.first().cloned().flatten().and_then(|found| next(text, &found));
            visit(&groups)?;
        }
        Ok(())
    }
}

/// Where the next match may begin. An empty match may follow another at its end, as in Java: `.*` is twice in `x`.
fn next(text: &str, found: &Range<usize>) -> Option<usize> {
    if !found.is_empty() {
        return Some(found.end);
    }
    text[found.end..].chars().next().map(|c| found.end + c.len_utf8())
}

impl Engine {
    /// `original` is what the user wrote, for errors.
    fn compile(pattern: &str, backtracking: bool, original: &str) -> Result<Self> {
        if !backtracking && let Ok(regex) = regex::Regex::new(pattern) {
            return Ok(Self::Linear(regex));
        }
        fancy_regex::Regex::new(pattern)
            .map(Self::Backtracking)
            .map_err(|error| invalid(format!("invalid regular expression '{original}': {error}")))
    }
}

fn gave_up(error: fancy_regex::Error) -> datafusion::common::DataFusionError {
    invalid(format!("the regular expression backtracks too much; write it without look-around or back-references: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pattern: &str, text: &str) -> Vec<String> {
        let mut found = vec![];
        let pattern = Pattern::compile(pattern).unwrap();
        pattern
            .each(text, 0, |at| {
                found.push(text[at].to_string());
                Ok(true)
            })
            .unwrap();
        let mut with_groups = vec![];
        pattern
            .each_captures(text, |groups| {
                with_groups.push(text[groups[0].clone().unwrap()].to_string());
                Ok(())
            })
            .unwrap();
        assert_eq!(found, with_groups, "{pattern:?}");
        found
    }

    #[test]
    fn matches_are_javas() {
        assert_eq!(all(".*", "x"), ["x", ""]);
        assert_eq!(all("", "ab"), ["", "", ""]);
        assert_eq!(all("b*", "abc"), ["", "b", "", ""]);
        assert_eq!(all("信?", "信念"), ["信", "", ""]);
        assert_eq!(all(r"(\w)\1", "aabccd"), ["aa", "cc"]);
        assert_eq!(all(r"(?<=a)b|c(?!d)", "abcdc"), ["b", "c"]);
        assert_eq!(all("a++b", "aaab"), ["aaab"]);
        assert!(all("a++ab", "aaab").is_empty());
        assert_eq!(all("b$", "b\n"), ["b"]);
        assert_eq!(all("b$", "b\nb"), ["b"]);
        assert!(all("b$", "b\n\n").is_empty());
        assert_eq!(all("(?m)^.$", "a\nb"), ["a", "b"]);
        assert!(Pattern::compile("[invalid").is_err());
    }
}
