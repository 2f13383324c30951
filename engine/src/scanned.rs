//! How much a running query has read: the counters of its scans, summed when somebody asks.

use std::sync::Arc;

use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;

/// The name under which every scan counts the bytes it reads, as DataFusion's own Parquet source does.
pub(crate) const BYTES_SCANNED: &str = "bytes_scanned";

/// The scans of one query. Cheap to clone; it outlives the query.
#[derive(Debug, Clone, Default)]
pub struct Scanned(Vec<Arc<dyn ExecutionPlan>>);

impl Scanned {
    pub(crate) fn of(plan: &Arc<dyn ExecutionPlan>) -> Self {
        let mut scans = Vec::new();
        collect(plan, &mut scans);
        Self(scans)
    }

    /// Bytes of objects read so far, as they are stored.
    pub fn bytes(&self) -> u64 {
        let of = |scan: &Arc<dyn ExecutionPlan>| Some(scan.metrics()?.sum_by_name(BYTES_SCANNED)?.as_usize() as u64);
        self.0.iter().filter_map(of).sum()
    }
}

fn collect(plan: &Arc<dyn ExecutionPlan>, scans: &mut Vec<Arc<dyn ExecutionPlan>>) {
    if plan.is::<DataSourceExec>() {
        scans.push(Arc::clone(plan));
    }
    for child in plan.children() {
        collect(child, scans);
    }
}
