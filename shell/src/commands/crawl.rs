//! `civetta crawl`: look, show, ask if it is much, change the catalog; once or again and again.

use std::io::IsTerminal;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use catalog::crawl::{self, Action, Places, Progress, Report, Request};
use catalog::{Error, ErrorKind, Result};
use chrono::Utc;

use super::report::{self, Format};
use super::{repeat, say, target};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::open::{Lake, Rights, interrupted};
use crate::progress::{far, watched};
use crate::terminal::Terminal;

/// More new tables than this are asked for first: they are most often one table in too many pieces.
const MANY: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: target::Targets,
    /// Make each target one table of this name
    #[arg(long, value_name = "NAME", conflicts_with = "table_prefix")]
    table_name: Option<String>,
    /// Change nothing; print what would be created or changed, and why
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    repeat: repeat::Repetition,
    /// Make more than 20 new tables without asking
    #[arg(short, long)]
    yes: bool,
    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

pub(crate) async fn run(args: Args, config: &Config) -> Outcome {
    let repeat = args.repeat.repeat().map_err(Failure::usage)?;
    let lake = Lake::open(config, Rights::Local).await?;
    let request = Request { table_name: args.table_name.clone(), ..args.target.request(&lake.home).await? };
    let mut due = repeat.first(Utc::now());
    // One listener for all of it: Ctrl-C may come between two crawls too.
    let mut stop = pin!(interrupted());
    loop {
        let pause = (due - Utc::now()).to_std().unwrap_or_default();
        tokio::select! {
            _ = &mut stop => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        let began = Utc::now();
        let outcome = tokio::select! {
            biased;
            error = &mut stop => if repeat.is_once() { return Err(error.into()) } else { return Ok(()) },
            outcome = once(&lake, request.clone(), &args) => outcome,
        };
        match (outcome, repeat.after(began)) {
            (outcome, None) => return Ok(outcome?),
            // The next run may do better: a store that was away comes back.
            (Err(error), Some(next)) => {
                say(crate::print::describe(&error, None, Terminal::of_stderr().colour));
                due = next;
            }
            (Ok(()), Some(next)) => due = next,
        }
    }
}

async fn once(lake: &Lake, request: Request, args: &Args) -> Result<()> {
    let started = Instant::now();
    let progress = Arc::new(Progress::default());
    let places = Places { storage: &lake.storage, catalog: lake.catalog.as_ref(), home: &lake.home };
    let plan = watched(started, || far(&progress), crawl::plan(request, places, &progress)).await?;
    let report = if args.dry_run {
        plan.report()
    } else {
        if !args.yes {
            confirm(&plan.report())?;
        }
        watched(started, || far(&progress), crawl::apply(plan, places)).await?
    };
    report::print(&report, started.elapsed(), args.format)
}

/// Asks before many tables are made, where there is somebody to ask.
fn confirm(report: &Report) -> Result<()> {
    let new = report.tables.iter().filter(|table| table.action == Action::Created).count();
    let terminal = Terminal::of_stderr();
    if new <= MANY || !terminal.is_terminal() || !std::io::stdin().is_terminal() {
        return Ok(());
    }
    say(String::from_utf8_lossy(&report::tables(report, terminal.style())));
    say(format!("{new} new tables. If these are one table in pieces, try --combine or --table-level N. Make them all? [y/N]"));
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.map_err(|error| Error::invalid(format!("standard input: {error}")))?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Cancelled, "nothing was changed"))
}
