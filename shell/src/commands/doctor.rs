//! `civetta doctor`: everything that has to work, tried, with what to do where it does not.

mod machine;
mod places;

use catalog::{Error, PageRequest, Result};
use engine::Session;
use futures::StreamExt;

use super::{emit, say};
use crate::config::{Config, S3Choice};
use crate::failure::Outcome;
use crate::open::{Lake, Rights};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// The lines, as they are found.
#[derive(Default)]
struct Report {
    failed: usize,
}

impl Report {
    fn line(&mut self, name: &str, outcome: Result<String>) -> Result<()> {
        emit(match outcome {
            Ok(text) => format!("ok      {name:<16} {text}\n"),
            Err(error) => {
                self.failed += 1;
                format!("FAILED  {name:<16} {error}\n")
            }
        })
    }
}

pub(crate) async fn run(_: Args, config: &Config) -> Outcome {
    let mut report = Report::default();
    report.line("version", Ok(env!("CARGO_PKG_VERSION").to_owned()))?;
    let file = config.file.as_ref().map_or("no file, defaults".to_owned(), |path| path.display().to_string());
    report.line("configuration", Ok(file))?;
    report.line("data directory", machine::writable(&config.data.value))?;
    report.line("memory", Ok(machine::memory(config)))?;
    report.line("port", machine::port(config).await)?;
    match Lake::open(config, Rights::Server).await {
        Err(error) => report.line("lake", Err(error))?,
        Ok(lake) => {
            report.line("catalog", databases(&lake, config).await)?;
            report.line("crawlers", crawlers(&lake).await)?;
            report.line("s3", Ok(s3(config)))?;
            let heard = lake.storage.hear().await;
            report.line("clock", heard.as_ref().map_err(Error::duplicate).and_then(|heard| machine::clock(heard.as_ref())))?;
            report.line("region", heard.as_ref().map_err(Error::duplicate).map(|heard| places::region(heard.as_ref())))?;
            // Where nobody answers, each of these would only be tried for long.
            if heard.is_ok() {
                for (root, outcome) in places::roots(&lake, config).await {
                    report.line("root", outcome.map(|text| format!("{root}: {text}")))?;
                }
                report.line("results", places::results(&lake).await)?;
            }
            report.line("query", query(&lake).await)?;
        }
    }
    if report.failed > 0 {
        return Err(Error::new(catalog::ErrorKind::Unavailable, format!("{} of the checks failed", report.failed)).into());
    }
    say("all is well");
    Ok(())
}

async fn databases(lake: &Lake, config: &Config) -> Result<String> {
    let page = lake.catalog.databases(PageRequest::default()).await?;
    let more = if page.next.is_some() { " or more" } else { "" };
    Ok(format!("{}, {}{more} databases", config.catalog.value, page.items.len()))
}

async fn crawlers(lake: &Lake) -> Result<String> {
    let crawlers = lake.home.crawlers(PageRequest::default()).await?.items;
    let scheduled = crawlers.iter().filter(|crawler| crawler.schedule.is_some()).count();
    Ok(format!("{}, {scheduled} with a schedule, which `civetta serve` runs", crawlers.len()))
}

fn s3(config: &Config) -> String {
    match &config.s3.value {
        S3Choice::Embedded => format!("s3:// is {}", config.data.value.join("lake").display()),
        other if config.anonymous.value => format!("s3:// is {other}, without credentials"),
        other => format!("s3:// is {other}"),
    }
}

async fn query(lake: &Lake) -> Result<String> {
    let started = std::time::Instant::now();
    let mut answer = lake.engine.run(&mut Session::default(), "SELECT 1").await?;
    let mut rows = 0;
    while let Some(batch) = answer.rows.next().await {
        rows += batch?.num_rows();
    }
    if rows != 1 {
        return Err(Error::internal(format!("SELECT 1 gave {rows} rows")));
    }
    Ok(format!("SELECT 1 in {:.1} ms", started.elapsed().as_secs_f64() * 1e3))
}
