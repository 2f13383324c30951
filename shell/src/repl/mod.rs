//! The interactive shell. One loop reads statements and backslash commands, from a terminal with an editor or from a pipe as
//! a script, and runs them in order.

pub(crate) mod describe;
mod editor;
pub(crate) mod meta;
mod pager;
pub(crate) mod script;

use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::{Duration, Instant};

use catalog::{Error, ErrorKind, Result};
use engine::Session;

use crate::failure::{Failure, Outcome};
use crate::names::CatalogNames;
use crate::open::{Lake, interrupted};
use crate::print::{self, Form, Format, is_broken_pipe, output};
use crate::run::{self, Printed, Target};
use crate::terminal::Terminal;
use editor::{Input, Lines};
use meta::Meta;
use pager::Screen;
use script::{Item, items};

/// Files that include each other end somewhere.
const DEEPEST_INCLUDE: usize = 16;

/// The shell's state.
pub(crate) struct Repl {
    lake: Lake,
    session: Session,
    terminal: Terminal,
    timing: bool,
    expanded: bool,
    /// `\o`: where results go instead of the screen.
    target: Option<(PathBuf, Format)>,
    /// What `\watch` runs again.
    last: Option<String>,
    quit: bool,
}

impl Repl {
    pub(crate) fn new(lake: Lake, session: Session) -> Self {
        let terminal = Terminal::of_stdout();
        Self { lake, session, terminal, timing: false, expanded: false, target: None, last: None, quit: false }
    }

