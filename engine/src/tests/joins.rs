//! Which side of a join is held in memory.

use datafusion::arrow::array::{ArrayRef, Int64Array};

use super::*;

/// The footers say how many rows there are and of how many keys, so that the second join, too, knows that what comes to it is large.
#[tokio::test]
async fn joins_hold_their_small_sides() {
    let mut lake = Lake::new().await;
    let keys = |count: i64, of: i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values((0..count).map(|row| row % of))) };
    lake.put_parquet("s3://lake/fact/fact.parquet", vec![("a", keys(20_000, 10)), ("b", keys(20_000, 7))]).await;
    lake.parquet_table("fact", "a bigint, b bigint").await;
    for (name, rows) in [("a", 10), ("b", 7)] {
        lake.put_parquet(&format!("s3://lake/{name}/{name}.parquet"), vec![("id", keys(rows, rows))]).await;
        lake.parquet_table(name, "id bigint").await;
    }
    let query = "SELECT count(*) FROM fact JOIN a ON fact.a = a.id JOIN b ON fact.b = b.id";
    let plan = lake.run(&format!("EXPLAIN {query}")).await.unwrap().join("\n");
    let places = ["b.parquet", "a.parquet", "fact.parquet"].map(|file| plan.find(&format!("/{file}")).unwrap());
    assert!(places.is_sorted(), "{plan}");
    assert_eq!(lake.run(query).await.unwrap(), ["20000"]);
}
