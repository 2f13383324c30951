//! The screen of the shell: what fits is printed, what is longer goes through a pager, and neither waits for the end.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

/// A writer that starts the pager once more lines came than the screen has.
pub(crate) struct Screen {
    /// The lines of the screen; `None` where there is no terminal, and so no pager.
    height: Option<usize>,
    held: Vec<u8>,
    lines: usize,
    pager: Option<Child>,
}

impl Screen {
    pub(crate) fn new(height: Option<usize>) -> Self {
        Self { height, held: Vec::new(), lines: 0, pager: None }
    }

    /// Writes what is still held back, and waits until the reader of the pager has seen enough.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.pager.is_none() {
            let held = std::mem::take(&mut self.held);
            let mut out = io::stdout().lock();
            out.write_all(&held)?;
            return out.flush();
        }
        Ok(())
    }

    fn start(&mut self) -> io::Result<()> {
        self.height = None;
        let held = std::mem::take(&mut self.held);
        self.pager = pager();
        match self.pager.as_mut().and_then(|child| child.stdin.as_mut()) {
            Some(pipe) => pipe.write_all(&held),
            None => io::stdout().lock().write_all(&held),
        }
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(pipe) = self.pager.as_mut().and_then(|child| child.stdin.as_mut()) {
            return pipe.write(bytes);
        }
        let Some(height) = self.height else { return io::stdout().lock().write(bytes) };
        self.held.extend_from_slice(bytes);
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        if self.lines + 2 > height {
            self.start()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.pager.as_mut().and_then(|child| child.stdin.as_mut()) {
            Some(pipe) => pipe.flush(),
            None => io::stdout().lock().flush(),
        }
    }
}

impl Drop for Screen {
    /// The pager owns the terminal until it ends, also when the statement was cancelled.
    fn drop(&mut self) {
        if let Some(mut child) = self.pager.take() {
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

/// `$PAGER`, or `less` so that it cuts long lines, keeps colours, ends at once if all fits, and leaves the text on the screen.
/// `None` if neither starts.
fn pager() -> Option<Child> {
    let mut command = match std::env::var("PAGER").ok().filter(|text| !text.trim().is_empty()) {
        Some(text) => {
            let mut command = Command::new("sh");
            command.args(["-c", &text]);
            command
        }
        None => {
            let mut command = Command::new("less");
            command.arg("-SRFX");
            command
        }
    };
    command.stdin(Stdio::piped()).spawn().ok()
}
