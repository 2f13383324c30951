//! `civetta shell`: the interactive shell on a terminal, a script from a pipe.

use std::io::IsTerminal;

use engine::Session;

use crate::config::{Config, Timeout};
use crate::failure::Outcome;
use crate::open::{Lake, Rights};
use crate::repl::Repl;

use super::say;

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// The database of table names that have none [default: default]
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
}

pub(crate) async fn run(args: Args, config: &Config) -> Outcome {
    let lake = Lake::open(config, Rights::Local).await?;
    let session = session(&lake, args.database.as_deref(), config.timeout.value).await?;
    let mut repl = Repl::new(lake, session);
    if !std::io::stdin().is_terminal() {
        return repl.pipe().await;
    }
    say(format!("civetta {}, a statement ends with ;, \\? for help", env!("CARGO_PKG_VERSION")));
    Ok(repl.interact(config.data.value.join("shell_history")).await?)
}

/// A session in `database`, which must exist.
pub(super) async fn session(lake: &Lake, database: Option<&str>, timeout: Option<Timeout>) -> catalog::Result<Session> {
    let mut session = Session { timeout: timeout.map(|timeout| timeout.0), ..Session::default() };
    if let Some(name) = database {
        session.database = lake.catalog.database(&catalog::name::fold(name)).await?.name;
    }
    Ok(session)
}
