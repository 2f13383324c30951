//! `civetta crawler`: crawlers that the catalog keeps, with their schedules and the history of their runs.

use std::sync::Arc;
use std::time::Instant;

use catalog::crawl::schedule::Expression;
use catalog::crawl::{Places, Progress, run_crawler};
use catalog::crawler::{Crawl, CrawlState, Crawler, Schedule};
use catalog::table::EpochSeconds;
use catalog::{Error, PageRequest, Result};
use chrono::DateTime;

use super::report::{self, Format};
use super::{emit, say, target};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::open::{Lake, Rights, interrupted};
use crate::print::{Cell, listing};
use crate::progress::{far, watched};
use crate::terminal::Terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Keep a crawler in the catalog
    Add(Box<Add>),
    /// List the crawlers
    Ls,
    /// Print a crawler's definition, as AWS Glue's API has it
    Show { name: String },
    /// Run a crawler now, and note it in its history
    Run {
        name: String,
        /// How to report
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: Format,
    },
    /// Print the runs of a crawler, newest first
    Log {
        name: String,
        /// At most so many runs
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// Remove a crawler with its history; its tables stay
    Rm { name: String },
}

#[derive(Debug, clap::Args)]
struct Add {
    name: String,
    #[command(flatten)]
    target: target::Targets,
    /// When `civetta serve` runs it, in UTC: 'cron(0/15 * * * ? *)' or 'rate(5 minutes)'
    #[arg(long, value_name = "EXPRESSION")]
    schedule: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Replace the crawler of this name, if there is one
    #[arg(long)]
    replace: bool,
}

pub(crate) async fn run(args: Args, config: &Config) -> Outcome {
    if let Action::Add(add) = &args.action
        && let Some(text) = &add.schedule
    {
        Expression::parse(text, server::SHORTEST_SCHEDULE).map_err(Failure::usage)?;
    }
    let lake = Lake::open(config, Rights::Local).await?;
    match args.action {
        Action::Add(args) => add(&lake, *args).await?,
        Action::Ls => list(&lake).await?,
        Action::Show { name } => show(&lake.home.crawler(&name).await?)?,
        Action::Run { name, format } => once(&lake, &name, format).await?,
        Action::Log { name, limit } => log(&lake, &name, limit).await?,
        Action::Rm { name } => {
            lake.home.delete_crawler(&name).await?;
            say(format!("removed crawler '{name}'; its tables stay"));
        }
    }
    Ok(())
}

async fn add(lake: &Lake, args: Add) -> Result<()> {
    let schedule = args.schedule.map(|schedule_expression| Schedule { schedule_expression, state: "SCHEDULED".to_owned() });
    let crawler = Crawler { description: args.description, schedule, ..args.target.crawler(&args.name)? };
    let scheduled = crawler.schedule.is_some();
    for name in &crawler.classifiers {
        lake.home.classifier(name).await?;
    }
    match lake.home.create_crawler(crawler.clone()).await {
        Err(error) if error.kind() == catalog::ErrorKind::AlreadyExists && args.replace => {
            lake.home.update_crawler(crawler).await?
        }
        Err(error) if error.kind() == catalog::ErrorKind::AlreadyExists => {
            return Err(Error::new(error.kind(), format!("{}; --replace replaces it", error.message())));
        }
        outcome => outcome?,
    }
    let next = if scheduled { "civetta serve runs its schedule" } else { "it has no schedule" };
    say(format!("keeping crawler '{0}'; {next}, and now: civetta crawler run {0}", args.name));
    Ok(())
}

fn show(crawler: &Crawler) -> Result<()> {
    let text = serde_json::to_string_pretty(crawler).map_err(|error| Error::internal(error.to_string()))?;
    emit(text + "\n")
}

async fn list(lake: &Lake) -> Result<()> {
    let mut rows = Vec::new();
    let mut page = PageRequest::default();
    loop {
        let answer = lake.home.crawlers(page).await?;
        for crawler in &answer.items {
            let last =
                lake.home.crawls(&crawler.name, PageRequest { limit: Some(1), token: None }).await?.items.into_iter().next();
            rows.push(line(crawler, last.as_ref()));
        }
        match answer.next {
            Some(token) => page = PageRequest { limit: None, token: Some(token) },
            None => break,
        }
    }
    if rows.is_empty() {
        say("no crawlers; keep one with: civetta crawler add NAME TARGET");
        return Ok(());
    }
    let heads = ["crawler", "targets", "database", "schedule", "last run", "began"].map(|name| (name, false));
    emit(listing(&heads, rows, Terminal::of_stdout().style()))
}

fn line(crawler: &Crawler, last: Option<&Crawl>) -> Vec<Cell> {
    let targets: Vec<_> = crawler.targets.s3.iter().map(|target| target.path.as_str()).collect();
    let cells = [
        crawler.name.clone(),
        targets.join(" "),
        crawler.database_name.clone().unwrap_or_default(),
        crawler.schedule.as_ref().map(|schedule| schedule.schedule_expression.clone()).unwrap_or_default(),
        last.map(|crawl| state(crawl.state).to_owned()).unwrap_or_default(),
        last.map(|crawl| time(crawl.start_time)).unwrap_or_default(),
    ];
    cells.into_iter().map(Some).collect()
}

async fn log(lake: &Lake, name: &str, limit: u32) -> Result<()> {
    lake.home.crawler(name).await?;
    let crawls = lake.home.crawls(name, PageRequest { limit: Some(limit as usize), token: None }).await?.items;
    if crawls.is_empty() {
        say(format!("crawler '{name}' has not run yet"));
        return Ok(());
    }
    let row = |crawl: &Crawl| {
        let counts = &crawl.counts;
        let took = crawl.end_time.map(|end| format!("{:.1} s", (end - crawl.start_time).max(0.0))).unwrap_or_default();
        let cells = [
            time(crawl.start_time),
            took,
            state(crawl.state).to_owned(),
            counts.objects_listed.to_string(),
            counts.objects_read.to_string(),
            counts.tables_created.to_string(),
            counts.tables_updated.to_string(),
            counts.partitions_created.to_string(),
            crawl.error_message.clone().unwrap_or_default(),
        ];
        cells.into_iter().map(Some).collect()
    };
    let heads = [
        ("began", false),
        ("took", true),
        ("state", false),
        ("listed", true),
        ("read", true),
        ("tables created", true),
        ("updated", true),
        ("partitions added", true),
        ("error", false),
    ];
    emit(listing(&heads, crawls.iter().map(row).collect(), Terminal::of_stdout().style()))
}

async fn once(lake: &Lake, name: &str, format: Format) -> Result<()> {
    let started = Instant::now();
    let progress = Arc::new(Progress::default());
    let places = Places { storage: &lake.storage, catalog: lake.catalog.as_ref(), home: &lake.home };
    let owner = format!("civetta crawler run, process {}", std::process::id());
    let stop = async { _ = interrupted().await };
    let report = watched(started, || far(&progress), run_crawler(name, &owner, places, &progress, stop)).await?;
    report::print(&report, started.elapsed(), format)
}

fn state(state: CrawlState) -> &'static str {
    match state {
        CrawlState::Running => "running",
        CrawlState::Completed => "completed",
        CrawlState::Failed => "failed",
        CrawlState::Stopped => "stopped",
    }
}

fn time(seconds: EpochSeconds) -> String {
    DateTime::from_timestamp_millis((seconds * 1e3) as i64)
        .map(|at| at.format("%Y-%m-%d %H:%M:%SZ").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc() {
        assert_eq!(time(1_700_000_000.25), "2023-11-14 22:13:20Z");
    }
}
