//! Pages of listings: `MaxResults` and `NextToken` in, `NextToken` out where there is more.

use catalog::{Page, PageRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::{Outcome, invalid, violated};

/// The members that every listing operation has.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Paging {
    max_results: Option<i64>,
    next_token: Option<String>,
}

impl Paging {
    /// At most `most` items, the model's limit for the operation.
    pub(super) fn request(self, most: usize) -> Outcome<PageRequest> {
        let limit = match self.max_results {
            None => most,
            Some(wanted) => usize::try_from(wanted)
                .ok()
                .filter(|wanted| (1..=most).contains(wanted))
                .ok_or_else(|| violated(wanted, "MaxResults", format!("Member must be between 1 and {most}")))?,
        };
        Ok(PageRequest { limit: Some(limit), token: self.next_token.filter(|token| !token.is_empty()) })
    }
}

/// The page as an answer with its items under `member`.
pub(super) fn answer<T: Serialize>(member: &str, page: Page<T>) -> Outcome {
    let mut answer = Map::new();
    answer.insert(member.to_owned(), value(&page.items)?);
    if let Some(next) = page.next {
        answer.insert("NextToken".to_owned(), json!(next));
    }
    Ok(Value::Object(answer))
}

/// Anything of ours as JSON.
pub(super) fn value<T: Serialize>(thing: &T) -> Outcome {
    serde_json::to_value(thing).map_err(|error| catalog::Error::internal(format!("an answer cannot be written: {error}")).into())
}

/// The part of a list that `paging` asks for; its tokens are positions.
pub(super) fn part<T>(items: Vec<T>, paging: Paging, most: usize) -> Outcome<Page<T>> {
    let request = paging.request(most)?;
    let start: usize = match &request.token {
        Some(token) => token.parse().map_err(|_| invalid("Invalid NextToken"))?,
        None => 0,
    };
    let limit = request.limit.unwrap_or(most);
    let next = (start.saturating_add(limit) < items.len()).then(|| (start + limit).to_string());
    Ok(Page { items: items.into_iter().skip(start).take(limit).collect(), next })
}
