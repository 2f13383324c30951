//! Queries that are read, as the planner will see them, and queries that are refused.

use catalog::ErrorKind;

use crate::parse;
use crate::statement::Statement;

#[test]
fn names_fold_and_headings_stay() {
    let cases = [
        ("SELECT \"Symbol\", T.\"X\" FROM \"Ticks\" AS \"T\"", "SELECT \"symbol\", T.\"x\" FROM \"ticks\" AS \"t\""),
        (
            "SELECT a AS \"Close Price\" FROM t ORDER BY \"close price\" DESC",
            "SELECT a AS \"Close Price\" FROM t ORDER BY \"Close Price\" DESC",
        ),
        ("SELECT \"A\" FROM (SELECT 1 AS \"A\") AS q", "SELECT \"a\" FROM (SELECT 1 AS \"a\") AS q"),
        (
            "WITH \"C\" (\"X\") AS (SELECT 1) SELECT \"C\".\"X\" FROM \"C\"",
            "WITH \"c\" (\"x\") AS (SELECT 1) SELECT \"c\".\"x\" FROM \"c\"",
        ),
        ("SELECT 1 AS \"A\" UNION SELECT 2 AS \"B\" ORDER BY a", "SELECT 1 AS \"A\" UNION SELECT 2 AS \"b\" ORDER BY \"A\""),
        ("SELECT * FROM a JOIN b USING (\"Id\")", "SELECT * FROM a JOIN b USING(\"id\")"),
        ("SELECT \"$path\" FROM 'S3://B/x.json'", "SELECT \"$path\" FROM 'S3://B/x.json'"),
        ("SELECT Größe, ÄRGER FROM t", "SELECT größe, ärger FROM t"),
        (
            "SELECT sum(x) OVER \"W\" FROM t WINDOW \"W\" AS (ORDER BY \"Y\")",
            "SELECT sum(x) OVER \"w\" FROM t WINDOW \"w\" AS (ORDER BY \"y\")",
        ),
        ("SELECT \"T\".* FROM \"T\"", "SELECT \"t\".* FROM \"t\""),
    ];
    for (text, expected) in cases {
        let Ok(Statement::Query(query)) = parse(text) else { panic!("{text}: {:?}", parse(text)) };
        assert_eq!(query.to_string(), expected, "{text}");
    }
}

#[test]
fn trinos_queries_are_read() {
    let queries = [
        "SELECT count(*) FILTER (WHERE x > 1), array_agg(a ORDER BY b), approx_percentile(x, 0.5) FROM t",
        "SELECT transform(xs, x -> x + 1), reduce(xs, 0, (s, x) -> s + x, s -> s) FROM t",
        "SELECT a, b FROM t GROUP BY GROUPING SETS ((a), (b), ())",
        "SELECT lag(x) IGNORE NULLS OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
        "SELECT * FROM t, UNNEST(xs, ys) WITH ORDINALITY AS u(x, y, n)",
        "SELECT CAST(x AS varchar(3)), TRY_CAST(y AS decimal(10, 2)), DATE '2020-01-01', INTERVAL '1' DAY, x[1], r.a FROM t",
        "SELECT extract(DAY_OF_WEEK FROM d), current_timestamp, x AT TIME ZONE 'UTC', U&'\\00e9', X'ab' FROM t",
        "(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1 LIMIT 3",
        "VALUES (1, 'a'), (2, 'b')",
        "SELECT (a, b) MATCH UNIQUE PARTIAL (SELECT c, d FROM t), NOT UNIQUE (VALUES 1, 2), match, overlaps, x unique FROM t",
        "SELECT CASE (a, b) WHEN MATCH (VALUES (1, 2)) THEN 1 END, (a, INTERVAL '1' DAY) OVERLAPS ROW(c, d) FROM t match",
        "SELECT 1 FROM t OFFSET 2 ROWS FETCH FIRST 5 ROWS ONLY",
        "SELECT * FROM (VALUES (1)) AS t(x) WHERE x = ALL (SELECT y FROM u) OR x IS DISTINCT FROM 3",
        "SELECT json_extract_scalar(j, '$.a'), CASE WHEN a THEN 1 ELSE 2 END, NOT a, -b, a || b, a <> b, a % 2 FROM t",
    ];
    for text in queries {
        assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
    }
}

