//! ListCrawls: the runs of a crawler, newest first, with filters and summaries.

use catalog::crawler::{Crawl, CrawlState};
use catalog::{Page, PageRequest};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Outcome, invalid};
use super::page::Paging;
use super::{Glue, crawlers, page};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    crawler_name: String,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    field_name: Option<String>,
    filter_operator: Option<String>,
    field_value: Option<String>,
}

pub(super) async fn list(glue: Glue<'_>, request: List) -> Outcome {
    let tests = request.filters.iter().map(Test::of).collect::<Outcome<Vec<_>>>()?;
    let wanted = request.paging.request(1000)?;
    let limit = wanted.limit.unwrap_or(1000);
    let crawler = crawlers::usable(glue, &request.crawler_name).await?.name;
    let (mut items, mut token) = (Vec::new(), wanted.token);
    loop {
        let page = PageRequest { limit: Some(limit - items.len()), token };
        let found = glue.home().crawls(&crawler, page).await?;
        items.extend(found.items.iter().filter(|crawl| tests.iter().all(|test| test.passes(crawl))).map(shown));
        token = found.next;
        if token.is_none() || items.len() >= limit {
            return page::answer("Crawls", Page { items, next: token });
        }
    }
}

fn state(state: CrawlState) -> &'static str {
    match state {
        CrawlState::Running => "RUNNING",
        CrawlState::Completed => "COMPLETED",
        CrawlState::Failed => "FAILED",
        CrawlState::Stopped => "STOPPED",
    }
}

fn shown(crawl: &Crawl) -> Value {
    let mut value = json!({
        "CrawlId": crawl.crawl_id,
        "State": state(crawl.state),
        "StartTime": crawl.start_time,
        "Summary": summary(crawl),
        "MessagePrefix": crawl.crawl_id,
        "DPUHour": 0.0,
    });
    if let Some(members) = value.as_object_mut() {
        members.extend(crawl.end_time.map(|end| ("EndTime".to_owned(), json!(end))));
        members.extend(crawl.error_message.as_deref().map(|text| ("ErrorMessage".to_owned(), json!(shortened(text)))));
    }
    value
}

/// Messages have at most 2048 characters in the model.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(2048).collect()
}

/// What was added, updated and deleted, as JSON in JSON: `{"TABLE":"{\"ADD\":{\"Count\":1}}"}`.
fn summary(crawl: &Crawl) -> String {
    let counts = &crawl.counts;
    let mut summary = Map::new();
    for (what, changes) in [
        ("TABLE", [("ADD", counts.tables_created), ("UPDATE", counts.tables_updated), ("DELETE", counts.tables_deleted)]),
        (
            "PARTITION",
            [("ADD", counts.partitions_created), ("UPDATE", counts.partitions_updated), ("DELETE", counts.partitions_deleted)],
        ),
    ] {
        let made = changes.into_iter().filter(|(_, count)| *count > 0);
        let made: Map<String, Value> = made.map(|(change, count)| (change.to_owned(), json!({ "Count": count }))).collect();
        if !made.is_empty() {
            summary.insert(what.to_owned(), json!(Value::Object(made).to_string()));
        }
    }
    Value::Object(summary).to_string()
}

struct Test<'a> {
    field: &'a str,
    operator: &'a str,
    value: &'a str,
    number: Option<f64>,
}

impl<'a> Test<'a> {
    fn of(filter: &'a Filter) -> Outcome<Self> {
        let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "null".to_owned());
        let (Some(field), Some(operator), Some(value)) =
            (filter.field_name.as_deref(), filter.filter_operator.as_deref(), filter.field_value.as_deref())
        else {
            return Err(invalid(format!(
                "Invalid Filter Provided: FieldName: {}, FilterOperator: {}, FieldValue: {}",
                shown(&filter.field_name),
                shown(&filter.filter_operator),
                shown(&filter.field_value)
            )));
        };
        if !["GT", "GE", "LT", "LE", "EQ", "NE"].contains(&operator) {
            return Err(invalid(format!("FilterOperator {operator} is none of GT, GE, LT, LE, EQ, NE")));
        }
        let number = match field {
            "CRAWL_ID" | "STATE" if matches!(operator, "EQ" | "NE") => None,
            "CRAWL_ID" | "STATE" => return Err(invalid(format!("Only EQ or NE operator is allowed for field : {field}"))),
            "START_TIME" | "END_TIME" | "DPU_HOUR" => Some(number(field, value)?),
            other => {
                return Err(invalid(format!("FieldName {other} is none of CRAWL_ID, STATE, START_TIME, END_TIME, DPU_HOUR")));
            }
        };
        Ok(Self { field, operator, value, number })
    }

    fn passes(&self, crawl: &Crawl) -> bool {
        let found = match self.field {
            "CRAWL_ID" | "STATE" => {
                let found = if self.field == "STATE" { state(crawl.state) } else { &crawl.crawl_id };
                return (found == self.value) == (self.operator == "EQ");
            }
            "START_TIME" => crawl.start_time,
            "END_TIME" => match crawl.end_time {
                Some(end) => end,
                None => return false,
            },
            _ => 0.0,
        };
        let wanted = self.number.unwrap_or_default();
        match self.operator {
            "GT" => found > wanted,
            "GE" => found >= wanted,
            "LT" => found < wanted,
            "LE" => found <= wanted,
            "NE" => found != wanted,
            _ => found == wanted,
        }
    }
}

/// A number; times are epoch milliseconds, as the console sends them, or seconds.
fn number(field: &str, value: &str) -> Outcome<f64> {
    let number: f64 = value.parse().map_err(|_| invalid(format!("FieldValue {value} of {field} is not a number")))?;
    Ok(if field != "DPU_HOUR" && number > 1e11 { number / 1e3 } else { number })
}
