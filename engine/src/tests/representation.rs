//! Every type through every kind of operator: what Arrow has no type for must stay what it is.

use super::*;

/// A type with two values in order and how they are printed.
struct Sample {
    name: &'static str,
    low: &'static str,
    high: &'static str,
    texts: [&'static str; 2],
    /// Whether values have an order.
    ordered: bool,
}

const fn sample(name: &'static str, low: &'static str, high: &'static str, texts: [&'static str; 2]) -> Sample {
    Sample { name, low, high, texts, ordered: true }
}

const SAMPLES: &[Sample] = &[
    sample("boolean", "false", "true", ["false", "true"]),
    sample("tinyint", "TINYINT '-1'", "TINYINT '2'", ["-1", "2"]),
    sample("smallint", "SMALLINT '-1'", "SMALLINT '2'", ["-1", "2"]),
    sample("integer", "-1", "2", ["-1", "2"]),
    sample("bigint", "BIGINT '-1'", "3000000000", ["-1", "3000000000"]),
    sample("real", "REAL '-1.5'", "REAL '2'", ["-1.5", "2.0"]),
    sample("double", "-1.5e0", "2e0", ["-1.5", "2.0"]),
    sample("decimal(4, 2)", "DECIMAL '-01.20'", "DECIMAL '12.34'", ["-1.20", "12.34"]),
    sample("number", "NUMBER '-12.5'", "NUMBER '1e60'", ["-12.5", "1E+60"]),
    sample("varchar", "'a'", "'bc'", ["a", "bc"]),
    sample("char(3)", "CAST('a' AS char(3))", "CAST('bc' AS char(3))", ["a  ", "bc "]),
    sample("varbinary", "X'01'", "X'02FF'", ["01", "02 ff"]),
    sample("date", "DATE '1969-12-31'", "DATE '2024-02-29'", ["1969-12-31", "2024-02-29"]),
    sample("time(3)", "TIME '01:02:03.004'", "TIME '23:59:59.999'", ["01:02:03.004", "23:59:59.999"]),
    sample(
        "time(12)",
        "TIME '01:02:03.000000000001'",
        "TIME '01:02:03.000000000002'",
        ["01:02:03.000000000001", "01:02:03.000000000002"],
    ),
    sample("time(0) with time zone", "TIME '01:02:03+01:00'", "TIME '01:02:03+02:00'", ["01:02:03+01:00", "01:02:03+02:00"]),
    sample(
        "timestamp(0)",
        "TIMESTAMP '1969-12-31 01:02:03'",
        "TIMESTAMP '2024-02-29 01:02:03'",
        ["1969-12-31 01:02:03", "2024-02-29 01:02:03"],
    ),
    sample(
        "timestamp(2)",
        "TIMESTAMP '1969-12-31 01:02:03.12'",
        "TIMESTAMP '2024-02-29 01:02:03.99'",
        ["1969-12-31 01:02:03.12", "2024-02-29 01:02:03.99"],
    ),
    sample(
        "timestamp(12)",
        "TIMESTAMP '1969-12-31 01:02:03.000000000001'",
        "TIMESTAMP '1969-12-31 01:02:03.000000000002'",
        ["1969-12-31 01:02:03.000000000001", "1969-12-31 01:02:03.000000000002"],
    ),
    sample(
        "timestamp(3) with time zone",
        "TIMESTAMP '2024-01-01 00:00:00.500 Europe/Berlin'",
        "TIMESTAMP '2024-01-01 00:00:00.500 UTC'",
        ["2024-01-01 00:00:00.500 Europe/Berlin", "2024-01-01 00:00:00.500 UTC"],
    ),
    sample(
        "timestamp(9) with time zone",
        "TIMESTAMP '2024-01-01 00:00:00.000000001 +01:00'",
        "TIMESTAMP '2024-01-01 00:00:00.000000002 +01:00'",
        ["2024-01-01 00:00:00.000000001 +01:00", "2024-01-01 00:00:00.000000002 +01:00"],
    ),
    sample("interval year to month", "INTERVAL '-1' MONTH", "INTERVAL '1-2' YEAR TO MONTH", ["-0-1", "1-2"]),
    sample(
        "interval day to second",
        "INTERVAL '-1' DAY",
        "INTERVAL '1 02:03:04.5' DAY TO SECOND",
        ["-1 00:00:00.000", "1 02:03:04.500"],
    ),
    sample("array(integer)", "ARRAY[1, 2]", "ARRAY[1, 3]", ["[1, 2]", "[1, 3]"]),
    sample("row(integer, varchar)", "ROW(1, 'a')", "ROW(1, 'b')", ["{1, a}", "{1, b}"]),
    Sample { name: "json", low: "JSON '{\"a\":1}'", high: "JSON '[2]'", texts: ["{\"a\":1}", "[2]"], ordered: false },
    sample(
        "uuid",
        "UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'",
        "UUID '22151fd2-7586-11e9-8f9e-2a86e4085a59'",
        ["12151fd2-7586-11e9-8f9e-2a86e4085a59", "22151fd2-7586-11e9-8f9e-2a86e4085a59"],
    ),
    sample("ipaddress", "IPADDRESS '10.0.0.1'", "IPADDRESS '2001:db8::1'", ["10.0.0.1", "2001:db8::1"]),
];

