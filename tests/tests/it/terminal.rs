//! What needs a terminal: the interactive shell, and the question before many tables. A Python program types.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::binary::{Home, Ran, civetta};

/// A prompt on a line of its own, and not the old one drawn again: keys before it would meet the old editor's last moment.
const PROMPT: &str = r"\n.*default> ";

/// Runs `civetta` on a terminal; after each keys the screen must show the pattern.
fn typed(home: &Home, arguments: &[&str], steps: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(std::env::var_os("CIVETTA_PYTHON").unwrap_or_else(|| "python3".into()));
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/terminal.py");
    command.arg(program).arg(civetta()).args(arguments).current_dir(home.path());
    command.env("CIVETTA_DATA", home.path().join("data")).env("PAGER", "cat > paged").env_remove("NO_COLOR");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("python3 is there");
    let steps = serde_json::to_string(steps).expect("JSON");
    child.stdin.take().expect("a pipe").write_all(steps.as_bytes()).expect("it reads");
    Ran::from(child.wait_with_output().expect("it ends"))
}

#[test]
fn statements_of_many_lines_and_their_errors() {
    let home = Home::new();
    let steps = [
        ("", "default> "),
        ("SELECT 1 AS a,\r2 AS b;\r", r"(?s)a │ b.*1 │ 2.*\(1 row\).*default> "),
        ("CREATE DATABASE lake;\r", "(?s)OK.*default> "),
        ("use lake;\r", "lake> "),
        ("SELECT x FROM nowhere;\r", r"(?s)TABLE_NOT_FOUND.*\^.*lake> "),
        ("\\timing\r", "(?s)timing is on.*lake> "),
        ("SELECT 7;\r", "(?s)time: .* ms.*lake> "),
        ("\\bogus\r", "(?s)unknown command.*lake> "),
        ("SELECT 'abandoned", "abandoned"),
        ("\x03", r"\n.*lake> "),
        ("\\q\r", ""),
    ];
    let ran = typed(&home, &[], &steps);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("\u{1b}[1;32mSELECT\u{1b}[0m"), "no colours\n{}", ran.stdout);
    // A later session has the statements of this one.
    let up = "\u{1b}[A".repeat(3);
    let later = typed(&home, &["shell"], &[("", "default> "), (&up, "SELECT 7;"), ("\x03", PROMPT), ("\\q\r", "")]);
    assert_eq!(later.code, 0, "{}", later.stdout);
}

#[test]
fn tab_completes_names_of_the_catalog() {
    let home = Home::new();
    home.file("readings/a.json", "{\"temperature\": 20.5, \"humidity\": 40}\n");
    assert_eq!(home.run(&["crawl", "readings", "--database", "default"]).code, 0);
    let steps = [
        ("", "default> "),
        ("sel\thum\t", "select"),
        ("\x03", PROMPT),
        ("SELECT * FROM read\t", "readings"),
        (" WHERE humi\t", "humidity"),
        (" = 40;\r", r"(?s)20\.5.*default> "),
        ("\\timi\t\r", "(?s)timing is on.*default> "),
        ("\\q\r", ""),
    ];
    let ran = typed(&home, &[], &steps);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn ctrl_c_stops_the_statement_and_not_the_shell() {
    let home = Home::new();
    let endless = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a (x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b (y) \
                   CROSS JOIN UNNEST(sequence(1, 10000)) AS c (z) CROSS JOIN UNNEST(sequence(1, 10000)) AS d (w);\r";
    let steps = [
        ("", "default> "),
        (endless, r"[1-9]\.\d s · "),
        ("\x03", "(?s)stopped by Ctrl-C.*default> "),
        ("SELECT 'still here' AS answer;\r", "(?s)still here *\r.*default> "),
        ("\\watch 0.2\r", "(?s)still here *\r.*still here *\r"),
        ("\x03", PROMPT),
        ("\x04", ""),
    ];
    let ran = typed(&home, &[], &steps);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn what_is_longer_than_the_screen_goes_through_the_pager() {
    let home = Home::new();
    let ran = typed(
        &home,
        &[],
        &[("", "default> "), ("SELECT * FROM UNNEST(sequence(1000, 1000 + 499)) AS t (n);\r", r"\(500 rows\)"), ("\\q\r", "")],
    );
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let paged = std::fs::read_to_string(home.path().join("paged")).expect("the pager ran");
    assert_eq!(paged.lines().count(), 502);
    assert!(paged.contains("1499") && !ran.stdout.contains("1499"));
}

#[test]
fn many_new_tables_are_asked_for_first() {
    let home = Home::new();
    for n in 0..21 {
        home.file(&format!("lake/t{n}/a.json"), &format!("{{\"a{n}\": 1, \"b{n}\": 2}}\n"));
    }
    let refused = typed(&home, &["crawl", "lake"], &[("", r"21 new tables.*\[y/N\]"), ("n\r", "nothing was changed")]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert_eq!(home.query("SHOW DATABASES"), "database_name\ndefault\n");
    let agreed = typed(&home, &["crawl", "lake"], &[("", r"\[y/N\]"), ("y\r", "tables: 21 created")]);
    assert_eq!(agreed.code, 0, "{}", agreed.stdout);
    assert_eq!(home.query("SHOW TABLES IN lake").lines().count(), 22);
}
