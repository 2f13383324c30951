//! Tables whose partitions are computed.

use super::*;

async fn hours() -> Lake {
    let mut lake = Lake::new().await;
    for (at, sym) in [("2024/01/01/00", "a"), ("2024/01/01/01", "b"), ("2024/02/01/05", "c")] {
        lake.put(&format!("s3://lake/t/{at}/x.json"), &format!("{{\"sym\":\"{sym}\"}}")).await;
    }
    lake.run(
        "CREATE EXTERNAL TABLE t (sym string) PARTITIONED BY (datehour string) \
         ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/t/' TBLPROPERTIES ( \
         'projection.enabled' = 'true', 'projection.datehour.type' = 'date', 'projection.datehour.format' = 'yyyy/MM/dd/HH', \
         'projection.datehour.range' = '2023/01/01/00,NOW', 'projection.datehour.interval' = '1', \
         'projection.datehour.interval.unit' = 'HOURS', 'storage.location.template' = 's3://lake/t/${datehour}/')",
    )
    .await
    .unwrap();
    lake
}

#[tokio::test]
async fn partitions_are_computed_under_the_filters() {
    let mut lake = hours().await;
    assert_eq!(
        lake.run("SELECT sym, datehour FROM t ORDER BY 1").await.unwrap(),
        ["a|2024/01/01/00", "b|2024/01/01/01", "c|2024/02/01/05"]
    );
    let before = lake.engine.storage().requests();
    let one = "SELECT sym FROM t WHERE datehour >= '2024/01/01/01' AND datehour < '2024/01/01/03'";
    assert_eq!(lake.run(one).await.unwrap(), ["b"]);
    let after = lake.engine.storage().requests();
    // Two folders and Spark's log are listed, and one object is read.
    assert_eq!((after.list - before.list, after.get - before.get), (3, 1));
    assert_eq!(lake.run("SELECT count(*) FROM t WHERE substr(datehour, 12) = '05'").await.unwrap(), ["1"]);
    assert_eq!(lake.run("SELECT count(*) FROM t WHERE datehour = '2024/01/01/00' OR datehour = 'x'").await.unwrap(), ["1"]);
    assert_eq!(lake.run("SELECT count(*) FROM t WHERE datehour > '9'").await.unwrap(), ["0"]);
}

#[tokio::test]
async fn what_cannot_be_computed_is_refused() {
    let mut lake = Lake::new().await;
    lake.put("s3://lake/t/device=7/x.json", "{\"v\":1}").await;
    lake.run(
        "CREATE EXTERNAL TABLE t (v int) PARTITIONED BY (device string) \
         ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/t/' \
         TBLPROPERTIES ('projection.enabled' = 'true', 'projection.device.type' = 'injected')",
    )
    .await
    .unwrap();
    let error = lake.run("SELECT v FROM t").await.unwrap_err();
    assert!(error.message().contains("'device' is injected"), "{error}");
    assert_eq!(lake.run("SELECT v FROM t WHERE device IN ('7', '8')").await.unwrap(), ["1"]);
    lake.run("ALTER TABLE t SET TBLPROPERTIES ('projection.device.type' = 'integer')").await.unwrap();
    let error = lake.run("SELECT v FROM t WHERE device = '7'").await.unwrap_err();
    assert!(error.message().contains("'projection.device.range' is missing"), "{error}");
}