#[test]
fn what_trino_has_not_is_refused() {
    let cases = [
        (
            "SELECT `a` FROM t",
            "SYNTAX_ERROR: line 1:8: backquoted identifiers are not supported; use double quotes to quote identifiers",
        ),
        ("SELECT a FROM t QUALIFY x > 1", "SYNTAX_ERROR: line 1:25: mismatched input 'x'. Expecting: "),
        ("SELECT DISTINCT ON (a) b FROM t", "SYNTAX_ERROR: line 1:17: mismatched input 'ON'. Expecting: <expression>"),
        ("SELECT a::int FROM t", "SYNTAX_ERROR: line 1:9: mismatched input '::'. Expecting: "),
        ("SELECT a FROM t WHERE a ILIKE 'x'", "SYNTAX_ERROR: line 1:25: mismatched input 'ILIKE'. Expecting: "),
        ("SELECT a FROM t WHERE a & 1 = 1", "SYNTAX_ERROR: line 1:25: mismatched input '&'. Expecting: "),
        ("SELECT a FROM t FOR UPDATE", "SYNTAX_ERROR: line 1:21: mismatched input 'UPDATE'. Expecting: 'TIMESTAMP', 'VERSION'"),
        (
            "SELECT a FROM t LEFT SEMI JOIN u ON true",
            "SYNTAX_ERROR: line 1:22: mismatched input 'SEMI'. Expecting: 'JOIN', 'OUTER'",
        ),
        ("SELECT a FROM a.b.c.d", "SYNTAX_ERROR: line 1:15: Too many dots in table name: a.b.c.d"),
        ("SELECT a AS 'b' FROM t", "SYNTAX_ERROR: line 1:13: mismatched input ''b''. Expecting: <identifier>"),
        ("SELECT a = b = c", "SYNTAX_ERROR: line 1:14: mismatched input '='. Expecting: "),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "SYNTAX_ERROR: line 1:22: mismatched input 'INSERT'. Expecting: "),
        ("SELECT a FROM \"\".t", "SYNTAX_ERROR: line 1:15: Zero-length delimited identifier not allowed"),
        (
            "SELECT 1x FROM t",
            "SYNTAX_ERROR: line 1:8: identifiers must not start with a digit; surround the identifier with double quotes",
        ),
        ("SELECT a FROM t WHERE a MATCH b", "SYNTAX_ERROR: line 1:25: mismatched input 'MATCH'. Expecting: '%', '*', '+', "),
        // What is refused by its name is still read to its end.
        ("SELECT * FROM TABLE(f(a => TABLE(t) b))", "NOT_SUPPORTED: line 1:22: a table as an argument of a table function"),
        ("SELECT * FROM TABLE(f(TABLE(SELECT 1) AS x PARTITION BY a KEEP WHEN EMPTY, DESCRIPTOR(a, b bigint)", {
            "SYNTAX_ERROR: line 1:99: mismatched input '<EOF>'. Expecting: "
        }),
        ("SELECT * FORM t", "SYNTAX_ERROR: line 1:10: mismatched input 'FORM'. Expecting: ',', 'EXCEPT', 'FETCH', 'FROM', "),
        ("SELECT a FROM t ORDER BY", "SYNTAX_ERROR: line 1:25: mismatched input '<EOF>'. Expecting: <expression>"),
        ("SELECT a FROM", "SYNTAX_ERROR: line 1:14: mismatched input '<EOF>'. Expecting: '(', 'JSON_TABLE', 'LATERAL', "),
        ("SELECT\n  (1", "SYNTAX_ERROR: line 2:5: mismatched input '<EOF>'. Expecting: '%', ')', '*', '+', "),
        ("SELECT CAST(a AS )", "SYNTAX_ERROR: line 1:18: mismatched input ')'. Expecting: <type>"),
        ("SELECT coalesce(1)", "SYNTAX_ERROR: line 1:8: The 'coalesce' function must have at least two arguments"),
        ("SELECT 9223372036854775808", "SYNTAX_ERROR: line 1:8: Invalid numeric literal: 9223372036854775808"),
    ];
    for (text, expected) in cases {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn forms_are_said_in_the_tree_as_the_module_says() {
    let cases = [
        ("VALUES 1, ROW(2), (3)", "VALUES (1), (2), (3)"),
        ("TABLE t", "SELECT * FROM t"),
        ("SELECT a FROM t FETCH FIRST ROW ONLY", "SELECT a FROM t LIMIT 1"),
        ("SELECT a FROM t OFFSET 1 ROW FETCH NEXT 3 ROWS ONLY", "SELECT a FROM t LIMIT 3 OFFSET 1"),
        ("SELECT IF(a, b)", "SELECT CASE WHEN a THEN b END"),
        ("SELECT CASE x WHEN 1 THEN a WHEN NOT IN (2, 3) THEN b WHEN 4 THEN c END", {
            "SELECT CASE WHEN x = (1) THEN a WHEN x NOT IN (2, 3) THEN b WHEN x = (4) THEN c END"
        }),
        ("SELECT 'a'.lpad(3, t.x.trim()), varchar::chr(65)", "SELECT lpad('a', 3, trim(t.x)), chr(65)"),
        ("SELECT a BETWEEN SYMMETRIC b AND c", "SELECT a BETWEEN least(b, c) AND greatest(b, c)"),
        ("SELECT POSITION('a' IN b), trim(LEADING 'x' FROM b)", "SELECT strpos(b, 'a'), ltrim(b, 'x')"),
        ("SELECT SUBSTRING(a FROM 2 FOR 3), substring(a, 2)", "SELECT substring(a, 2, 3), substring(a, 2)"),
        ("SELECT 0x1f, -1_000, +2, -9223372036854775808", "SELECT 31, -1000, +2, -9223372036854775808"),
        ("SELECT U&'\\00e9', X'0a bc'", "SELECT 'é', X'0ABC'"),
        ("SELECT a LIKE b ESCAPE c", "SELECT \"$like\"(a, b, c)"),
        ("SELECT a AND NOT b OR c = d || e + f * -g", "SELECT a AND NOT b OR c = d || e + f * -g"),
        ("SELECT (a, b) IN (SELECT 1, 2), a = ANY (VALUES 1, 2)", "SELECT (a, b) IN (SELECT 1, 2), a = ANY(VALUES (1), (2))"),
        ("SELECT ((SELECT 1) + 1), ((SELECT 1))", "SELECT ((SELECT 1) + 1), ((SELECT 1))"),
        ("SELECT CAST(a AS array(row(x bigint, y timestamp(9) with time zone)))", {
            "SELECT CAST(a AS array(row(x bigint, y timestamp(9) with time zone)))"
        }),
        ("SELECT JSON_VALUE(a, 'lax $.x' RETURNING bigint NULL ON EMPTY ERROR ON ERROR)", {
            "SELECT \"$json_value\"(\"$json_input\"(a, 'JSON'), 'lax $.x', CAST(NULL AS BIGINT), 'NULL', NULL, 'ERROR', NULL)"
        }),
        ("SELECT UNIQUE (VALUES 1), a MATCH UNIQUE FULL (SELECT b FROM t), (a, b) OVERLAPS (c, d) FROM u", {
            "SELECT \"$unique\"((VALUES (1))), \"$match\"('FULL', true, (SELECT b FROM t), a), \"$overlaps\"(a, b, c, d) FROM u"
        }),
        ("SELECT * FROM t, NEAREST (FROM u WHERE u.a = t.a MATCH t.b > u.b)", {
            "SELECT * FROM t, LATERAL (SELECT * FROM u WHERE (u.a = t.a) AND t.b > u.b ORDER BY u.b DESC LIMIT 1) AS u"
        }),
        ("SELECT match FROM t match WHERE match.a = 1", "SELECT match FROM t match WHERE match.a = 1"),
        ("SELECT a, sum(b) FROM t GROUP BY DISTINCT AUTO, ROLLUP (a)", {
            "SELECT a, sum(b) FROM t GROUP BY \"$distinct\"(), \"$auto\"(), ROLLUP (a)"
        }),
        ("SELECT a FROM t GROUP BY auto.x, auto + 1", "SELECT a FROM t GROUP BY auto.x, auto + 1"),
        ("SELECT a FROM t UNION ALL CORRESPONDING SELECT a FROM u", "SELECT a FROM t UNION ALL BY NAME SELECT a FROM u"),
        ("SELECT pivot FROM t pivot", "SELECT pivot FROM t pivot"),
        ("SELECT j.'a b'[*].n.bigint()", "SELECT \"$item\"(j.'a b'[*].n, 'bigint', 'bigint')"),
        ("SELECT m OVER w FROM t", "SELECT m OVER w FROM t"),
        ("SELECT * FROM a JOIN b JOIN c ON b.x = c.x ON a.x = b.x", {
            "SELECT * FROM a JOIN (b JOIN c ON b.x = c.x) ON a.x = b.x"
        }),
    ];
    for (text, expected) in cases {
        let Ok(Statement::Query(query)) = parse(text) else { panic!("{text}: {:?}", parse(text)) };
        assert_eq!(query.to_string(), expected, "{text}");
    }
}

#[test]
fn deep_and_long_texts_are_refused_and_not_fatal() {
    let nested = |open: &str, inner: &str, close: &str, levels: usize| {
        format!("SELECT {}{inner}{}", open.repeat(levels), close.repeat(levels))
    };
    for (open, close) in [("(", ")"), ("ARRAY[", "]"), ("f(", ")"), ("CAST(", " AS int)"), ("CASE WHEN a THEN ", " END")] {
        assert!(parse(&nested(open, "1", close, 60)).is_ok(), "{open}");
        // An error deep inside: the library alone would try 2^60 ways.
        let error = parse(&nested(open, "1 1", close, 60)).unwrap_err();
        assert!(error.position().is_some(), "{error}");
        assert!(parse(&nested(open, "1", close, 20_000)).is_err(), "{open}");
    }
    for open in ["(SELECT ", "a IN (SELECT ", "EXISTS (SELECT "] {
        assert!(parse(&nested(open, "1", ")", 16)).is_ok(), "{open}");
        assert_eq!(parse(&nested(open, "1", ")", 17)).unwrap_err().kind(), ErrorKind::LimitExceeded, "{open}");
    }
    for (open, close) in [("(", ")"), ("(t JOIN ", " ON true)"), ("(SELECT * FROM ", ")"), ("LATERAL (SELECT * FROM ", ")")] {
        assert!(parse(&nested(&format!("* FROM {open}"), "t", close, 1)).is_ok(), "{open}");
        let text = |levels: usize| format!("SELECT * FROM {}t{}", open.repeat(levels), close.repeat(levels));
        assert!(parse(&text(100)).is_ok(), "{open}");
        assert!(parse(&text(20_000)).is_err(), "{open}");
    }
    for text in [
        format!("SELECT {} 1", "INTERVAL ".repeat(20_000)),
        format!("SELECT CAST(a AS {}int)", "ARRAY<".repeat(20_000)),
        format!("SELECT {}a", "NOT ".repeat(20_000)),
        format!("SELECT {}a", "- ".repeat(20_000)),
        format!("SELECT {}a", "a.".repeat(20_000)),
        format!("SELECT a{}", "[1]".repeat(20_000)),
        format!("SELECT a{}", ".f()".repeat(20_000)),
    ] {
        assert!(parse(&text).is_err(), "{}", &text[..40]);
    }
    // What may be so long is planned and copied by recursion.
    assert!(parse(&format!("SELECT {}a", "a.".repeat(200))).is_ok());
}

#[test]
fn long_texts_are_read() {
    let joined = |item: &str, separator: &str, times: usize| vec![item; times].join(separator);
    assert!(parse(&format!("SELECT a FROM t WHERE x IN ({})", joined("12345", ", ", 50_000))).is_ok());
    assert!(parse(&format!("SELECT a FROM t WHERE {}", joined("x = 1", " OR ", 4000))).is_ok());
    assert!(parse(&joined("SELECT a + b FROM t WHERE c = 1 AND d < 2", " UNION ALL ", 3000)).is_ok());
    assert!(parse(&format!("SELECT {} FROM t", joined("a + b - c * d AS x", ", ", 5000))).is_ok());
    let error = parse(&format!("SELECT a FROM t WHERE {}", joined("x = 1", " OR ", 100_000))).unwrap_err();
    assert!(error.message().starts_with("more than 10000 operators stand in one row here"), "{error}");
}
