//! Statements that are nearly right: the texts of a corpus, mutated token by token, go through parser and planner. None may
//! panic or take long. Half of them have their tokens replaced by such of the same kind alone, so that many can be planned.
//! The sequence follows from a seed, so that a fault can be had again; `make fuzz` goes on for ten minutes.

use std::path::Path;
use std::time::{Duration, Instant};

use engine::Session;
use sql::Statement;

use crate::lake::Lake;

/// No text may take longer, on a busy machine and in a debug build.
const LONGEST: Duration = Duration::from_secs(20);

/// What the tests' own texts do not have.
const CORPUS: &[&str] = &[
    "SELECT index, count(*) AS n, sum(close) FILTER (WHERE open > 1.5) FROM stock_ticks GROUP BY GROUPING SETS ((index), ()) HAVING count(*) > 1 ORDER BY 2 DESC NULLS LAST LIMIT 5",
    "WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT CAST(n AS varchar(3)) || 'x' FROM t",
    "SELECT * FROM (VALUES (1, ARRAY[1, 2]), (2, NULL)) AS v(a, xs) CROSS JOIN UNNEST(xs) WITH ORDINALITY AS u(x, o)",
    "SELECT lag(close, 2) IGNORE NULLS OVER (PARTITION BY index ORDER BY date ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM stock_ticks",
    "SELECT transform(ARRAY[1, 2], x -> x * 2), CASE WHEN 1 IN (1, 2) THEN ROW(1, 'a') END, TRY_CAST('1' AS decimal(10, 2))",
    "SELECT JSON_VALUE('{}', 'lax $.a' RETURNING bigint DEFAULT 1 ON EMPTY), JSON_OBJECT('a' : 1 NULL ON NULL), X'00ff', U&'\\00e9'",
    "SELECT DATE '2020-01-01' + INTERVAL '1-2' YEAR TO MONTH, TIMESTAMP '2020-01-01 00:00:00 UTC' AT TIME ZONE 'Asia/Tokyo'",
    "SELECT * FROM stock_ticks MATCH_RECOGNIZE (PARTITION BY index ORDER BY date MEASURES LAST(a.close) AS c PATTERN (a+ b?) DEFINE a AS a.close > 1)",
    "SELECT * FROM JSON_TABLE('[1]', 'lax $[*]' COLUMNS (a bigint PATH 'lax $', NESTED PATH 'lax $.b' COLUMNS (c varchar))) AS t",
    "EXPLAIN (TYPE LOGICAL, FORMAT JSON) SELECT a.close FROM stock_ticks a LEFT JOIN stock_ticks b USING (index) WHERE a.close > ALL (SELECT 1)",
    "CREATE EXTERNAL TABLE x (a struct<b:array<int>>, c decimal(10,2)) PARTITIONED BY (d string) STORED AS PARQUET LOCATION 's3://lake/x/'",
    "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED AND a.y > 1 THEN UPDATE SET y = 2 WHEN NOT MATCHED THEN INSERT (x) VALUES (b.x)",
    "EXECUTE IMMEDIATE 'SELECT ? + 1' USING 1",
    "SELECT listagg(index, ',' ON OVERFLOW TRUNCATE '…' WITH COUNT) WITHIN GROUP (ORDER BY index), approx_percentile(close, 0.5) FROM stock_ticks",
    "(SELECT close FROM stock_ticks INTERSECT SELECT 1) EXCEPT ALL TABLE stock_ticks OFFSET 1 ROW FETCH FIRST 2 ROWS WITH TIES",
];

/// A sequence of numbers that looks random (xorshift).
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default()
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() % end.max(1)
    }
}

/// Marks that are one token.
const OPERATORS: [&str; 7] = ["->", "=>", "<=", ">=", "<>", "!=", "||"];

/// A text's words and marks, blanks left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let (mut quote, mut apart) = (None, false);
    for c in text.chars() {
        let word = c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
        match tokens.last_mut().filter(|_| quote.is_some() || !apart) {
            Some(last) if quote.is_some() || word && last.ends_with(|b: char| b.is_alphanumeric() || b == '_') => last.push(c),
            Some(last) if OPERATORS.contains(&format!("{last}{c}").as_str()) => last.push(c),
            _ if !c.is_whitespace() => tokens.push(c.to_string()),
            _ => {}
        }
        apart = c.is_whitespace();
        match quote {
            Some(open) if open == c => quote = None,
            None if matches!(c, '\'' | '"') => quote = Some(c),
            _ => {}
        }
    }
    tokens
}

