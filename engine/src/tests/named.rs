//! Queries whose tables have fewer columns than the catalog says, and those that mean columns without naming them.

use datafusion::arrow::array::Int64Array;

use super::*;

async fn lake() -> Lake {
    let mut lake = Lake::new().await;
    for (table, first) in [("t", 1), ("u", 2)] {
        let column = |add: i64| Arc::new(Int64Array::from(vec![first + add, first + 1 + add])) as _;
        let columns = vec![("a", column(0)), ("b", column(10)), ("other", column(100))];
        lake.put_parquet(&format!("s3://lake/{table}/x.parquet"), columns).await;
        lake.parquet_table(table, "a bigint, b bigint, other bigint").await;
    }
    lake.run("CREATE VIEW v AS SELECT b + 1 AS c, other FROM t").await.unwrap();
    lake
}

#[tokio::test]
async fn every_column_that_a_query_means_is_there() {
    let mut lake = lake().await;
    for (sql, expected) in [
        ("SELECT OTHER FROM t ORDER BY \"B\" DESC", vec!["102", "101"]),
        ("SELECT count(*) FROM t", vec!["2"]),
        ("SELECT 1 FROM t LIMIT 1", vec!["1"]),
        ("SELECT \"$path\" FROM t WHERE a = 1", vec!["s3://lake/t/x.parquet"]),
        ("SELECT * FROM t ORDER BY 1", vec!["1|11|101", "2|12|102"]),
        ("TABLE t ORDER BY 1 LIMIT 1", vec!["1|11|101"]),
        ("SELECT t.*, 5 FROM t ORDER BY other LIMIT 1", vec!["1|11|101|5"]),
        ("SELECT (SELECT max(z) FROM u AS x (w, y, z))", vec!["103"]),
        ("SELECT t.b, u.b FROM t JOIN u USING (a)", vec!["12|12"]),
        ("SELECT t.b FROM t WHERE EXISTS (SELECT * FROM u WHERE u.other = t.other)", vec!["12"]),
        ("SELECT c FROM v ORDER BY c", vec!["12", "13"]),
        (
            "WITH w (x, y) AS (SELECT a, b FROM t) SELECT y FROM w UNION ALL SELECT other FROM t ORDER BY 1",
            vec!["11", "12", "101", "102"],
        ),
        ("SELECT count(*) FROM (SELECT b FROM t WHERE a > 1) AS s (x)", vec!["1"]),
        (
            "SELECT b, m FROM t MATCH_RECOGNIZE (ORDER BY a MEASURES x.a AS m ALL ROWS PER MATCH PATTERN (x) DEFINE x AS x.a > 1)",
            vec!["12|2"],
        ),
    ] {
        assert_eq!(lake.run(sql).await.unwrap(), expected, "{sql}");
    }
    let error = lake.run("SELECT b FROM t, u").await.unwrap_err();
    assert_eq!(error.message(), "column 'b' is ambiguous");
}

#[tokio::test]
async fn a_long_list_is_planned_as_a_short_one() {
    let mut lake = lake().await;
    let long = |item: fn(usize) -> String| (0..40).map(item).collect::<Vec<_>>().join(", ");
    let sums = long(|at| format!("a + {at} AS \"S{at}\""));
    let first = format!("SELECT * FROM (SELECT {sums} FROM t WHERE b = 12 LIMIT 5)");
    assert_eq!(lake.run(&first).await.unwrap(), [(2..42).map(|value| value.to_string()).collect::<Vec<_>>().join("|")]);
    for (items, rows) in [
        (long(|_| "t.a".to_string()), "2"),
        (long(|at| format!("max(a) + {at} - {at}")), "2"),
        (long(|_| "count(*) OVER (ORDER BY b)".to_string()), "1"),
        (long(|_| "(SELECT min(u.a) FROM u WHERE u.b = t.b)".to_string()), "2"),
    ] {
        let expected = vec![rows; 40].join("|");
        assert_eq!(lake.run(&format!("SELECT {items} FROM t WHERE b = 12")).await.unwrap(), [expected], "{items}");
    }
    let query = format!("SELECT {sums}, missing FROM t");
    let error = lake.run(&query).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ColumnNotFound, "{error}");
    let answer = lake.engine.run(&mut lake.session, &format!("SELECT {sums}, 1, t.B FROM t")).await.unwrap();
    let names: Vec<_> = answer.columns.iter().skip(38).map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["S38", "S39", "_col40", "B"]);
}
