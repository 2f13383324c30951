//! Predicates, which are true, false or unknown: `None`. An error inside of one is unknown.

use super::compare::compare;
use super::evaluate::Evaluation;
use super::{Expression, Item, Predicate};

impl<'a> Evaluation<'a> {
    pub(super) fn test(&self, predicate: &Predicate) -> Option<bool> {
        match predicate {
            Predicate::Not(inner) => self.test(inner).map(|holds| !holds),
            Predicate::And(left, right) => match (self.test(left), self.test(right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Predicate::Or(left, right) => match (self.test(left), self.test(right)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Predicate::IsUnknown(inner) => Some(self.test(inner).is_none()),
            Predicate::Exists(path) => self.evaluate(path).ok().map(|items| !items.is_empty()),
            Predicate::Compare(left, comparison, right) => {
                let (left, right) = (self.operands(left)?, self.operands(right)?);
                self.some(left.iter().flat_map(|left| right.iter().map(|right| compare(left, *comparison, right))))
            }
            Predicate::StartsWith(text, start) => {
                let starts = self.evaluate(start).ok()?;
                let [start] = starts.as_slice() else { return None };
                let start = start.text()?;
                let texts = self.operands(text)?;
                self.some(texts.iter().map(|item| item.text().map(|text| text.starts_with(start))))
            }
            Predicate::LikeRegex(text, pattern) => {
                let texts = self.operands(text)?;
                self.some(texts.iter().map(|item| item.text().and_then(|text| pattern.is_match(text).ok())))
            }
        }
    }

    fn operands(&self, path: &Expression) -> Option<Vec<Item<'a>>> {
        let items = self.evaluate(path).ok()?;
        Some(if self.path.lax { super::evaluate::unwrapped(items) } else { items })
    }

    /// Whether some outcome is true: at once in lax mode, where no other is unknown in strict mode.
    fn some(&self, outcomes: impl Iterator<Item = Option<bool>>) -> Option<bool> {
        let (mut found, mut unknown) = (false, false);
        for outcome in outcomes {
            match outcome {
                Some(true) if self.path.lax => return Some(true),
                Some(true) => found = true,
                Some(false) => {}
                None if self.path.lax => unknown = true,
                None => return None,
            }
        }
        if unknown { None } else { Some(found) }
    }
}
