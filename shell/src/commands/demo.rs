//! `civetta demo`: the main job on the files of four pipelines and a phone, in a folder of its own and without network. What it
//! does is what the printed commands do.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use catalog::crawl::{self, Places, Progress, Request};
use catalog::crawler::S3Target;
use catalog::storage::Location;
use catalog::{Error, ErrorKind, Result};
use engine::Session;
use include_dir::{Dir, include_dir};

use super::{emit, report};
use crate::config::{Config, Origin, Setting};
use crate::failure::{Failure, Outcome};
use crate::highlight::colour;
use crate::open::{Lake, Rights};
use crate::print::{Form, Format};
use crate::run;
use crate::terminal::Terminal;

/// What the pipelines left behind: a copy inside the binary, so that it needs nothing else.
static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../examples/lake");

/// The bucket of the embedded lake that they are put into, and the database that it becomes.
const BUCKET: &str = "demo";

/// One question to each pipeline: what it is and the statement.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "Stock ticks: Kafka's consumer writes one JSON object into each file",
        "SELECT index, count(*) AS ticks, round(avg(closeusd), 2) AS average_usd\nFROM stock_ticks GROUP BY index ORDER BY average_usd DESC LIMIT 5",
    ),
    (
        "Smartwatches: Parquet from Spark, partitioned by day, leftovers and all",
        "SELECT day, count(*) AS readings, max(heart_rate) AS highest_pulse, sum(steps) AS steps\nFROM smartwatch_health WHERE day >= '2024-05-02' GROUP BY day ORDER BY day",
    ),
    (
        "Emergency vehicles: partitioned by city, names escaped as Hive does",
        "SELECT city, kind, round(max(speed_kmh), 1) AS fastest_kmh\nFROM emergency_vehicles WHERE siren GROUP BY city, kind ORDER BY fastest_kmh DESC LIMIT 5",
    ),
    (
        "A phone's accelerometer: one object for each push, samples in a nested array",
        "SELECT partition_0 AS session, count(*) AS samples, round(avg(\"values\".z), 3) AS gravity\nFROM phone_accelerometer CROSS JOIN UNNEST(payload) AS sample (name, time, \"values\")\nGROUP BY partition_0 ORDER BY session",
    ),
    (
        "Flights: one object that holds an array of arrays (OpenSky)",
        "SELECT s[3] AS country, count(DISTINCT s[1]) AS aircraft, round(max(cast(s[8] AS double))) AS highest_m\nFROM flight_states CROSS JOIN UNNEST(states) AS polls (s)\nGROUP BY s[3] ORDER BY country",
    ),
];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder for the demo's lake and catalog; made if it is not there
    #[arg(value_name = "DIR", default_value = "civetta-demo")]
    folder: PathBuf,
}

pub(crate) async fn run(args: Args, config: &Config) -> Outcome {
    let mut config = config.clone();
    config.data = Setting { value: args.folder.clone(), origin: Origin::Flag("demo DIR") };
    config.s3 = Setting { value: crate::config::S3Choice::Embedded, origin: Origin::Default };
    config.catalog = Setting { value: crate::config::CatalogChoice::Embedded, origin: Origin::Default };
    let lake = Lake::open(&config, Rights::Local).await?;
    let folder = args.folder.display();
    let files = fill(&lake).await?;
    heading(&format!("{files} files of five streams are in {folder}/lake/{BUCKET}, which is s3://{BUCKET}/"))?;
    heading(&format!("$ civetta --data {folder} crawl s3://{BUCKET}/"))?;
    crawl(&lake).await?;
    for (what, statement) in QUESTIONS {
        heading(what)?;
        ask(&lake, statement).await?;
    }
    heading("Now type")?;
    let next = [
        (format!("civetta --data {folder}"), "the shell: \\d, SELECT …; and \\? for help"),
        ("civetta peek FILES".to_owned(), "schema and first rows of files of yours, without a catalog"),
        ("civetta crawl ./my-files".to_owned(), "their tables, in the database my_files"),
        ("civetta query 'SHOW TABLES IN my_files'".to_owned(), "and SQL over them"),
    ];
    let lines = next.iter().map(|(command, what)| format!("  {command:<42} {what}\n"));
    Ok(emit(lines.collect::<String>())?)
}

/// Puts the files into the lake as a pipeline would; those of an earlier demo are replaced.
async fn fill(lake: &Lake) -> Result<usize> {
    let root = Location::parse(&format!("s3://{BUCKET}/"))?;
    let buckets = lake.storage.lake().ok_or_else(|| Error::internal("the demo's lake is embedded"))?;
    match buckets.create_bucket(BUCKET).await {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let mut folders = vec![&FILES];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            let key = file.path().to_str().ok_or_else(|| Error::internal("an example's name is not UTF-8"))?;
            lake.storage.put(&root.with_key(key), file.contents().to_vec().into()).await?;
            count += 1;
        }
    }
    Ok(count)
}

async fn crawl(lake: &Lake) -> Result<()> {
    let started = Instant::now();
    let target = S3Target { path: format!("s3://{BUCKET}/"), ..S3Target::default() };
    let request = Request { database: BUCKET.to_owned(), targets: vec![target], ..Request::default() };
    let places = Places { storage: &lake.storage, catalog: lake.catalog.as_ref(), home: &lake.home };
    let plan = crawl::plan(request, places, &Arc::new(Progress::default())).await?;
    report::print(&crawl::apply(plan, places).await?, started.elapsed(), report::Format::Table)
}

async fn ask(lake: &Lake, statement: &str) -> std::result::Result<(), Failure> {
    let terminal = Terminal::of_stdout();
    let shown = if terminal.colour { colour(statement) } else { statement.to_owned() };
    emit(shown + ";\n\n")?;
    let form = Form { format: Format::Table, expanded: false, style: terminal.style() };
    let mut session = Session { database: BUCKET.to_owned(), ..Session::default() };
    let printed = run::statement(&lake.engine, &mut session, statement, form, std::io::stdout()).await;
    printed.map(|_| ()).map_err(|error| Failure::within(error, statement))
}

fn heading(text: &str) -> Result<()> {
    let bold = Terminal::of_stdout().colour;
    let text = if bold { nu_ansi_term::Style::new().bold().paint(text).to_string() } else { text.to_owned() };
    emit(format!("\n{text}\n"))
}
