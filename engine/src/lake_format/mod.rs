//! Tables of Delta, Iceberg and Hudi. A format only says what one query reads, the [`Snapshot`]: the columns, the files with what
//! the log knows of each, the rows that are deleted from them. It is pinned where the table's name is resolved; the one leaf of
//! [`crate::scan`] reads the files.
//!
//! A format has a module with `snapshot`, which reads as much of the log as the columns need, and a state with `files`, which
//! reads the rest with the query's filters at hand. It is asked once for each scan of the table, always of the same state.

mod deletion_vector;
mod delta;
mod hudi;
pub(crate) mod iceberg;
mod place;
mod pruning;

use std::collections::HashSet;
use std::sync::Arc;

use catalog::Result;
use catalog::format::TableFormat;
use catalog::storage::{Location, Storage};
use catalog::table::Table;
use chrono::{DateTime, Utc};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::FieldRef;

pub(crate) use place::Place;
pub(crate) use pruning::{Bounds, ColumnBounds, Pruning};

use crate::scan::snapshot::LakeFile;

/// The state of a table that a query asks for, where it asks for one: `FOR VERSION AS OF`, `FOR TIMESTAMP AS OF`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum AsOf {
    /// Delta's version, Iceberg's snapshot.
    Version(i64),
    /// A name that the format gives to states: Iceberg's branches and tags.
    Name(String),
    /// What was the newest state then.
    Time(DateTime<Utc>),
}

/// Where a table is and which of its states is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) storage: &'a Storage,
    pub(crate) table: &'a Table,
    /// The table's folder.
    pub(crate) root: &'a Location,
    pub(crate) as_of: Option<&'a AsOf>,
}

/// What a query sees of a table.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// All columns, in the table's order, with the types that queries see.
    pub(crate) columns: Vec<FieldRef>,
    /// Those of them that files do not hold, since the log says their value for each file: indices into `columns`, in the order of
    /// [`LakeFile::keys`].
    pub(crate) keys: Vec<usize>,
    /// Where the other columns are found in files, one for each, in order. `None`: by their names.
    pub(crate) places: Option<Arc<[Place]>>,
    state: State,
}

#[derive(Debug)]
enum State {
    Delta(delta::Delta),
    Iceberg(iceberg::Iceberg),
    Hudi(hudi::Slices),
}

/// The rows of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) files: Vec<LakeFile>,
    /// Rows that are in no file as they are: with all columns of the snapshot.
    pub(crate) rows: Vec<RecordBatch>,
}

/// Reads what the columns of a table of `format` need of its log.
///
/// Errors: `NotSupported` naming format, version and feature, `BadData` naming the file that cannot be understood, `InvalidInput`
/// for a state that there is not, and those of reading.
pub(crate) async fn snapshot(format: TableFormat, asked: Asked<'_>) -> Result<Snapshot> {
    let read = match format {
        TableFormat::Delta => delta::snapshot(asked).await,
        TableFormat::Hudi => hudi::snapshot(asked).await,
        TableFormat::Iceberg => iceberg::snapshot(asked).await,
    };
    read.map_err(|error| error.within(format!("{} table at {}", format.name(), asked.root)))
}

/// Columns with names of their own: where several differ by the case of letters alone, which SQL does not tell, all but the first
/// keep the name that is written.
fn distinct(columns: Vec<(&str, FieldRef)>) -> Vec<FieldRef> {
    let mut seen = HashSet::new();
    let mut named = |(written, column): (&str, FieldRef)| match seen.insert(column.name().clone()) {
        true => column,
        false => Arc::new(column.as_ref().clone().with_name(written)),
    };
    columns.into_iter().map(&mut named).collect()
}

impl Snapshot {
    /// The files, without those that `pruning` can tell to hold no row that the query's filters leave.
    ///
    /// Errors: as [`snapshot`].
    pub(crate) async fn files(&self, storage: &Storage, pruning: &Pruning<'_>) -> Result<Files> {
        match &self.state {
            State::Delta(delta) => delta.files(storage, pruning).await,
            State::Iceberg(iceberg) => iceberg.files(storage, pruning).await,
            State::Hudi(slices) => slices.files(storage, pruning).await,
        }
    }
}