    /// Reads from the terminal until Ctrl-D or `\q`. Errors of statements are printed; the shell goes on.
    pub(crate) async fn interact(&mut self, history: PathBuf) -> Result<()> {
        let names = CatalogNames::start(self.lake.catalog.clone(), self.lake.engine.functions());
        let current = names.current.clone();
        let lines = Lines::start(names, history, self.terminal.colour)?;
        while !self.quit {
            self.session.database.clone_into(&mut current.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
            match lines.next(format!("{}> ", self.session.database)).await? {
                Input::End => break,
                Input::Interrupted => {}
                Input::Text(text) => {
                    if let Err(error) = self.script(&text, 0).await {
                        report(&error, &text);
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs standard input as a script: the first error ends it.
    pub(crate) async fn pipe(&mut self) -> Outcome {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| Error::invalid(format!("standard input: {error}")))?;
        self.script(&text, 0).await.map_err(|error| Failure::within(error, &text))
    }

    /// Runs the items of `text` in order, up to the first that fails. Positions in errors are those in `text`.
    async fn script(&mut self, text: &str, depth: usize) -> Result<()> {
        for item in items(text) {
            match item {
                Item::Statement(statement, at) => {
                    self.last = Some(statement.to_owned());
                    self.statement(statement).await.map_err(|error| script::placed(error, at))?;
                }
                Item::Meta(line) => self.meta(meta::parse(line)?, depth).await?,
            }
            if self.quit {
                break;
            }
        }
        Ok(())
    }

    async fn statement(&mut self, text: &str) -> Result<()> {
        let started = Instant::now();
        let printed = match self.target.clone() {
            Some((path, format)) => self.print_to_file(text, &path, format).await?,
            None => self.print_to_screen(text).await?,
        };
        let mut out = std::io::stdout().lock();
        let footer = match printed {
            Printed { columns: 0, .. } => "OK".to_owned(),
            Printed { rows: 1, .. } => "(1 row)".to_owned(),
            Printed { rows, .. } => format!("({rows} rows)"),
        };
        if self.terminal.is_terminal() {
            writeln!(out, "{footer}").map_err(output)?;
        }
        if self.timing {
            writeln!(out, "time: {:.3} ms", started.elapsed().as_secs_f64() * 1e3).map_err(output)?;
        }
        Ok(())
    }

    fn form(&self, format: Format) -> Form {
        Form { format, expanded: self.expanded, style: self.terminal.style() }
    }

    async fn print_to_screen(&mut self, text: &str) -> Result<Printed> {
        let form = self.form(Format::Table);
        let mut screen = Screen::new(self.terminal.size.map(|(_, height)| height));
        let mut printed = run::statement(&self.lake.engine, &mut self.session, text, form, &mut screen).await;
        // Quitting the pager is no error, and no reason to read on.
        if printed.as_ref().is_err_and(is_broken_pipe) && self.terminal.is_terminal() {
            printed = Ok(Printed { rows: 0, columns: 0 });
        }
        screen.finish().map_err(output)?;
        printed
    }

    async fn print_to_file(&mut self, text: &str, path: &Path, format: Format) -> Result<Printed> {
        let form = Form { style: print::Style { width: None, colour: false }, ..self.form(format) };
        if format.is_binary() {
            let (target, file) = Target::create(path)?;
            let printed = run::statement(&self.lake.engine, &mut self.session, text, form, file).await?;
            if printed.columns > 0 {
                target.keep()?;
                self.target = None;
                tell(&format!("wrote {}, which holds one result; results go to the screen again", path.display()));
            }
            return Ok(printed);
        }
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|error| Error::invalid(format!("cannot write '{}': {error}", path.display())))?;
        run::statement(&self.lake.engine, &mut self.session, text, form, BufWriter::new(file)).await
    }

    async fn meta(&mut self, meta: Meta, depth: usize) -> Result<()> {
        match meta {
            Meta::Quit => self.quit = true,
            Meta::Timing => {
                self.timing = !self.timing;
                tell(if self.timing { "timing is on" } else { "timing is off" });
            }
            Meta::Expanded => {
                self.expanded = !self.expanded;
                tell(if self.expanded { "one value on a line" } else { "tables" });
            }
            Meta::Help => self.show(meta::help().as_bytes())?,
            Meta::Databases => {
                let text = describe::databases(self.lake.catalog.as_ref(), self.terminal.style()).await?;
                self.show(&text)?;
            }
            Meta::Describe(name) => {
                let catalog = self.lake.catalog.as_ref();
                let text = describe::named(catalog, &self.session.database, name.as_deref(), self.terminal.style()).await?;
                self.show(&text)?;
            }
            Meta::Output(None) => self.target = None,
            Meta::Output(Some(path)) => self.target = Some(begin_file(path)?),
            Meta::Include(path) => self.include(&path, depth).await?,
            Meta::Timeout(limit) => self.session.timeout = limit,
            Meta::Watch(pause) => self.watch(pause).await?,
        }
        Ok(())
    }

    async fn include(&mut self, path: &Path, depth: usize) -> Result<()> {
        if depth >= DEEPEST_INCLUDE {
            return Err(Error::invalid(format!(
                "\\i {}: files include each other more than {DEEPEST_INCLUDE} deep",
                path.display()
            )));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::invalid(format!("cannot read '{}': {error}", path.display())))?;
        // The caret of the text above would stand at a place of another file, so the place becomes words.
        Box::pin(self.script(&text, depth + 1)).await.map_err(|error| match error.position() {
            Some(at) => Error::new(error.kind(), format!("{}:{}:{}: {}", path.display(), at.line, at.column, error.message())),
            None => error.within(path.display()),
        })
    }

    /// Runs the last statement until Ctrl-C, which is its proper end.
    async fn watch(&mut self, pause: Duration) -> Result<()> {
        let Some(text) = self.last.clone() else {
            return Err(Error::invalid("\\watch runs the last statement again; there is none yet"));
        };
        // One listener for all of it: Ctrl-C may come between two statements too.
        let mut stop = pin!(interrupted());
        loop {
            tokio::select! {
                biased;
                _ = &mut stop => break,
                outcome = self.statement(&text) => outcome?,
            }
            tokio::select! {
                _ = &mut stop => break,
                () = tokio::time::sleep(pause) => {}
            }
        }
        tell("");
        Ok(())
    }

    fn show(&self, text: &[u8]) -> Result<()> {
        let mut screen = Screen::new(self.terminal.size.map(|(_, height)| height));
        screen.write_all(text).and_then(|()| screen.finish()).or_else(|error| match error.kind() {
            std::io::ErrorKind::BrokenPipe if self.terminal.is_terminal() => Ok(()),
            _ => Err(output(error)),
        })
    }
}

/// `\o FILE`: text files are begun anew here and then grow with every result.
fn begin_file(path: PathBuf) -> Result<(PathBuf, Format)> {
    let format = Format::of(&path)?;
    if !format.is_binary() {
        std::fs::File::create(&path).map_err(|error| Error::invalid(format!("cannot write '{}': {error}", path.display())))?;
    }
    Ok((path, format))
}

fn report(error: &Error, text: &str) {
    if error.kind() == ErrorKind::Cancelled {
        // The terminal has put `^C` there.
        tell("");
    }
    tell(&print::describe(error, Some(text), Terminal::of_stderr().colour));
}

/// One message on standard error. A terminal that is gone hears nothing.
fn tell(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}