impl Sample {
    /// Queries over `t(k, x)`, which has the low value twice, the high one, and NULL; and what they answer.
    fn queries(&self) -> Vec<(String, Vec<String>)> {
        let [low, high] = self.texts;
        let list = |items: &[&str]| vec![format!("[{}]", items.join(", "))];
        let row = |text: &str| vec![text.to_string()];
        let pairs = |items: &[String]| items.to_vec();
        let mut queries = vec![
            ("SELECT x FROM t WHERE k = 1", row(low)),
            ("SELECT coalesce(NULL, x) FROM t WHERE k = 2", row(low)),
            ("SELECT CASE WHEN k = 3 THEN x END FROM t WHERE k > 2 ORDER BY k", vec![high.into(), "NULL".into()]),
            ("SELECT IF(k = 3, x, NULL) FROM t WHERE k = 3", row(high)),
            ("SELECT array_agg(x ORDER BY k) FROM t WHERE k < 4", list(&[low, low, high])),
            ("SELECT count(DISTINCT x) FROM t", row("2")),
            (
                "SELECT x, count(*) FROM t WHERE k < 4 GROUP BY x ORDER BY 2 DESC",
                pairs(&[format!("{low}|2"), format!("{high}|1")]),
            ),
            ("SELECT count(*) FROM (SELECT DISTINCT x FROM t) u", row("3")),
            ("SELECT a.k, b.k FROM t a JOIN t b ON a.x = b.x WHERE a.k < b.k", row("1|2")),
            ("SELECT count(*) FROM t WHERE x IN (SELECT x FROM t WHERE k = 1)", row("2")),
            ("SELECT count(*) FROM t a WHERE x IS DISTINCT FROM (SELECT x FROM t WHERE k = 3)", row("3")),
            ("SELECT count(*) FROM (SELECT x FROM t UNION SELECT x FROM t) u", row("3")),
            ("SELECT count(*) FROM (SELECT x FROM t INTERSECT SELECT x FROM t WHERE k < 3) u", row("1")),
            ("SELECT x FROM (SELECT x FROM t WHERE k < 4 EXCEPT SELECT x FROM t WHERE k < 3) u", row(high)),
            ("SELECT x FROM t WHERE k = 3 UNION ALL SELECT NULL", vec![high.into(), "NULL".into()]),
            ("SELECT lag(x) OVER (ORDER BY k) FROM t WHERE k < 4 ORDER BY k LIMIT 2", vec!["NULL".into(), low.into()]),
            ("SELECT sum(k) OVER (PARTITION BY x) FROM t WHERE k < 4 ORDER BY k", pairs(&["3".into(), "3".into(), "3".into()])),
            ("SELECT first_value(x) OVER (ORDER BY k DESC) FROM t WHERE k < 4 LIMIT 1", row(high)),
            ("SELECT count(*) FROM t WHERE x = x AND x <> (SELECT x FROM t WHERE k = 3)", row("2")),
        ];
        if self.ordered {
            queries.extend([
                ("SELECT min(x), max(x) FROM t", row(&format!("{low}|{high}"))),
                ("SELECT k FROM t ORDER BY x DESC, k", pairs(&["3".into(), "1".into(), "2".into(), "4".into()])),
                ("SELECT max(x) OVER () FROM t LIMIT 1", row(high)),
                ("SELECT count(*) FROM t WHERE x < (SELECT max(x) FROM t)", row("2")),
                ("SELECT count(*) FROM t WHERE x BETWEEN (SELECT min(x) FROM t) AND (SELECT max(x) FROM t)", row("3")),
                ("SELECT rank() OVER (ORDER BY x) FROM t WHERE k < 4 ORDER BY k", pairs(&["1".into(), "1".into(), "3".into()])),
            ]);
        }
        queries.into_iter().map(|(sql, rows)| (self.over(sql), rows)).collect()
    }

    /// The query over a table of the sample's values.
    fn over(&self, query: &str) -> String {
        let Self { low, high, .. } = self;
        format!("WITH t(k, x) AS (VALUES (1, {low}), (2, {low}), (3, {high}), (4, NULL)) {query}")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_type_stays_what_it_is() {
    let mut lake = Lake::new().await;
    let mut wrong = Vec::new();
    for sample in SAMPLES {
        for (sql, expected) in sample.queries() {
            let got = match lake.run(&sql).await {
                Ok(mut rows) => {
                    if !sql.contains("ORDER BY") && rows.len() > 1 {
                        rows.sort_by_key(|row| expected.iter().position(|other| other == row));
                    }
                    rows
                }
                Err(error) => vec![error.to_string()],
            };
            if got != expected {
                wrong.push(format!("{}: {sql}\n  expected {expected:?}\n  got      {got:?}", sample.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of the queries:\n{}", wrong.len(), wrong.join("\n"));
}
