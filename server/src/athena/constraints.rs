//! What the model allows in the members of a request, checked before anything else and refused in the words of AWS's services, all
//! that is wrong at once.

use serde_json::Value;

use crate::athena::error::invalid;
use crate::aws::Failure;

/// A member of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) rule: Rule,
}

/// What it may hold. Limits are included.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    Any,
    /// Characters of a text.
    Length(usize, usize),
    /// Members of a list.
    Count(usize, usize),
    Range(i64, i64),
    OneOf(&'static [&'static str]),
    /// The model's pattern, and who knows it.
    Pattern(&'static str, fn(&str) -> bool),
}

pub(super) const WORK_GROUP: Rule = Rule::Pattern("[a-zA-Z0-9._-]{1,128}", is_work_group);
pub(super) const STATEMENT_NAME: Rule = Rule::Pattern("[a-zA-Z_][a-zA-Z0-9_@:]{1,256}", is_statement_name);

pub(super) const WORD: Rule = Rule::Pattern("\\S+", is_word);

fn is_word(text: &str) -> bool {
    !text.contains(char::is_whitespace)
}

fn is_work_group(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// The model has a limit of 256 characters besides.
fn is_statement_name(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    begins && (2..=256).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@:".contains(&byte))
}

pub(super) const fn needed(name: &'static str, rule: Rule) -> Member {
    Member { name, required: true, rule }
}

pub(super) const fn given(name: &'static str, rule: Rule) -> Member {
    Member { name, required: false, rule }
}

/// Members of another type than the model's pass: reading them says so.
pub(super) fn check(members: &[Member], body: &Value) -> Result<(), Failure> {
    let violations: Vec<String> = members.iter().filter_map(|member| violation(member, body.get(member.name))).collect();
    match violations.len() {
        0 => Ok(()),
        1 => Err(invalid(format!("1 validation error detected: {}", violations.concat()))),
        count => Err(invalid(format!("{count} validation errors detected: {}", violations.join("; ")))),
    }
}

fn violation(member: &Member, value: Option<&Value>) -> Option<String> {
    let name = spelled(member.name);
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return member.required.then(|| format!("Value null at '{name}' failed to satisfy constraint: Member must not be null"));
    };
    let broken = match (member.rule, value) {
        (Rule::Length(least, most), Value::String(text)) => length(text.chars().count(), least, most),
        (Rule::Count(least, most), Value::Array(elements)) => length(elements.len(), least, most),
        (Rule::Range(least, most), Value::Number(number)) => match number.as_i64() {
            Some(number) if number < least => Some(format!("have value greater than or equal to {least}")),
            Some(number) if number > most => Some(format!("have value less than or equal to {most}")),
            _ => None,
        },
        (Rule::OneOf(names), Value::String(text)) => {
            (!names.contains(&text.as_str())).then(|| format!("satisfy enum value set: [{}]", names.join(", ")))
        }
        (Rule::Pattern(pattern, fits), Value::String(text)) => {
            (!fits(text)).then(|| format!("satisfy regular expression pattern: {pattern}"))
        }
        _ => None,
    };
    let shown = match value {
        Value::String(text) => text.chars().take(256).collect(),
        Value::Array(elements) => format!("[{} members]", elements.len()),
        other => other.to_string(),
    };
    broken.map(|must| format!("Value '{shown}' at '{name}' failed to satisfy constraint: Member must {must}"))
}

fn length(length: usize, least: usize, most: usize) -> Option<String> {
    if length < least {
        return Some(format!("have length greater than or equal to {least}"));
    }
    (length > most).then(|| format!("have length less than or equal to {most}"))
}

/// Messages name members with a small first letter.
fn spelled(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn violations_are_told_in_the_words_of_aws() {
        const MEMBERS: &[Member] = &[
            needed("Name", Rule::Length(1, 3)),
            given("MaxResults", Rule::Range(1, 50)),
            given("WorkGroup", WORK_GROUP),
            given("StatementName", STATEMENT_NAME),
            given("Type", Rule::OneOf(&["A", "B"])),
            given("Ids", Rule::Count(1, 2)),
        ];
        let cases = [
            (json!({}), "Value null at 'name' failed to satisfy constraint: Member must not be null"),
            (json!({"Name": null}), "Value null at 'name' failed to satisfy constraint: Member must not be null"),
            (
                json!({"Name": ""}),
                "Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1",
            ),
            (
                json!({"Name": "éééé"}),
                "Value 'éééé' at 'name' failed to satisfy constraint: Member must have length less than or equal to 3",
            ),
            (
                json!({"Name": "a", "MaxResults": 51}),
                "Value '51' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50",
            ),
            (
                json!({"Name": "a", "WorkGroup": "a b"}),
                "Value 'a b' at 'workGroup' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}",
            ),
            (
                json!({"Name": "a", "Type": "C"}),
                "Value 'C' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [A, B]",
            ),
            (
                json!({"Name": "a", "Ids": []}),
                "Value '[0 members]' at 'ids' failed to satisfy constraint: Member must have length greater than or equal to 1",
            ),
        ];
        for (body, expected) in cases {
            let refusal = check(MEMBERS, &body).unwrap_err();
            assert_eq!(refusal.message, format!("1 validation error detected: {expected}"), "{body}");
            assert_eq!(refusal.members["AthenaErrorCode"], "INVALID_INPUT");
        }
        let two = check(MEMBERS, &json!({"Name": "", "MaxResults": 0})).unwrap_err();
        assert!(two.message.starts_with("2 validation errors detected: Value '' at 'name'"), "{}", two.message);
        let fits = json!({"Name": "abc", "MaxResults": 50, "StatementName": "a1", "WorkGroup": "a.B-_9", "Type": "B"});
        check(MEMBERS, &fits).unwrap();
        for name in ["1a", "a", "a-b", &"x".repeat(257)] {
            assert!(check(MEMBERS, &json!({"Name": "a", "StatementName": name})).is_err(), "{name}");
        }
    }
}
