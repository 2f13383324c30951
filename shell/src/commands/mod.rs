//! The commands. Each file has its arguments and what it does with them; what they share is in the modules beside this one.

mod config;
mod connect;
mod crawl;
mod crawler;
mod demo;
mod doctor;
mod key;
mod peek;
mod query;
mod repeat;
mod report;
mod serve;
mod shell;
mod target;

use std::io::Write;

use catalog::Result;

use crate::config::Config;
use crate::failure::Outcome;
use crate::print::output;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make a small lake, crawl it and query it: see how everything works, without network
    Demo(demo::Args),
    /// Show the schema, the reasons for it and the first rows of files, without a catalog
    Peek(peek::Args),
    /// Find the tables in files and put them into the catalog
    Crawl(crawl::Args),
    /// Keep crawlers in the catalog: add, list, show, run, remove them and read their history
    Crawler(crawler::Args),
    /// Run SQL statements and print their results
    Query(query::Args),
    /// Open the interactive SQL shell (also: civetta without a command)
    Shell(shell::Args),
    /// Answer Athena's, Glue's and S3's clients, and run the crawlers' schedules
    Serve(serve::Args),
    /// Keep access keys: who may speak to the server, and what each may do
    Key(key::Args),
    /// Print what points a client at the server: the exact text to paste
    Connect(connect::Args),
    /// Check that everything civetta needs is there and works
    Doctor(doctor::Args),
    /// Print the configuration, each value with where it came from
    Config(config::Args),
}

/// Runs a command; without one, the shell.
pub(crate) async fn run(command: Option<Command>, config: &Config) -> Outcome {
    match command.unwrap_or_else(|| Command::Shell(shell::Args::default())) {
        Command::Demo(args) => demo::run(args, config).await,
        Command::Peek(args) => peek::run(args, config).await,
        Command::Crawl(args) => crawl::run(args, config).await,
        Command::Crawler(args) => crawler::run(args, config).await,
        Command::Query(args) => query::run(args, config).await,
        Command::Shell(args) => shell::run(args, config).await,
        Command::Serve(args) => serve::run(args, config).await,
        Command::Key(args) => key::run(args, config),
        Command::Connect(args) => connect::run(args, config),
        Command::Doctor(args) => doctor::run(args, config).await,
        Command::Config(args) => config::run(args, config),
    }
}

/// Writes to standard output at once.
fn emit(text: impl AsRef<[u8]>) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_ref()).and_then(|()| out.flush()).map_err(output)
}

/// Says something to the person at the terminal: standard error, which may be gone.
fn say(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr(), "{}", text.as_ref());
}
