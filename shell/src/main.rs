//! The binary `civetta`: reads the command line, sets up logging and the runtime, runs one command, and turns its outcome into
//! an exit code: 0 done, 1 failed, 2 wrong usage. Data goes to standard output, everything else to standard error.

mod commands;
mod complete;
mod config;
mod failure;
mod highlight;
mod names;
mod open;
mod print;
mod progress;
mod repl;
mod run;
mod terminal;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use commands::Command;
use config::{Config, Flags};
use failure::Failure;

/// Reading many small objects is many small allocations from many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// SQL over the files of a data lake: crawl them into a catalog, then ask.
#[derive(Debug, Parser)]
#[command(name = "civetta", version, after_help = AFTER_HELP, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

const AFTER_HELP: &str = "Without a command, civetta opens the shell. Start with: civetta demo

Settings also come from the environment (CIVETTA_DATA, CIVETTA_CONFIG, CIVETTA_CATALOG, CIVETTA_S3, CIVETTA_ANONYMOUS, \
CIVETTA_MEMORY, CIVETTA_THREADS, CIVETTA_LISTEN, CIVETTA_TLS, CIVETTA_TLS_CERT, CIVETTA_TLS_KEY, CIVETTA_PUBLIC_URL) and from civetta.toml; `civetta config` shows what holds. RUST_LOG=info tells \
more on standard error.";

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr();
    let config = match Config::read(&cli.flags) {
        Ok(config) => config,
        Err(error) => return Failure::usage(error).report(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::from(catalog::Error::internal(format!("cannot start threads: {error}"))).report(),
    };
    let outcome = runtime.block_on(commands::run(cli.command, &config));
    // What is still running was cancelled: reads that block in the kernel are not waited for.
    runtime.shutdown_timeout(Duration::from_millis(100));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Warnings by default, more by `RUST_LOG`. S3's crate warns of every object that is not there; what matters the door says itself.
fn log_to_stderr() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,s3s=off,buoyant_kernel=off"));
    let colour = terminal::Terminal::of_stderr().colour;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour).init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
