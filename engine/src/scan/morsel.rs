//! A [`FileOpener`] as DataFusion's `Morselizer`: every open is one morsel. DataFusion has the same adapter, private to its
//! trait's default method, which an implementation that sometimes delegates cannot call.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::FileOpener;
use datafusion_datasource::morsel::{Morsel, MorselPlan, MorselPlanner, Morselizer};
use futures::FutureExt;
use futures::stream::BoxStream;

pub(crate) struct Opens(pub(crate) Arc<dyn FileOpener>);

impl fmt::Debug for Opens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opens")
    }
}

impl Morselizer for Opens {
    fn plan_file(&self, file: PartitionedFile) -> Result<Box<dyn MorselPlanner>> {
        Ok(Box::new(Stage::Closed(Arc::clone(&self.0), Box::new(file))))
    }
}

/// How far one file is.
enum Stage {
    Closed(Arc<dyn FileOpener>, Box<PartitionedFile>),
    Open(BoxStream<'static, Result<RecordBatch>>),
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed(..) => "Closed",
            Self::Open(_) => "Open",
        })
    }
}

impl MorselPlanner for Stage {
    fn plan(self: Box<Self>) -> Result<Option<MorselPlan>> {
        Ok(Some(match *self {
            Self::Closed(opener, file) => {
                let opening = async move { Ok(Box::new(Self::Open(opener.open(*file)?.await?)) as Box<dyn MorselPlanner>) };
                MorselPlan::new().with_pending_planner(opening.boxed())
            }
            Self::Open(batches) => MorselPlan::new().with_morsels(vec![Box::new(Batches(batches))]),
        }))
    }
}

struct Batches(BoxStream<'static, Result<RecordBatch>>);

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Batches")
    }
}

impl Morsel for Batches {
    fn into_stream(self: Box<Self>) -> BoxStream<'static, Result<RecordBatch>> {
        self.0
    }
}
