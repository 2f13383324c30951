//! Schedules of crawlers.

use catalog::crawl::schedule::Expression;
use catalog::crawler::{Crawler, Schedule};
use serde::Deserialize;
use serde_json::json;

use super::error::{Outcome, about, failure};
use super::{Glue, crawlers};
use crate::scheduler::SHORTEST;

/// A schedule that is on; an empty text is none.
///
/// Errors: `InvalidInputException` for what is no schedule.
pub(super) fn read(text: &str) -> Outcome<Option<Schedule>> {
    if text.is_empty() {
        return Ok(None);
    }
    Expression::parse(text, SHORTEST)?;
    Ok(Some(Schedule { schedule_expression: text.to_owned(), state: "SCHEDULED".to_owned() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfCrawler {
    crawler_name: String,
    schedule: Option<String>,
}

pub(super) async fn update(glue: Glue<'_>, request: OfCrawler) -> Outcome {
    let crawler = crawlers::usable(glue, &request.crawler_name).await?;
    set(glue, &crawler, read(request.schedule.as_deref().unwrap_or_default())?).await
}

pub(super) async fn start(glue: Glue<'_>, request: OfCrawler) -> Outcome {
    let crawler = crawlers::usable(glue, &request.crawler_name).await?;
    match &crawler.schedule {
        None => Err(failure("NoScheduleException", format!("Crawler with name {} has no schedule", crawler.name))),
        Some(schedule) if is_on(schedule) => {
            Err(failure("SchedulerRunningException", format!("The schedule of crawler {} is running", crawler.name)))
        }
        Some(schedule) => set(glue, &crawler, Some(Schedule { state: "SCHEDULED".to_owned(), ..schedule.clone() })).await,
    }
}

pub(super) async fn stop(glue: Glue<'_>, request: OfCrawler) -> Outcome {
    let crawler = crawlers::usable(glue, &request.crawler_name).await?;
    match crawler.schedule.as_ref().filter(|schedule| is_on(schedule)) {
        None => Err(failure("SchedulerNotRunningException", format!("The schedule of crawler {} is not running", crawler.name))),
        Some(schedule) => set(glue, &crawler, Some(Schedule { state: "NOT_SCHEDULED".to_owned(), ..schedule.clone() })).await,
    }
}

fn is_on(schedule: &Schedule) -> bool {
    schedule.state != "NOT_SCHEDULED"
}

async fn set(glue: Glue<'_>, crawler: &Crawler, schedule: Option<Schedule>) -> Outcome {
    let name = &crawler.name;
    glue.home().schedule_crawler(name, schedule).await.map_err(|error| about("Crawler", name, error))?;
    Ok(json!({}))
}
