//! Queries that need more memory than they may take.

use ::parquet::arrow::ArrowWriter;
use ::parquet::file::properties::WriterProperties;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::{ExecutionPlan, displayable};

use super::*;

/// Less than the table has, and enough for the sorts of a join, of which each takes its share.
const TIGHT: usize = 12 << 20;
const ROWS: i64 = 600_000;

/// `t (k bigint, v bigint)` of some 10 MB in an engine with `memory` bytes.
async fn lake(memory: usize, spill_limit: u64) -> Lake {
    let mut lake = Lake::with(|settings| {
        settings.memory = Some(memory);
        settings.spill_limit = Some(spill_limit);
    })
    .await;
    let keys: Vec<i64> = (0..ROWS).map(|row| row * 7_919 % ROWS).collect();
    let scattered = keys.iter().map(|key| key.wrapping_mul(0x1E37_79B9_7F4A_7C15));
    let columns: [(&str, ArrayRef); 2] =
        [("v", Arc::new(Int64Array::from_iter_values(scattered))), ("k", Arc::new(Int64Array::from(keys)))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    // Batches are accounted with all of the pages that they are from, so pages are small.
    let pages = WriterProperties::builder().set_dictionary_enabled(false).set_data_page_size_limit(64 << 10).build();
    let mut writer = ArrowWriter::try_new(vec![], batch.schema(), Some(pages)).unwrap();
    writer.write(&batch).unwrap();
    let file = Bytes::from(writer.into_inner().unwrap());
    lake.engine.storage().put(&Location::parse("s3://lake/t/a.parquet").unwrap(), file).await.unwrap();
    lake.run("CREATE EXTERNAL TABLE t (k bigint, v bigint) STORED AS PARQUET LOCATION 's3://lake/t/'").await.unwrap();
    lake
}

impl Lake {
    fn spilled(&self) -> usize {
        files_below(&self._folder.path().join("spill"))
    }

    /// Whether `sql` spills when it runs.
    async fn spills(&mut self, sql: &str) -> bool {
        let plan = self.run(&format!("EXPLAIN ANALYZE {sql}")).await.unwrap().join("\n");
        let counts = plan.split("spill_count=").skip(1);
        counts.into_iter().any(|rest| !rest.starts_with('0'))
    }
}

const SORT: &str = "SELECT sum(n), max(v) FROM (SELECT v, row_number() OVER (ORDER BY v) AS n FROM t)";
const GROUP: &str = "SELECT count(*), sum(c) FROM (SELECT v, count(*) AS c FROM t GROUP BY v)";
const JOIN: &str = "SELECT count(*), sum(a.k), max(b.v) FROM t a JOIN t b ON a.v = b.v";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sorts_and_aggregations_spill_and_leave_no_files() {
    let mut roomy = lake(512 << 20, 1 << 30).await;
    let mut tight = lake(TIGHT, 1 << 30).await;
    for sql in [SORT, GROUP] {
        assert!(!roomy.spills(sql).await, "{sql}");
        assert!(tight.spills(sql).await, "{sql}");
        assert_eq!(tight.run(sql).await.unwrap(), roomy.run(sql).await.unwrap(), "{sql}");
        tight.freed().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_that_outgrows_the_memory_is_planned_again_and_right() {
    let mut roomy = lake(512 << 20, 1 << 30).await;
    let mut tight = lake(TIGHT, 1 << 30).await;
    let sql::Statement::Query(query) = sql::parse(JOIN).unwrap() else { panic!() };
    let hashed = tight.engine.physical_plan(&tight.session, &query).await.unwrap();
    assert!(has_hash_join(&hashed), "{}", displayable(hashed.as_ref()).indent(false));
    // As planned first it does not fit: EXPLAIN ANALYZE runs the plan that it shows.
    let error = tight.run(&format!("EXPLAIN ANALYZE {JOIN}")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MemoryExceeded, "{error}");
    assert_eq!(tight.run(JOIN).await.unwrap(), roomy.run(JOIN).await.unwrap());
    tight.freed().await;
}

fn has_hash_join(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.is::<HashJoinExec>() || plan.children().into_iter().any(has_hash_join)
}

/// Rows were handed out already when the second join of a UNION ALL fails: that is an error, and never half an answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_that_ends_after_the_first_rows_is_an_error() {
    let mut tight = lake(TIGHT, 1 << 30).await;
    let late = format!("SELECT k, 0, v FROM t WHERE k < 100 UNION ALL {JOIN}");
    let mut answer = tight.engine.run(&mut tight.session, &late).await.unwrap();
    let first = answer.rows.try_next().await.unwrap();
    assert!(first.is_some_and(|batch| batch.num_rows() > 0));
    let error = answer.rows.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MemoryExceeded, "{error}");
    tight.freed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_spill_too_much_fails_and_names_the_limit() {
    let mut lake = lake(TIGHT, 1 << 20).await;
    let error = lake.run(SORT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    for part in ["--spill-limit", "1024.0 KB"] {
        assert!(error.message().contains(part), "{error} should name {part}");
    }
    lake.freed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_query_leaves_no_spill_files() {
    let mut lake = lake(TIGHT, 1 << 30).await;
    let sorted = format!("{SORT} UNION ALL {SORT} UNION ALL {SORT}");
    let (engine, mut session) = (lake.engine.clone(), lake.session.clone());
    let running = tokio::spawn(async move { engine.run(&mut session, &sorted).await.map(drop) });
    while lake.spilled() == 0 {
        assert!(!running.is_finished(), "it was done before it spilled");
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    lake.freed().await;
    assert_eq!(lake.run("SELECT count(*) FROM t").await.unwrap(), [ROWS.to_string()]);
}

/// A nested-loop join whose build side is large: the other one is thought to have a row per byte.
async fn nested(memory: usize) -> Lake {
    let mut lake = lake(memory, 1 << 30).await;
    let blanks = " ".repeat(300);
    let lines: String = (0..3000).map(|x| format!("{{\"x\":{}{blanks}}}\n", x % 3)).collect();
    for part in ["a", "b", "c", "d"] {
        lake.put(&format!("s3://lake/u/{part}.json"), &lines).await;
    }
    lake.run(
        "CREATE EXTERNAL TABLE u (x bigint) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/u/' \
         TBLPROPERTIES ('averageRecordSize' = '1')",
    )
    .await
    .unwrap();
    lake
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nested_loop_joins_spill_or_fail_and_are_never_wrong() {
    let mut roomy = nested(512 << 20).await;
    let mut tight = nested(3 << 20).await;
    let few = "(SELECT DISTINCT x FROM u) s";
    // What DataFusion would execute twice: a scan, which has given its files away by then, and a repartitioning, which panics.
    for build in ["t", "(SELECT max(k) AS k, v FROM t GROUP BY v) t"] {
        let sql = format!("SELECT count(*), sum(t.k) FROM {build} JOIN {few} ON t.k + s.x < 2");
        let plan = tight.run(&format!("EXPLAIN {sql}")).await.unwrap().join("\n");
        assert!(plan.contains("NestedLoopJoinExec: join_type=Inner, filter=$add(k@0"), "the large side is built: {plan}");
        assert!(tight.spills(&sql).await, "{sql}");
        assert_eq!(tight.run(&sql).await.unwrap(), roomy.run(&sql).await.unwrap(), "{sql}");
    }
    let outer = format!("SELECT count(*), sum(t.k) FROM t LEFT JOIN {few} ON t.k + s.x < 2");
    assert_eq!(roomy.run(&outer).await.unwrap(), ["600001|179999700000"]);
    let error = tight.run(&outer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MemoryExceeded, "{error}");
    tight.freed().await;
}
