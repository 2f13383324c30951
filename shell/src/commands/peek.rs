//! `civetta peek`: what some files are. The crawler's pure steps find the tables; nothing is written down, except into a
//! catalog in a temporary folder through which the first rows are read as a query would read them.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use catalog::crawl::{self, Found, Progress};
use catalog::local::LocalCatalog;
use catalog::table::{Database, Table};
use catalog::{Catalog, Error, Result};
use engine::{Engine, Session, Settings};

use super::{emit, say, target};
use crate::complete::quote;
use crate::config::Config;
use crate::failure::Outcome;
use crate::open::{Lake, Rights, interrupted};
use crate::print::{Form, Format, Style, listing};
use crate::progress::{far, watched};
use crate::run;
use crate::terminal::Terminal;

/// The database of the temporary catalog.
const DATABASE: &str = "peek";
/// More partitions than this are not needed for the first rows.
const PARTITIONS: usize = 100;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: target::Targets,
    /// How many rows to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    rows: u32,
}

pub(crate) async fn run(args: Args, config: &Config) -> Outcome {
    let lake = Lake::open(config, Rights::Local).await?;
    tokio::select! {
        biased;
        error = interrupted() => Err(error.into()),
        outcome = look(&lake, &args) => Ok(outcome?),
    }
}

async fn look(lake: &Lake, args: &Args) -> Result<()> {
    let request = args.target.request(&lake.home).await?;
    let progress = Arc::new(Progress::default());
    let finding = crawl::find(&request, &lake.storage, BTreeMap::new(), &progress);
    let finds = watched(Instant::now(), || far(&progress), finding).await?;
    let style = Terminal::of_stdout().style();
    match finds.tables.as_slice() {
        [] => {
            for (object, reason) in finds.left_out.iter().take(10) {
                say(format!("{object}: {reason}"));
            }
            Err(Error::invalid(format!(
                "no table in it: {} objects listed, {} left out",
                finds.objects_listed,
                finds.left_out.len()
            )))
        }
        [found] => {
            emit(schema(found, style))?;
            rows(lake, found, args.rows).await
        }
        several => {
            emit(overview(several, style))?;
            say(format!("{} tables; peek into one of these locations for its schema and rows", several.len()));
            Ok(())
        }
    }
}

fn overview(several: &[Found], style: Style) -> Vec<u8> {
    let row = |found: &Found| {
        let keys = found.keys.join(", ");
        let cells = [format(found), found.columns.len().to_string(), keys, found.objects.to_string(), found.location.to_string()];
        cells.into_iter().map(Some).collect()
    };
    let heads = [("format", false), ("columns", true), ("partitioned by", false), ("objects", true), ("location", false)];
    listing(&heads, several.iter().map(row).collect(), style)
}

fn format(found: &Found) -> String {
    found.parameters.get("classification").cloned().unwrap_or_default()
}

/// Columns with their types, and the reasons.
fn schema(found: &Found, style: Style) -> Vec<u8> {
    let columns = found.columns.iter().map(|column| (column.name.clone(), column.hive_type().to_owned()));
    let keys = found.keys.iter().map(|key| (key.clone(), "string, partition key".to_owned()));
    let rows = columns.chain(keys).map(|(name, what)| vec![Some(name), Some(what)]).collect();
    let mut text = listing(&[("column", false), ("type", false)], rows, style);
    // Writing to memory cannot fail.
    let _ = writeln!(text, "\n{} in {} objects, {}", format(found), found.objects, indicatif::HumanBytes(found.bytes));
    for why in &found.why {
        let _ = writeln!(text, "why: {why}");
    }
    let _ = writeln!(text);
    text
}

/// The first rows, through a catalog that is gone afterwards.
async fn rows(lake: &Lake, found: &Found, limit: u32) -> Result<()> {
    let wrong = |error: std::io::Error| Error::invalid(format!("cannot make a temporary folder: {error}"));
    let folder = tempfile::tempdir().map_err(wrong)?;
    let scratch = LocalCatalog::open(folder.path()).await?;
    let table = remember(&scratch, found).await?;
    let settings = Settings {
        memory: None,
        threads: None,
        spill: folder.path().join("spill"),
        spill_limit: Some(1 << 30),
        locations: false,
    };
    let engine = Engine::new(Arc::new(scratch), lake.storage.clone(), settings)?;
    let form = Form { format: Format::Table, expanded: false, style: Terminal::of_stdout().style() };
    let text = format!("SELECT * FROM {} LIMIT {limit}", quote(&table.name));
    let mut session = Session { database: DATABASE.to_owned(), ..Session::default() };
    run::statement(&engine, &mut session, &text, form, std::io::stdout()).await?;
    Ok(())
}

async fn remember(scratch: &LocalCatalog, found: &Found) -> Result<Table> {
    scratch.create_database(Database { name: DATABASE.to_owned(), ..Database::default() }).await?;
    let table = found.table(DATABASE, &crawl::table_name::plain("", &found.called), "civetta peek");
    scratch.create_table(table.clone()).await?;
    let partitions =
        found.partitions.iter().take(PARTITIONS).map(|partition| partition.partition(&table, "civetta peek")).collect();
    match scratch.create_partitions(DATABASE, &table.name, partitions).await?.into_iter().next() {
        Some(failed) => Err(failed.error),
        None => Ok(table),
    }
}
