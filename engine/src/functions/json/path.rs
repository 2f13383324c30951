//! The paths of `json_extract`: `$.store.book[0]["a b"]`, without wildcards, as Trino's tokenizer reads them; and the way along
//! one through a text, of which only what stands before is read.

use std::iter::Peekable;
use std::str::Chars;

use jiter::{Jiter, JiterError, Peek};

/// The steps of a path: names of members, or indexes, which both are texts until an array or an object is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<String>);

impl Path {
    /// `None` for what is no path.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let mut chars = path.chars().peekable();
        if chars.next() != Some('$') {
            return None;
        }
        let mut steps = Vec::new();
        while let Some(c) = chars.next() {
            steps.push(match c {
                '.' => word(&mut chars, true)?,
                '[' => {
                    let step = if chars.next_if_eq(&'"').is_some() { quoted(&mut chars)? } else { word(&mut chars, false)? };
                    chars.next_if_eq(&']')?;
                    step
                }
                _ => return None,
            });
        }
        Some(Self(steps))
    }

    /// Gives the value that the path leads to, unread, to `visit`. `None` where there is none, or no JSON before it.
    pub(super) fn follow<'t, T>(
        &self,
        text: &'t str,
        visit: impl FnOnce(&mut Jiter<'t>, Peek) -> Result<T, JiterError>,
    ) -> Option<T> {
        let mut jiter = Jiter::new(text.as_bytes());
        let mut peek = jiter.peek().ok()?;
        for step in &self.0 {
            peek = match peek {
                Peek::Object => member(&mut jiter, step).ok()??,
                Peek::Array => element(&mut jiter, step.parse().ok()?).ok()??,
                _ => return None,
            };
        }
        visit(&mut jiter, peek).ok()
    }
}

fn word(chars: &mut Peekable<Chars<'_>>, colons: bool) -> Option<String> {
    let part = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_') || (colons && *c == ':');
    let word: String = std::iter::from_fn(|| chars.next_if(part)).collect();
    (!word.is_empty()).then_some(word)
}

fn quoted(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut name = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(name),
            '\\' => name.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            c => name.push(c),
        }
    }
}

/// To the first member with the name.
fn member(jiter: &mut Jiter<'_>, wanted: &str) -> Result<Option<Peek>, JiterError> {
    let mut next = jiter.known_object()?.map(|name| name == wanted);
    while let Some(found) = next {
        let peek = jiter.peek()?;
        if found {
            return Ok(Some(peek));
        }
        jiter.known_skip(peek)?;
        next = jiter.next_key()?.map(|name| name == wanted);
    }
    Ok(None)
}

fn element(jiter: &mut Jiter<'_>, index: usize) -> Result<Option<Peek>, JiterError> {
    let mut next = jiter.known_array()?;
    for _ in 0..index {
        let Some(peek) = next else { return Ok(None) };
        jiter.known_skip(peek)?;
        next = jiter.array_step()?;
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let json = r#"{"a":[1,{"b c":2,"d\"":3}],"x:y":"é","a":9} and what follows"#;
        for (path, expected) in [
            ("$.a[0]", Some("1")),
            (r#"$.a[1]["b c"]"#, Some("2")),
            (r#"$["a"][1]["d\""]"#, Some("3")),
            ("$.x:y", Some("\"é\"")),
            ("$.a.0", Some("1")),
            ("$.a[2]", None),
            ("$.a[-1]", None),
            ("$.b", None),
            ("$.a[0].b", None),
        ] {
            let found = Path::parse(path).unwrap().follow(json, |jiter, peek| {
                let start = jiter.current_index();
                jiter.known_skip(peek)?;
                Ok(String::from_utf8_lossy(jiter.slice_to_current(start)).into_owned())
            });
            assert_eq!(found.as_deref(), expected, "{path}");
        }
        for wrong in ["", "a", "$a", "$.", "$.a[", "$[*]", "$..a", "$.a b", r#"$["a\n"]"#, "$[]", "%"] {
            assert_eq!(Path::parse(wrong), None, "{wrong}");
        }
    }
}
