//! `civetta query`: statements from the command line, a file or standard input, one after another up to the first that fails.

use std::io::{BufWriter, Read, Write};
use std::path::PathBuf;
use std::time::Instant;

use catalog::{Error, Result};

use super::{say, shell};
use crate::config::{Config, Timeout};
use crate::failure::{Failure, Outcome};
use crate::open::{Lake, Rights};
use crate::print::{Form, Format, output};
use crate::repl::script::placed;
use crate::run::{self, Target};
use crate::terminal::Terminal;

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("text").required(true)))]
pub(crate) struct Args {
    /// The statements, separated by semicolons; - reads them from standard input
    #[arg(group = "text", value_name = "SQL")]
    sql: Option<String>,
    /// Read the statements from a file
    #[arg(short, long, group = "text", value_name = "FILE")]
    file: Option<PathBuf>,
    /// The database of table names that have none [default: default]
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// How long each statement may take, such as 30s or 5m [default: as long as it needs]
    #[arg(long, value_name = "TIME")]
    timeout: Option<Timeout>,
    /// The form of the result [default: by the extension of --output, else table]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Write the result to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, config: &Config) -> Outcome {
    let text = text(&args).map_err(Failure::usage)?;
    let statements = sql::split(&text).statements;
    let terminal = Terminal::of_stdout();
    let form = form(&args, terminal, statements.len()).map_err(Failure::usage)?;
    let lake = Lake::open(config, Rights::Local).await?;
    let mut session = shell::session(&lake, args.database.as_deref(), args.timeout.or(config.timeout.value)).await?;
    let (target, mut out) = destination(&args)?;
    let mut answered = false;
    for statement in statements {
        let started = Instant::now();
        let printed = run::statement(&lake.engine, &mut session, statement.text, form, &mut out).await;
        let printed = printed.map_err(|error| Failure::within(placed(error, statement.position), &text))?;
        answered |= printed.columns > 0;
        if terminal.is_terminal() && form.format == Format::Table && printed.columns > 0 {
            let rows = if printed.rows == 1 { "row" } else { "rows" };
            say(format!("({} {rows} in {:.3} s)", printed.rows, started.elapsed().as_secs_f64()));
        }
    }
    out.flush().map_err(output)?;
    drop(out);
    match target {
        Some(target) if answered => Ok(target.keep()?),
        Some(_) => {
            say("no statement had a result, so no file was written");
            Ok(())
        }
        None => Ok(()),
    }
}

fn text(args: &Args) -> Result<String> {
    let text = match (&args.sql, &args.file) {
        (Some(text), _) if text == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|error| Error::invalid(format!("standard input: {error}")))?;
            text
        }
        (Some(text), _) => text.clone(),
        (None, Some(path)) => {
            std::fs::read_to_string(path).map_err(|error| Error::invalid(format!("cannot read '{}': {error}", path.display())))?
        }
        (None, None) => return Err(Error::invalid("no statement given")),
    };
    if sql::split(&text).statements.is_empty() {
        return Err(Error::invalid("there is no statement to run"));
    }
    Ok(text)
}

fn form(args: &Args, terminal: Terminal, statements: usize) -> Result<Form> {
    let format = match (args.format, &args.output) {
        (Some(format), _) => format,
        (None, Some(path)) => Format::of(path)?,
        (None, None) => Format::Table,
    };
    if format.is_binary() && statements > 1 {
        return Err(Error::invalid(format!(
            "{statements} statements, but a parquet or arrow file holds one result; run them one by one"
        )));
    }
    if format.is_binary() && args.output.is_none() && terminal.is_terminal() {
        return Err(Error::invalid("parquet and arrow are not for a terminal; write to a file with --output, or into a pipe"));
    }
    let to_file = args.output.is_some();
    let style = if to_file { crate::print::Style { width: None, colour: false } } else { terminal.style() };
    Ok(Form { format, expanded: false, style })
}

fn destination(args: &Args) -> Result<(Option<Target>, Box<dyn Write + Send>)> {
    match &args.output {
        Some(path) => {
            let (target, file) = Target::create(path)?;
            Ok((Some(target), Box::new(file)))
        }
        None => Ok((None, Box::new(BufWriter::with_capacity(1 << 16, std::io::stdout())))),
    }
}
