//! Lines by regular expressions and grok patterns.

use crate::decode::Decoder;
use crate::decode::harness::{decode, schema};
use crate::error::ErrorKind;
use crate::format::{Format, RegexFormat, RegexSyntax};

fn regex(pattern: &str, case_insensitive: bool) -> Format {
    Format::Regex(RegexFormat {
        skip_lines: 0,
        null_for_invalid: false,
        syntax: RegexSyntax::Regex { pattern: pattern.to_string(), case_insensitive },
    })
}

fn grok(pattern: &str, custom: &str) -> Format {
    let syntax = RegexSyntax::Grok { pattern: pattern.to_string(), custom: custom.to_string() };
    Format::Regex(RegexFormat { skip_lines: 1, null_for_invalid: true, syntax })
}

#[test]
fn regular_expressions() {
    let columns = &[("a", "string"), ("n", "int"), ("rest", "string")];
    let text = "x 1\ny 2 z\nnothing to see\nX 3\n";
    assert_eq!(decode(&regex(r"([xy]) (\d+)(?: (.*))?", false), columns, text).unwrap(), ["x|1|~", "y|2|z", "~|~|~", "~|~|~"]);
    assert_eq!(decode(&regex(r"([xy]) (\d+)(?: (.*))?", true), columns, text).unwrap()[3], "X|3|~");
    // The guide's own expression for CloudFront logs begins so; more columns than groups are NULL.
    assert_eq!(decode(&regex(r"^(?!#)([^ ]+)\s+([^ ]+)$", false), columns, "#a 1\nb 2").unwrap(), ["~|~|~", "b|2|~"]);
}

#[test]
fn the_guides_expression_for_load_balancer_logs() {
    let pattern = r#"([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) \"([^ ]*) (.*) (- |[^ ]*)\" \"([^\"]*)\" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*)(.*)"#;
    let columns: Vec<(String, &str)> =
        (0..21).map(|index| (format!("c{index}"), if index == 4 { "int" } else { "string" })).collect();
    let columns: Vec<_> = columns.iter().map(|(name, hive)| (name.as_str(), *hive)).collect();
    let line = r#"http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws"#;
    let rows = decode(&regex(pattern, false), &columns, line).unwrap();
    assert!(
        rows[0].starts_with(
            "http|2018-07-02T22:23:00.186641Z|app/my-loadbalancer/50dc6c495c0c9188|192.168.131.39|2817|10.0.0.1|80|"
        ),
        "{rows:?}"
    );
}

#[test]
fn grok_by_name_or_in_order() {
    let pattern = "%{WORD:level} %{NUMBER:code:int} %{GREEDYDATA:message}";
    let text = "header\nWARN 12 over there\n";
    assert_eq!(decode(&grok(pattern, ""), &[("message", "string"), ("Code", "int")], text).unwrap(), ["over there|12"]);
    assert_eq!(decode(&grok(pattern, ""), &[("x", "string"), ("y", "int")], text).unwrap(), ["WARN|12"]);
    assert_eq!(decode(&grok(pattern, ""), &[("level", "int"), ("code", "tinyint")], "\nWARN 300 x").unwrap(), ["~|~"]);
    let custom = "OWL h(?:oot)+";
    assert_eq!(decode(&grok("%{OWL:cry}", custom), &[("cry", "string")], "\nhootoot\nmeow\n").unwrap(), ["hootoot", "~"]);
}

#[test]
fn what_does_not_fit_is_said() {
    let columns = &[("a", "string"), ("n", "tinyint")];
    let error = decode(&regex(r"(\w+) (.*)", false), columns, "x 1\ny 200").unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::BadData, "s3://b/k: line 2, column 3: expected tinyint for column 'n', found \"200\"")
    );
    for (format, columns, message) in [
        (regex("(", false), columns, "the regular expression '(' cannot be used: "),
        (grok("%{NOPE:x}", ""), columns, "the grok pattern '%{NOPE}' is not defined"),
        (regex("(.*)", false), &[("a", "string"), ("n", "array<int>")], "column 'n': lines taken apart by a pattern"),
    ] {
        let error = Decoder::new(&format, schema(columns), &[0, 1], 1).unwrap_err();
        assert!(error.message().starts_with(message), "{error}");
    }
}

#[test]
fn a_pattern_that_explodes_is_stopped() {
    let error = decode(&regex(r"(a|b|ab)*(?=c)c", false), &[("x", "string")], "ab".repeat(50)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}
