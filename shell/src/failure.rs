//! How a command ends when it does not end well.

use std::io::Write;
use std::process::ExitCode;

use catalog::Error;

use crate::print::{describe, is_broken_pipe};
use crate::terminal::Terminal;

/// A command's outcome.
pub(crate) type Outcome = Result<(), Failure>;

/// An error with what is needed to show and to count it.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Error,
    /// The text that the error's position counts in.
    text: Option<String>,
    usage: bool,
}

impl Failure {
    /// A wrong argument: exit code 2.
    pub(crate) fn usage(error: Error) -> Self {
        Self { error, text: None, usage: true }
    }

    /// An error in `text`.
    pub(crate) fn within(error: Error, text: &str) -> Self {
        Self { error, text: Some(text.to_owned()), usage: false }
    }

    /// Prints the error and gives the exit code. A reader that went away (`| head`) has what it wanted.
    pub(crate) fn report(&self) -> ExitCode {
        if is_broken_pipe(&self.error) {
            return ExitCode::SUCCESS;
        }
        let text = describe(&self.error, self.text.as_deref(), Terminal::of_stderr().colour);
        // A terminal that is gone hears nothing.
        let _ = writeln!(std::io::stderr(), "{text}");
        ExitCode::from(if self.usage { 2 } else { 1 })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, text: None, usage: false }
    }
}
