//! `civetta doctor`: everything that has to work, tried, with what to do where it does not.

use std::path::Path;

use catalog::{Error, PageRequest, Result};
use engine::Session;
use futures::StreamExt;

use super::{emit, say};
use crate::config::{Config, S3Choice};
use crate::failure::Outcome;
use crate::open::{Lake, Rights};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_: Args, config: &Config) -> Outcome {
    let mut failed = 0;
    let mut check = |name: &str, outcome: Result<String>| {
        let line = match outcome {
            Ok(text) => format!("ok      {name:<16} {text}\n"),
            Err(error) => {
                failed += 1;
                format!("FAILED  {name:<16} {error}\n")
            }
        };
        emit(line)
    };
    check("version", Ok(env!("CARGO_PKG_VERSION").to_owned()))?;
    let file = config.file.as_ref().map_or("no file, defaults".to_owned(), |path| path.display().to_string());
    check("configuration", Ok(file))?;
    check("data directory", writable(&config.data.value))?;
    let memory = match config.memory.value {
        Some(bytes) => format!("{bytes} for queries ({})", config.memory.origin),
        None => format!("{} MiB for queries, of the machine or the container", engine::default_memory_limit() >> 20),
    };
    check("memory", Ok(memory))?;
    match Lake::open(config, Rights::Local).await {
        Err(error) => check("lake", Err(error))?,
        Ok(lake) => {
            check("catalog", databases(&lake, config).await)?;
            check("crawlers", crawlers(&lake).await)?;
            check("s3", Ok(s3(config)))?;
            check("query", query(&lake).await)?;
        }
    }
    if failed > 0 {
        return Err(Error::new(catalog::ErrorKind::Unavailable, format!("{failed} of the checks failed")).into());
    }
    say("all is well");
    Ok(())
}

/// A file can be made and removed there.
fn writable(data: &Path) -> Result<String> {
    let wrong = |error: std::io::Error| {
        Error::invalid(format!("{} cannot be written: {error}; choose another with --data DIR", data.display()))
    };
    std::fs::create_dir_all(data).map_err(wrong)?;
    let probe = data.join(format!(".doctor.{}", std::process::id()));
    std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe)).map_err(wrong)?;
    Ok(data.display().to_string())
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
        other if config.anonymous.value => format!("s3:// is {other}, without credentials; not asked"),
        other => format!("s3:// is {other}; not asked"),
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
