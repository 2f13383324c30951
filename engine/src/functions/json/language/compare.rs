//! Comparisons of two items.

use std::cmp::Ordering;

use super::super::Json;
use super::Item;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// `None` where the two cannot be compared.
pub(super) fn compare(left: &Item<'_>, comparison: Comparison, right: &Item<'_>) -> Option<bool> {
    match (is_null(left), is_null(right)) {
        (true, true) => {
            return Some(matches!(comparison, Comparison::Equal | Comparison::LessOrEqual | Comparison::GreaterOrEqual));
        }
        (true, false) | (false, true) if !is_structured(left) && !is_structured(right) => {
            return Some(comparison == Comparison::NotEqual);
        }
        _ => {}
    }
    let ordering = match (left, right) {
        (Item::Moment(left, left_type), Item::Moment(right, right_type)) if left_type == right_type => left.cmp(right),
        _ => match (left.number(), right.number()) {
            (Some(left), Some(right)) => left.compare(right)?,
            (None, None) => match (left.json()?, right.json()?) {
                (Json::Text(left), Json::Text(right)) => left.cmp(right),
                (Json::Bool(left), Json::Bool(right)) => left.cmp(right),
                _ => return None,
            },
            _ => return None,
        },
    };
    Some(match comparison {
        Comparison::Equal => ordering == Ordering::Equal,
        Comparison::NotEqual => ordering != Ordering::Equal,
        Comparison::Less => ordering == Ordering::Less,
        Comparison::LessOrEqual => ordering != Ordering::Greater,
        Comparison::Greater => ordering == Ordering::Greater,
        Comparison::GreaterOrEqual => ordering != Ordering::Less,
    })
}

fn is_null(item: &Item<'_>) -> bool {
    matches!(item.json(), Some(Json::Null))
}

fn is_structured(item: &Item<'_>) -> bool {
    matches!(item.json(), Some(Json::Array(_) | Json::Object(_)))
}
