//! What we print to: a terminal of some size, or a pipe.

use std::io::IsTerminal;

use crate::print::Style;

/// The terminal behind standard output, if it is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Columns and lines; `None` in a pipe.
    pub(crate) size: Option<(usize, usize)>,
    pub(crate) colour: bool,
}

impl Terminal {
    pub(crate) fn of_stdout() -> Self {
        Self::of(&std::io::stdout())
    }

    pub(crate) fn of_stderr() -> Self {
        Self::of(&std::io::stderr())
    }

    fn of(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> Self {
        if !stream.is_terminal() {
            return Self { size: None, colour: false };
        }
        let size = terminal_size::terminal_size_of(stream).map_or((80, 24), |(width, height)| (width.0.into(), height.0.into()));
        // https://no-color.org: any value that is not empty.
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { size: Some(size), colour: !refused && !dumb }
    }

    pub(crate) fn is_terminal(self) -> bool {
        self.size.is_some()
    }

    /// How tables are drawn here.
    pub(crate) fn style(self) -> Style {
        Style { width: self.size.map(|(width, _)| width), colour: self.colour }
    }
}
