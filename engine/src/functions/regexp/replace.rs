//! `regexp_replace` with a replacement that names groups as Java does: `$1`, `${name}`, and `\` before what stands for itself.

use arrow::array::ArrayRef;
use datafusion::common::Result;

use super::super::columns::{Texts, invalid, strings, texts};
use super::super::{Call, Overload, Scalar};
use super::{Groups, Pattern, Patterns};

pub(in super::super) const FUNCTIONS: &[Scalar] = &[Scalar {
    names: &["regexp_replace"],
    description: "Removes each part of the text that the pattern matches, or replaces it; $1 and ${name} are groups",
    overloads: &[
        Overload::new("(varchar, varchar) -> varchar", regexp_replace),
        Overload::new("(varchar, varchar, varchar) -> varchar", regexp_replace),
    ],
}];

fn regexp_replace(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, mut patterns) = (strings(call, 0)?, Patterns::of(call, 1)?);
    let by = if call.types.len() > 2 { Some(strings(call, 2)?) } else { None };
    let (mut known, mut groups): (Option<(usize, Template)>, Groups) = (None, Groups::new());
    texts(call, |row, out| {
        let (text, pattern) = (text.value(row), patterns.at(row)?);
        let mut rest = 0;
        pattern.each(text, 0, |found| {
            out.push_str(&text[rest..found.start]);
            rest = found.end;
            let Some(by) = &by else { return Ok(true) };
            // Read when there is something to replace and not before: a wrong one is no error without a match.
            let template = match known.take() {
                Some((before, template)) if by.same(before, row) && patterns.texts.same(before, row) => template,
                _ => Template::parse(by.value(row), &pattern)?,
            };
            // To find groups takes much longer than to find a match.
            if template.names_groups() {
                pattern.captures(text, found.start, &mut groups)?;
            } else {
                groups.clear();
                groups.push(Some(found));
            }
            template.write(text, &groups, out);
            known = Some((row, template));
            Ok(true)
        })?;
        out.push_str(&text[rest..]);
        Ok(true)
    })
}

/// A replacement, read.
struct Template(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

impl Template {
    fn parse(template: &str, pattern: &Pattern) -> Result<Self> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut chars = template.chars().peekable();
        while let Some(c) = chars.next() {
            let group = match (c, chars.peek().copied()) {
                ('\\', Some(next)) => {
                    literal.push(next);
                    chars.next();
                    continue;
                }
                ('\\', None) => return Err(illegal(template)),
                ('$', Some('{')) => {
                    let closed = chars.clone().any(|c| c == '}');
                    chars.next();
                    let name: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    if !closed {
                        return Err(illegal(template));
                    }
                    pattern
                        .group(&name)
                        .ok_or_else(|| invalid(format!("Illegal replacement sequence: unknown group {{ {name} }}")))?
                }
                ('$', Some(digit @ '0'..='9')) => {
                    chars.next();
                    let mut group = digit as usize - '0' as usize;
                    if group > pattern.groups() {
                        return Err(invalid(format!("Illegal replacement sequence: unknown group {group}")));
                    }
                    // As many digits as make the number of a group.
                    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                        match group * 10 + digit as usize {
                            longer if longer > pattern.groups() => break,
                            longer => group = longer,
                        }
                        chars.next();
                    }
                    group
                }
                ('$', _) => return Err(illegal(template)),
                _ => {
                    literal.push(c);
                    continue;
                }
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Group(group));
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self(parts))
    }

    /// Whether it names groups other than the match itself.
    fn names_groups(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Group(1..)))
    }

    fn write(&self, text: &str, groups: &Groups, out: &mut Texts) {
        for part in &self.0 {
            match part {
                Part::Text(literal) => out.push_str(literal),
                Part::Group(group) => {
                    if let Some(found) = &groups[*group] {
                        out.push_str(&text[found.clone()]);
                    }
                }
            }
        }
    }
}

fn illegal(template: &str) -> datafusion::common::DataFusionError {
    invalid(format!("Illegal replacement sequence: {template}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates() {
        let pattern = Pattern::compiled("(1)(?<name>2)(3)(4)(5)(6)(7)(8)(9)(0)").unwrap();
        let text = |text: &str| Part::Text(text.to_string());
        for (template, parts) in [
            ("$10", vec![Part::Group(10)]),
            ("$11", vec![Part::Group(1), text("1")]),
            ("a$02b", vec![text("a"), Part::Group(2), text("b")]),
            (r"\$1\\", vec![text(r"$1\")]),
            ("${name}x", vec![Part::Group(2), text("x")]),
        ] {
            assert_eq!(Template::parse(template, &pattern).unwrap().0, parts, "{template}");
        }
        for wrong in [r"\", "$", "$x", "${0}", "${nam}", "${name"] {
            assert!(Template::parse(wrong, &pattern).is_err(), "{wrong}");
        }
    }
}
