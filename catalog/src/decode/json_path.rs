//! The JSON paths of custom classifiers, which tables keep as the parameter `jsonPath`: `$[*]`, `$.id`, `$['a b'].list[0]`.

use std::iter::Peekable;
use std::str::Chars;

use jiter::{Jiter, JiterError, Peek};

use crate::{Error, Result};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Member(String),
    Element(usize),
    /// `[*]`: every element of an array; `.*` every member of an object.
    All,
}

/// Steps of a path as Glue's JSON classifiers write them, "dot or bracket notation".
///
/// # Errors
/// `InvalidInput` for anything else, filters and slices included.
pub(crate) fn parse(path: &str) -> Result<Vec<Step>> {
    let wrong = |what: &str| Error::invalid(format!("json path '{path}': {what}"));
    let mut chars = path.trim().chars().peekable();
    if chars.next() != Some('$') {
        return Err(wrong("expected '$' at the start"));
    }
    let mut steps = Vec::new();
    while let Some(c) = chars.next() {
        steps.push(match c {
            '.' => match word(&mut chars) {
                name if name.is_empty() => return Err(wrong("expected a name after '.'")),
                name if name == "*" => Step::All,
                name => Step::Member(name),
            },
            '[' => bracket(&mut chars).ok_or_else(|| wrong("expected [*], [0] or ['name']"))?,
            _ => return Err(wrong("expected '.' or '['")),
        });
    }
    Ok(steps)
}

fn word(chars: &mut Peekable<Chars<'_>>) -> String {
    std::iter::from_fn(|| chars.next_if(|c| !matches!(c, '.' | '['))).collect()
}

fn bracket(chars: &mut Peekable<Chars<'_>>) -> Option<Step> {
    let quote = chars.next_if(|c| matches!(c, '\'' | '"'));
    let end = quote.unwrap_or(']');
    let inner: String = std::iter::from_fn(|| chars.next_if(|c| *c != end)).collect();
    chars.next()?;
    if quote.is_some() {
        return (chars.next()? == ']').then_some(Step::Member(inner));
    }
    match inner.trim() {
        "*" => Some(Step::All),
        number => number.parse().ok().map(Step::Element),
    }
}

/// Whether what a path leads to is one value, the column `record`, and not the object that holds the columns (Glue Developer
/// Guide, "Writing JSON custom classifiers").
pub(crate) fn is_one_column(steps: &[Step]) -> bool {
    steps.last().is_some_and(|last| *last != Step::All)
}

/// Consumes the value that starts with `peek` and gives each value that the steps lead to, unconsumed, to `visit`.
pub(crate) fn follow<E: From<JiterError>>(
    jiter: &mut Jiter<'_>,
    peek: Peek,
    steps: &[Step],
    visit: &mut dyn FnMut(&mut Jiter<'_>, Peek) -> Result<(), E>,
) -> Result<(), E> {
    let Some((step, rest)) = steps.split_first() else { return visit(jiter, peek) };
    match (step, peek) {
        (Step::Member(_) | Step::All, Peek::Object) => {
            let mut key = jiter.known_object()?;
            while let Some(name) = key {
                let wanted = matches!(step, Step::All) || matches!(step, Step::Member(member) if member == name);
                let value = jiter.peek()?;
                if wanted {
                    follow(jiter, value, rest, visit)?
                } else {
                    jiter.known_skip(value)?
                }
                key = jiter.next_key()?;
            }
            Ok(())
        }
        (Step::Element(_) | Step::All, Peek::Array) => {
            let mut next = jiter.known_array()?;
            let mut at = 0;
            while let Some(value) = next {
                let wanted = matches!(step, Step::All) || *step == Step::Element(at);
                if wanted {
                    follow(jiter, value, rest, visit)?
                } else {
                    jiter.known_skip(value)?
                }
                at += 1;
                next = jiter.array_step()?;
            }
            Ok(())
        }
        _ => Ok(jiter.known_skip(peek)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(json: &str, path: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut jiter = Jiter::new(json.as_bytes());
        let peek = jiter.peek().unwrap();
        follow(&mut jiter, peek, &parse(path).unwrap(), &mut |jiter, peek| {
            let start = jiter.current_index();
            jiter.known_skip(peek)?;
            found.push(String::from_utf8_lossy(jiter.slice_to_current(start)).into_owned());
            Ok::<(), JiterError>(())
        })
        .unwrap();
        jiter.finish().unwrap();
        found
    }

    #[test]
    fn follows() {
        let json = r#"{"id":1,"list":[{"a b":2},{"a b":[3,4],"c":5}],"z":{"id":6}}"#;
        for (path, found) in [
            ("$", vec![json]),
            ("$.id", vec!["1"]),
            ("$.list[*]['a b']", vec!["2", "[3,4]"]),
            ("$.list[1].c", vec!["5"]),
            ("$['z'].*", vec!["6"]),
            ("$.none.at[*].all", vec![]),
            ("$.id.x", vec![]),
        ] {
            assert_eq!(values(json, path), found, "{path}");
        }
    }

    #[test]
    fn refuses_what_is_no_path() {
        for path in ["", "id", "$id", "$.", "$.a[", "$[?(@.a)]", "$['a'", "$['a'x]", "$..a"] {
            assert!(parse(path).is_err(), "{path}");
        }
    }
}
