//! `civetta key`: access keys of the server. They are in the data directory, and a running server follows them.

use catalog::storage::Location;
use catalog::{Error, Result};
use server::{Key, KeyFile};

use super::{emit, say};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::print::listing;
use crate::terminal::Terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a key and print it, this once
    Add(Add),
    /// List the keys, without their secrets
    Ls,
    /// Remove a key: requests that it signs are refused at once, and so are the sessions made with it
    Rm {
        /// Its id or its name
        key: String,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// What it is for
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A database that it may use; may be given more than once [default: all]
    #[arg(long, value_name = "DATABASE")]
    database: Vec<String>,
    /// A work group that it may use; may be given more than once [default: all]
    #[arg(long, value_name = "WORK_GROUP")]
    work_group: Vec<String>,
    /// Where it may read and write objects, such as s3://bucket/folder/; may be given more than once [default: wherever the server may]
    #[arg(long, value_name = "URL")]
    root: Vec<String>,
    /// It may change nothing
    #[arg(long)]
    read_only: bool,
}

pub(crate) fn run(args: Args, config: &Config) -> Outcome {
    let file = KeyFile::within(&config.data.value);
    match args.action {
        Action::Add(args) => add(&file, args)?,
        Action::Ls => list(&file.read()?)?,
        Action::Rm { key } => {
            let gone = file.remove(&key)?;
            say(format!("removed access key {}", label(&gone)));
            if file.read()?.is_empty() {
                say("none is left: a server that starts now listens on this machine only and takes every signature");
            }
        }
    }
    Ok(())
}

fn add(file: &KeyFile, args: Add) -> std::result::Result<(), Failure> {
    let some = |names: Vec<String>| (!names.is_empty()).then_some(names);
    if let Some(empty) = [&args.database, &args.work_group].into_iter().flatten().find(|name| name.trim().is_empty()) {
        return Err(Failure::usage(Error::invalid(format!("'{empty}' is no name of a database or work group"))));
    }
    let roots: Vec<String> =
        args.root.iter().map(|root| Ok(Location::parse(root)?.to_string())).collect::<Result<_>>().map_err(Failure::usage)?;
    let mut key = Key::generate(args.name)?;
    key.databases = some(args.database);
    key.work_groups = some(args.work_group);
    key.roots = some(roots);
    key.read_only = args.read_only;
    file.add(&key)?;
    emit(environment(&key) + "\n")?;
    say("this is the only time that the secret is shown");
    Ok(())
}

/// The key as lines for a shell or an environment file.
pub(super) fn environment(key: &Key) -> String {
    format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}", key.id, key.secret())
}

fn label(key: &Key) -> String {
    key.name.as_ref().map_or(key.id.clone(), |name| format!("{} ({name})", key.id))
}

fn list(keys: &[Key]) -> Result<()> {
    if keys.is_empty() {
        say("no access keys; make one with: civetta key add");
        return Ok(());
    }
    let limit = |names: &Option<Vec<String>>| names.as_ref().map_or("all".to_owned(), |names| names.join(" "));
    let row = |key: &Key| {
        let cells = [
            key.id.clone(),
            key.name.clone().unwrap_or_default(),
            key.created.format("%Y-%m-%d %H:%M:%SZ").to_string(),
            limit(&key.databases),
            limit(&key.work_groups),
            limit(&key.roots),
            if key.read_only { "read" } else { "read and write" }.to_owned(),
        ];
        cells.into_iter().map(Some).collect()
    };
    let heads = ["key", "name", "made", "databases", "work groups", "roots", "may"].map(|name| (name, false));
    emit(listing(&heads, keys.iter().map(row).collect(), Terminal::of_stdout().style()))
}
