//! What is parsed, printed and parsed again is the same: the syntax tree says all that the text did.

use proptest::prelude::*;

use crate::parse;
use crate::statement::Statement;

/// Texts of expressions.
fn expression() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "a",
        "t.b",
        "\"C d\"",
        "1",
        "1.5",
        "1e3",
        "-7",
        "'x'",
        "'it''s'",
        "NULL",
        "TRUE",
        "X'0F'",
        "DATE '2020-01-01'",
        "INTERVAL '1-2' YEAR TO MONTH",
        "INTERVAL '3' DAY",
        "current_date",
        "current_timestamp(3)",
        "?",
        "ARRAY[]",
        "count(*)",
        "TIMESTAMP '2020-01-01 00:00:00 UTC'",
        "U&'\\00e9'",
        "0x1F",
        "DECIMAL '1.20'",
        "JSON '{}'",
    ])
    .prop_map(str::to_string);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (two.clone(), proptest::sample::select(vec!["+", "-", "*", "/", "%", "||"]))
                .prop_map(|((a, b), op)| format!("({a}) {op} ({b})")),
            (two.clone(), proptest::sample::select(vec!["AND", "OR", "=", "<>", "<=", "IS DISTINCT FROM"]))
                .prop_map(|((a, b), op)| format!("(({a}) {op} ({b}))")),
            (two.clone(), inner.clone()).prop_map(|((a, b), c)| format!("(({a}) NOT BETWEEN ({b}) AND ({c}))")),
            two.clone().prop_map(|(a, b)| format!("(({a}) IN (({b}), 1))")),
            two.clone().prop_map(|(a, b)| format!("(({a}) LIKE ({b}) ESCAPE '#')")),
            two.clone().prop_map(|(a, b)| format!("CASE WHEN {a} THEN {b} END")),
            two.clone().prop_map(|(a, b)| format!("ROW({a}, {b})")),
            two.clone().prop_map(|(a, b)| format!("transform({a}, x -> {b})")),
            two.clone().prop_map(|(a, b)| format!("ARRAY[{a}, {b}][1]")),
            two.clone()
                .prop_map(|(a, b)| format!("sum({a}) FILTER (WHERE {b}) OVER (PARTITION BY {a} ORDER BY {b} DESC NULLS LAST)")),
            two.clone().prop_map(|(a, b)| format!("JSON_OBJECT({a} : {b} ABSENT ON NULL)")),
            two.clone().prop_map(|(a, b)| format!("array_agg(DISTINCT {a} ORDER BY {b})")),
            inner.clone().prop_map(|a| format!("NOT ({a})")),
            inner.clone().prop_map(|a| format!("- ({a})")),
            inner.clone().prop_map(|a| format!("CAST({a} AS row(x array(bigint), \"Y z\" timestamp(9) with time zone))")),
            inner.clone().prop_map(|a| format!("TRY_CAST({a} AS decimal(10, 2))")),
            inner.clone().prop_map(|a| format!("({a}) AT TIME ZONE 'UTC'")),
            inner.clone().prop_map(|a| format!("EXTRACT(YEAR FROM ({a}))")),
            inner.clone().prop_map(|a| format!("JSON_VALUE({a}, 'lax $.x' RETURNING bigint NULL ON EMPTY)")),
            inner.clone().prop_map(|a| format!("EXISTS (SELECT {a} FROM u)")),
            inner.prop_map(|a| format!("(({a}) = ANY (VALUES {a}, 2))")),
        ]
    })
}

/// Texts of queries around expressions.
fn query() -> impl Strategy<Value = String> {
    (proptest::collection::vec(expression(), 3), 0..8_usize).prop_map(|(e, shape)| {
        let (a, b, c) = (&e[0], &e[1], &e[2]);
        match shape {
            0 => format!("SELECT DISTINCT {a} AS \"X y\", {b} FROM t WHERE {c} ORDER BY 1 LIMIT 3"),
            1 => format!("WITH q (n) AS (SELECT {a}) SELECT t.*, {b} FROM q AS t JOIN u ON {c}"),
            2 => format!("SELECT {a} GROUP BY GROUPING SETS (({b}), ()), ROLLUP ({c}) HAVING {a}"),
            3 => format!("VALUES ({a}, {b}), ROW({c}, 1) UNION ALL TABLE t"),
            4 => format!("SELECT * FROM UNNEST(ARRAY[{a}]) WITH ORDINALITY AS u (x, o) CROSS JOIN LATERAL (SELECT {b}) LEFT JOIN t USING (k)"),
            5 => format!("SELECT * FROM (t JOIN u ON {a}) EXCEPT DISTINCT (SELECT {b} OFFSET 2 ROWS) INTERSECT SELECT {c}"),
            6 => format!("SELECT {a} FROM JSON_TABLE({b}, 'lax $' COLUMNS (x bigint PATH 'lax $.x' DEFAULT {c} ON EMPTY)) AS j"),
            _ => format!("SELECT sum({a}) OVER w FROM t WINDOW w AS (ORDER BY {b} ROWS BETWEEN UNBOUNDED PRECEDING AND {c} FOLLOWING)"),
        }
    })
}

fn printed(text: &str) -> Result<String, String> {
    match parse(text) {
        Ok(Statement::Query(query)) => Ok(query.to_string()),
        other => Err(format!("{text}\n{other:?}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn printing_is_undone_by_parsing(text in query()) {
        let once = printed(&text).map_err(TestCaseError::fail)?;
        let twice = printed(&once).map_err(TestCaseError::fail)?;
        prop_assert_eq!(once, twice, "{}", text);
    }
}
