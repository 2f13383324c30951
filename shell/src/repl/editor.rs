//! The line editor, on a thread of its own because it blocks: history, completion, colours, and statements of many lines.

use std::borrow::Cow;
use std::path::PathBuf;

use catalog::{Error, Result};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Behavior, CompletionType, Config, Context, Editor, Helper};
use tokio::sync::{mpsc, oneshot};

use super::script::is_complete;
use crate::complete::candidates;
use crate::highlight::colour;
use crate::names::CatalogNames;

/// What the editor gave back.
#[derive(Debug)]
pub(crate) enum Input {
    /// Statements that are all closed, or a backslash command.
    Text(String),
    /// Ctrl-C: what was typed is thrown away.
    Interrupted,
    /// Ctrl-D.
    End,
}

/// The thread's other end.
pub(crate) struct Lines {
    prompts: mpsc::UnboundedSender<(String, oneshot::Sender<Result<Input>>)>,
}

impl Lines {
    /// Starts the thread; `history` need not exist yet.
    pub(crate) fn start(names: CatalogNames, history: PathBuf, colour: bool) -> Result<Self> {
        let (prompts, asked) = mpsc::unbounded_channel();
        std::thread::Builder::new()
            .name("editor".to_owned())
            .spawn(move || edit(names, history, colour, asked))
            .map_err(|error| Error::internal(format!("cannot start the editor's thread: {error}")))?;
        Ok(Self { prompts })
    }

    pub(crate) async fn next(&self, prompt: String) -> Result<Input> {
        let (sender, receiver) = oneshot::channel();
        let gone = || Error::internal("the line editor stopped");
        self.prompts.send((prompt, sender)).map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }
}

type Asked = mpsc::UnboundedReceiver<(String, oneshot::Sender<Result<Input>>)>;

fn edit(names: CatalogNames, history: PathBuf, colour: bool, mut asked: Asked) {
    let mut editor = open(names, &history, colour);
    while let Some((prompt, answer)) = asked.blocking_recv() {
        let input = match &mut editor {
            Ok(editor) => read(editor, &prompt, &history),
            Err(error) => Err(Error::internal(format!("cannot open the terminal: {error}"))),
        };
        // Nobody waits any more only when the shell ends.
        let _ = answer.send(input);
    }
}

fn open(names: CatalogNames, history: &PathBuf, colour: bool) -> rustyline::Result<Editor<Typing, DefaultHistory>> {
    let config = Config::builder()
        .max_history_size(10_000)?
        .history_ignore_space(true)
        .completion_type(CompletionType::List)
        .behavior(Behavior::PreferTerm)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Typing { names, colour }));
    if history.exists()
        && let Err(error) = editor.load_history(history)
    {
        tracing::warn!("cannot read the history {}: {error}", history.display());
    }
    Ok(editor)
}

fn read(editor: &mut Editor<Typing, DefaultHistory>, prompt: &str, history: &PathBuf) -> Result<Input> {
    match editor.readline(prompt) {
        Ok(text) => {
            let saved =
                editor.add_history_entry(text.as_str()).and_then(|new| if new { editor.append_history(history) } else { Ok(()) });
            if let Err(error) = saved {
                tracing::warn!("cannot write the history {}: {error}", history.display());
            }
            Ok(Input::Text(text))
        }
        Err(ReadlineError::Interrupted) => Ok(Input::Interrupted),
        Err(ReadlineError::Eof) => Ok(Input::End),
        Err(ReadlineError::Signal(_)) => Ok(Input::Interrupted),
        Err(error) => Err(Error::internal(format!("cannot read from the terminal: {error}")).caused_by(error)),
    }
}

/// What rustyline asks while somebody types.
struct Typing {
    names: CatalogNames,
    colour: bool,
}

impl Helper for Typing {}

impl Hinter for Typing {
    type Hint = String;
}

impl Validator for Typing {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_complete(context.input()) { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Highlighter for Typing {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.colour && !line.starts_with('\\') { Cow::Owned(colour(line)) } else { Cow::Borrowed(line) }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.colour && kind != CmdKind::MoveCursor
    }
}

impl Completer for Typing {
    type Candidate = String;

    fn complete(&self, line: &str, cursor: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(candidates(line, cursor, &self.names))
    }
}
