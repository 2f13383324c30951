//! `civetta config`: what holds, and why.

use super::emit;
use crate::config::Config;
use crate::failure::Outcome;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: Args, config: &Config) -> Outcome {
    Ok(emit(config.describe().join("\n") + "\n")?)
}
