//! Parquet files whose schema is not the table's.

use ::parquet::arrow::ArrowWriter;
use datafusion::arrow::array::{Array, ArrayRef, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field};

use super::*;

fn file(columns: Vec<(&str, ArrayRef)>) -> Bytes {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let mut writer = ArrowWriter::try_new(vec![], batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap().into()
}

impl Lake {
    pub(super) async fn put_parquet(&self, at: &str, columns: Vec<(&str, ArrayRef)>) {
        self.engine.storage().put(&Location::parse(at).unwrap(), file(columns)).await.unwrap();
    }

    pub(super) async fn parquet_table(&mut self, name: &str, columns: &str) {
        let sql = format!("CREATE EXTERNAL TABLE {name} ({columns}) STORED AS PARQUET LOCATION 's3://lake/{name}/'");
        self.run(&sql).await.unwrap();
    }
}

#[tokio::test]
async fn a_value_that_does_not_fit_names_file_and_column() {
    let mut lake = Lake::new().await;
    lake.put_parquet("s3://lake/t/a.parquet", vec![("x", Arc::new(Int64Array::from(vec![1, 2])))]).await;
    lake.put_parquet("s3://lake/t/b.parquet", vec![("X", Arc::new(Int64Array::from(vec![3, 3_000_000_000])))]).await;
    lake.parquet_table("t", "x int").await;
    // In the projection, and in a filter that the reader evaluates while it reads.
    for sql in ["SELECT sum(x) FROM t", "SELECT count(*) FROM t WHERE x > 0"] {
        let error = lake.run(sql).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData, "{sql}: {error}");
        assert_eq!(error.message(), "s3://lake/t/b.parquet: expected int for column 'x', found 3000000000", "{sql}");
    }
    assert_eq!(lake.run("SELECT max(x) FROM t WHERE \"$path\" LIKE '%a.parquet' AND x > 1").await.unwrap(), ["2"]);
}

#[tokio::test]
async fn a_type_that_does_not_fit_names_file_and_column() {
    let mut lake = Lake::new().await;
    lake.put_parquet(
        "s3://lake/t/a.parquet",
        vec![("x", Arc::new(Int64Array::from(vec![1]))), ("y", Arc::new(Int64Array::from(vec![1])))],
    )
    .await;
    lake.parquet_table("t", "x boolean, y bigint").await;
    let error = lake.run("SELECT x FROM t").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
    assert_eq!(error.message(), "s3://lake/t/a.parquet: expected boolean for column 'x', found bigint in the file");
    assert_eq!(lake.run("SELECT y FROM t").await.unwrap(), ["1"], "a column that nobody reads is not looked at");
}

#[tokio::test]
async fn a_damaged_file_is_named() {
    let mut lake = Lake::new().await;
    lake.put("s3://lake/t/a.parquet", "text that somebody called a Parquet file").await;
    lake.parquet_table("t", "x int").await;
    let error = lake.run("SELECT x FROM t").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
    assert!(error.message().starts_with("s3://lake/t/a.parquet: "), "{error}");
}

/// `s struct<ID,Items: array<struct<Price,Name>>>` in mixed case, two rows.
fn orders() -> ArrayRef {
    let prices: ArrayRef = Arc::new(Int32Array::from(vec![5, 7, 9]));
    let names: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
    let items: ArrayRef = Arc::new(StructArray::from(vec![
        (Arc::new(Field::new("Price", DataType::Int32, true)), prices),
        (Arc::new(Field::new("Name", DataType::Utf8, true)), names),
    ]));
    let item = Arc::new(Field::new("element", items.data_type().clone(), true));
    let items: ArrayRef = Arc::new(ListArray::new(item, OffsetBuffer::from_lengths([2, 1]), items, None));
    Arc::new(StructArray::from(vec![
        (Arc::new(Field::new("ID", DataType::Int64, true)), Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
        (Arc::new(Field::new("Items", items.data_type().clone(), true)), items),
    ]))
}

#[tokio::test]
async fn members_of_structs_are_found_by_name_without_regard_to_case() {
    let mut lake = Lake::new().await;
    lake.put_parquet("s3://lake/t/a.parquet", vec![("S", orders())]).await;
    lake.parquet_table("t", "s struct<items:array<struct<name:string,gone:int,price:bigint>>,id:int>").await;
    for (sql, rows) in [
        ("SELECT s.id FROM t ORDER BY 1", vec!["1", "2"]),
        ("SELECT s.items[2]['price'] FROM t WHERE s.id = 1", vec!["7"]),
        ("SELECT s.items[1]['name'] FROM t WHERE s.id > 1", vec!["c"]),
        ("SELECT count(*) FROM t WHERE s.items[1]['gone'] IS NULL", vec!["2"]),
        ("SELECT count(*) FROM t WHERE s.id > 7", vec!["0"]),
        ("SELECT count(*) FROM t WHERE s.id IN (2, 3)", vec!["1"]),
    ] {
        assert_eq!(lake.run(sql).await.unwrap(), rows, "{sql}");
    }
}

#[tokio::test]
async fn texts_are_cut_to_their_declared_length() {
    let mut lake = Lake::new().await;
    let texts = || Arc::new(StringArray::from(vec![Some("abcdef"), Some("ab "), None])) as ArrayRef;
    lake.put_parquet("s3://lake/p/a.parquet", vec![("v", texts()), ("c", texts())]).await;
    lake.parquet_table("p", "v varchar(3), c char(3)").await;
    lake.put("s3://lake/j/a.json", "{\"v\":\"abcdef\",\"c\":\"abcdef\"}{\"v\":\"ab \",\"c\":\"ab \"}{}").await;
    lake.run(
        "CREATE EXTERNAL TABLE j (v varchar(3), c char(3)) \
         ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/j/'",
    )
    .await
    .unwrap();
    for table in ["p", "j"] {
        let all = format!("SELECT v, c FROM {table} ORDER BY v DESC");
        assert_eq!(lake.run(&all).await.unwrap(), ["abc|abc", "ab |ab", "NULL|NULL"], "{table}");
        // Also where the reader filters by itself, and where statistics know only the longer values.
        let filtered = format!("SELECT count(*), max(v || c) FROM {table} WHERE v = 'abc' AND c <= 'abc'");
        assert_eq!(lake.run(&filtered).await.unwrap(), ["1|abcabc"], "{table}");
    }
    let joined = "SELECT count(*) FROM p JOIN j ON p.v = j.v AND p.c = j.c";
    assert_eq!(lake.run(joined).await.unwrap(), ["2"]);
    let united = "SELECT count(DISTINCT v) FROM (SELECT v FROM p UNION ALL SELECT v FROM j UNION ALL SELECT 'abc')";
    assert_eq!(lake.run(united).await.unwrap(), ["2"]);
}