fn mutated(corpus: &[Vec<String>], sequence: &mut Sequence) -> String {
    let mut tokens = corpus[sequence.below(corpus.len())].clone();
    for _ in 0..=sequence.below(4) {
        let other = &corpus[sequence.below(corpus.len())];
        let (at, from) = (sequence.below(tokens.len()), sequence.below(other.len()));
        match sequence.below(7) {
            0 if tokens.len() > 1 => drop(tokens.remove(at)),
            1 => tokens.insert(at, other[from].clone()),
            2 => tokens[at] = other[from].clone(),
            3 => {
                let until = (from + 1 + sequence.below(8)).min(other.len());
                tokens.splice(at..at, other[from..until].iter().cloned());
            }
            4 => tokens.truncate(at + 1),
            5 => {
                // Depth: the same opening many times, closed or not.
                let times = [2, 30, 300, 5000][sequence.below(4)];
                let (open, close) =
                    [("(", ")"), ("(SELECT ", ")"), ("NOT ", ""), ("ARRAY[", "]"), ("- ", ""), ("a.", "")][sequence.below(6)];
                tokens.insert(at, open.repeat(times));
                tokens.push(close.repeat(times));
            }
            _ => {
                let to = sequence.below(tokens.len());
                tokens.swap(at, to);
            }
        }
    }
    tokens.join(" ")
}

/// What may stand in a token's place without the text becoming another kind of text.
#[derive(PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Word,
    Operator,
    Mark,
}

fn kind(token: &str) -> Kind {
    match token.chars().next() {
        Some(c) if c.is_ascii_digit() => Kind::Number,
        Some('\'') => Kind::Text,
        Some(c) if c.is_alphanumeric() || matches!(c, '_' | '"' | '$') => Kind::Word,
        Some('+' | '-' | '*' | '/' | '%' | '=' | '<' | '>' | '|') => Kind::Operator,
        _ => Kind::Mark,
    }
}

/// Where the group of brackets ends that begins at `from`.
fn group(tokens: &[String], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (at > from).then_some(at);
        }
    }
    None
}

/// Tokens for such of their kind, what is in brackets for what is in such brackets elsewhere.
fn exchanged(corpus: &[Vec<String>], sequence: &mut Sequence) -> String {
    let mut tokens = corpus[sequence.below(corpus.len())].clone();
    for _ in 0..=sequence.below(2) {
        let (at, other) = (sequence.below(tokens.len()), &corpus[sequence.below(corpus.len())]);
        let begin = sequence.below(other.len());
        let Some(from) = (begin..other.len()).chain(0..begin).find(|from| match group(&tokens, at) {
            Some(_) => other[*from] == tokens[at] && group(other, *from).is_some(),
            None => kind(&other[*from]) == kind(&tokens[at]),
        }) else {
            continue;
        };
        match (group(&tokens, at), group(other, from)) {
            (Some(end), Some(until)) => drop(tokens.splice(at..=end, other[from..=until].iter().cloned())),
            _ => tokens[at] = other[from].clone(),
        }
    }
    tokens.join(" ")
}

/// The queries and statements of the tests of SQL, and those above.
fn corpus() -> Vec<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let files = std::fs::read_dir(folder).expect("tests/sql").flatten();
    let own: Vec<String> = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
    let own = own.iter().flat_map(|text| text.split("\n\n")).filter_map(|record| {
        let (head, rest) = record.split_once('\n')?;
        let is_statement = head.starts_with("query") || head.starts_with("statement");
        is_statement.then(|| rest.split("\n----").next().unwrap_or(rest))
    });
    own.chain(CORPUS.iter().copied()).map(tokens).filter(|tokens| !tokens.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_makes_parser_or_planner_panic_or_hang() {
    let number = |name: &str, otherwise| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let end = Instant::now() + Duration::from_secs(number("CIVETTA_FUZZ_SECONDS", 3));
    let seed = number("CIVETTA_FUZZ_SEED", 1);
    let mut sequence = Sequence(seed.max(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let (lake, corpus) = (Lake::of_examples().await, corpus());
    let (mut texts, mut planned) = (0, 0);
    while Instant::now() < end {
        let text = if texts % 2 == 0 { mutated(&corpus, &mut sequence) } else { exchanged(&corpus, &mut sequence) };
        let engine = lake.engine.clone();
        let tried = text.clone();
        // A task of its own, so that a panic ends it and not the test.
        let work = tokio::spawn(async move {
            let session = Session { database: "lake".into(), ..Session::default() };
            match sql::parse(&tried) {
                Ok(Statement::Query(query)) => engine.physical_plan(&session, &query).await.is_ok(),
                _ => false,
            }
        });
        let outcome = tokio::time::timeout(LONGEST, work).await;
        let outcome = outcome.unwrap_or_else(|_| panic!("seed {seed}: more than {LONGEST:?} for:\n{text}"));
        planned += usize::from(outcome.unwrap_or_else(|error| panic!("seed {seed}: {error} for:\n{text}")));
        texts += 1;
    }
    println!("{texts} texts, {planned} of them planned");
    assert!(texts > 20, "only {texts} texts in the time");
}
