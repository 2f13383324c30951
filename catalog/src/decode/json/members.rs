//! Which member of a struct (or column of a table) a JSON key means. Objects of a lake repeat their keys in one order, so a key
//! is first compared with the one that followed last time; rules are applied once per distinct key.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Fields};

use crate::format::JsonFormat;

/// Distinct keys that are remembered per struct; objects that are really maps do not fill the memory.
const MOST_REMEMBERED: usize = 4096;

/// How well a key names a member, the worst first. The better of two keys in one object wins, the later of equal ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// No key so far, or only NULLs.
    Missing,
    /// With the key's dots read as underscores (`dots.in.keys`).
    Dotted,
    /// Without regard to case.
    Folded,
    Exact,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) member: usize,
    pub(super) rank: Rank,
}

/// The members of one struct type, and those of the structs inside it.
#[derive(Debug)]
pub(super) struct Members {
    rules: Vec<Rule>,
    case_insensitive: bool,
    dots: bool,
    /// Keys in the order in which they were first seen.
    order: Vec<(Box<str>, Option<Target>)>,
    known: HashMap<Box<str>, usize>,
    /// For the object being read, how its members were named.
    pub(super) filled: Vec<Rank>,
    /// Which member the n-th element of an array stands for, where a record is written as an array.
    pub(super) positions: Vec<Option<usize>>,
    /// Per member, the struct in it: itself, or inside its lists and map values.
    pub(super) inner: Vec<Option<Box<Members>>>,
}

/// What a key must be to name a member.
#[derive(Debug)]
struct Rule {
    key: String,
    folded: String,
}

impl Members {
    /// For these fields; `positions[i]` says which of them column `i` of the table is.
    pub(super) fn new(fields: &Fields, positions: Vec<Option<usize>>, format: &JsonFormat) -> Self {
        let rules = fields.iter().map(|field| {
            let key = format.mapping.get(field.name()).unwrap_or(field.name()).clone();
            Rule { folded: key.to_lowercase(), key }
        });
        Self {
            rules: rules.collect(),
            case_insensitive: format.case_insensitive,
            dots: format.dots_in_keys,
            order: Vec::new(),
            known: HashMap::new(),
            filled: vec![Rank::Missing; fields.len()],
            positions,
            inner: fields.iter().map(|field| Self::inside(field.data_type(), format)).collect(),
        }
    }

    fn inside(data_type: &DataType, format: &JsonFormat) -> Option<Box<Self>> {
        match data_type {
            DataType::Struct(fields) => Some(Box::new(Self::new(fields, (0..fields.len()).map(Some).collect(), format))),
            DataType::List(element) => Self::inside(element.data_type(), format),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(pair) => Self::inside(pair.get(1)?.data_type(), format),
                _ => None,
            },
            _ => None,
        }
    }

    /// What `key` means, and where to look first for the key after it; `hint` is where to look first for this one.
    pub(super) fn find(&mut self, key: &str, hint: usize) -> (Option<Target>, usize) {
        if let Some((expected, target)) = self.order.get(hint)
            && **expected == *key
        {
            return (*target, hint + 1);
        }
        if let Some(at) = self.known.get(key).copied()
            && let Some((_, target)) = self.order.get(at)
        {
            return (*target, at + 1);
        }
        let target = self.resolve(key);
        if self.order.len() < MOST_REMEMBERED {
            self.known.insert(key.into(), self.order.len());
            self.order.push((key.into(), target));
        }
        (target, self.order.len())
    }

    fn resolve(&self, key: &str) -> Option<Target> {
        let find = |rank: Rank, matches: &dyn Fn(&Rule) -> bool| {
            self.rules.iter().position(matches).map(|member| Target { member, rank })
        };
        find(Rank::Exact, &|rule| rule.key == key)
            .or_else(|| {
                let folded = self.case_insensitive.then(|| key.to_lowercase())?;
                find(Rank::Folded, &|rule| rule.folded == folded)
            })
            .or_else(|| {
                let plain = (self.dots && key.contains('.')).then(|| key.replace('.', "_"))?;
                if self.case_insensitive {
                    let folded = plain.to_lowercase();
                    find(Rank::Dotted, &|rule| rule.folded == folded)
                } else {
                    find(Rank::Dotted, &|rule| rule.key == plain)
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;

    use super::*;

    fn members(format: &JsonFormat) -> Members {
        let fields: Fields = ["a", "b_c", "d"].map(|name| Field::new(name, DataType::Int32, true)).into_iter().collect();
        Members::new(&fields, Vec::new(), format)
    }

    #[test]
    fn finds_by_the_rules() {
        let plain = JsonFormat::default();
        let dots = JsonFormat { dots_in_keys: true, ..JsonFormat::default() };
        let strict = JsonFormat { case_insensitive: false, ..JsonFormat::default() };
        let mapped = JsonFormat { mapping: [("d".to_string(), "Time Stamp".to_string())].into(), ..JsonFormat::default() };
        for (format, key, expected) in [
            (&plain, "a", Some((0, Rank::Exact))),
            (&plain, "A", Some((0, Rank::Folded))),
            (&plain, "B_c", Some((1, Rank::Folded))),
            (&plain, "b.c", None),
            (&dots, "b.c", Some((1, Rank::Dotted))),
            (&dots, "B.C", Some((1, Rank::Dotted))),
            (&strict, "A", None),
            (&mapped, "Time Stamp", Some((2, Rank::Exact))),
            (&mapped, "time stamp", Some((2, Rank::Folded))),
            (&mapped, "d", None),
        ] {
            let expected = expected.map(|(member, rank)| Target { member, rank });
            assert_eq!(members(format).find(key, 0).0, expected, "{key}");
        }
    }

    #[test]
    fn hints_follow_the_order_of_the_keys() {
        let mut members = members(&JsonFormat::default());
        assert_eq!(members.find("x", 0).1, 1);
        assert_eq!(members.find("a", 1).1, 2);
        assert_eq!(members.find("d", 2).1, 3);
        assert_eq!(members.find("x", 0), (None, 1));
        assert_eq!(members.find("d", 1).1, 3, "a missing key does not lose the place");
        for key in 0..2 * MOST_REMEMBERED {
            members.find(&key.to_string(), 0);
        }
        assert_eq!(members.order.len(), MOST_REMEMBERED);
        assert_eq!(members.find("D", 0).0, Some(Target { member: 2, rank: Rank::Folded }));
    }
}
