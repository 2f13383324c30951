//! One statement from its text to its printed rows: what `query`, the shell and `demo` share.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use catalog::{Error, Result};
use engine::export::Export;
use engine::{Engine, Session};
use futures::StreamExt;

use crate::open::interrupted;
use crate::print::{Form, output};
use crate::progress::{reads_of, watched};

/// What a statement gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Printed {
    pub(crate) rows: u64,
    /// 0 for a statement that answers nothing, such as `CREATE DATABASE`.
    pub(crate) columns: usize,
}

/// Runs `text` and writes its rows to `out`. Ctrl-C drops the statement, which cancels it, and is the error `Cancelled`.
pub(crate) async fn statement(
    engine: &Engine,
    session: &mut Session,
    text: &str,
    form: Form,
    out: impl Write + Send,
) -> Result<Printed> {
    tokio::select! {
        biased;
        error = interrupted() => Err(error),
        printed = uninterrupted(engine, session, text, form, out) => printed,
    }
}

async fn uninterrupted(
    engine: &Engine,
    session: &mut Session,
    text: &str,
    form: Form,
    out: impl Write + Send,
) -> Result<Printed> {
    let (started, reads) = (Instant::now(), reads_of(engine.storage()));
    let mut answer = watched(started, &reads, engine.run(session, text)).await?;
    let mut printed = Printed { rows: 0, columns: answer.columns.len() };
    if answer.columns.is_empty() {
        while let Some(batch) = watched(started, &reads, answer.rows.next()).await {
            batch?;
        }
        return Ok(printed);
    }
    let names: Vec<String> = answer.columns.iter().map(|column| column.name.clone()).collect();
    let mut export: Box<dyn Export + '_> = form.begin(&names, &answer.schema(), out)?;
    while let Some(batch) = watched(started, &reads, answer.rows.next()).await {
        let batch = batch?;
        printed.rows += batch.num_rows() as u64;
        export.write(&batch)?;
    }
    export.finish()?;
    Ok(printed)
}

/// Where a result goes that is to be a file: beside the file until it is complete, so that a failure leaves what was there.
pub(crate) struct Target {
    path: PathBuf,
    /// `None` for what cannot be replaced by renaming, such as `/dev/stdout`.
    temporary: Option<PathBuf>,
}

impl Target {
    /// Errors: `InvalidInput` with the file's name, if it cannot be written.
    pub(crate) fn create(path: &Path) -> Result<(Self, std::io::BufWriter<std::fs::File>)> {
        let replaceable = std::fs::metadata(path).map_or(true, |there| there.is_file());
        let temporary = replaceable.then(|| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            path.with_file_name(format!(".{name}.{}.part", std::process::id()))
        });
        let target = Self { path: path.to_path_buf(), temporary };
        let written = target.temporary.as_deref().unwrap_or(path);
        match std::fs::File::create(written) {
            Ok(file) => Ok((target, std::io::BufWriter::new(file))),
            Err(error) => Err(Error::invalid(format!("cannot write '{}': {error}", path.display())).caused_by(error)),
        }
    }

    /// Puts the complete file in its place.
    pub(crate) fn keep(mut self) -> Result<()> {
        match self.temporary.take() {
            Some(temporary) => std::fs::rename(temporary, &self.path).map_err(output),
            None => Ok(()),
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            let _ = std::fs::remove_file(temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_when_it_is_complete_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        std::fs::write(&path, "old").unwrap();
        let (target, mut file) = Target::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop((target, file));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        let (target, mut file) = Target::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        file.flush().unwrap();
        target.keep().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(Target::create(&folder.path().join("none/x")).err().unwrap().message().contains("none/x"));
    }
}
