//! Paths by their sequences.

use super::super::Json;
use super::{Item, Number, Path};

/// The sequence as a JSON array, or the error.
fn follow(path: &str, input: &str) -> String {
    let path = Path::parse(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let input = Json::parse(input).unwrap();
    let parameters = vec![("n".to_string(), Some(Item::Number(Number::Integer(1)))), ("none".to_string(), None)];
    match path.follow(&input, &parameters) {
        Ok(items) => {
            let mut out = String::new();
            Json::Array(items.iter().map(Item::to_json).collect()).write_in_order(&mut out);
            out
        }
        Err(failure) => failure.0,
    }
}

const STORE: &str = r#"{"a":[{"b":1,"c":"x"},{"b":2.5,"c":"yy"},{"d":null}],"e":{"f":[10,20,30]}}"#;

#[test]
fn accessors() {
    for (path, expected) in [
        ("lax $.a.b", "[1,2.5]"),
        ("strict $.a.b", "structural error: invalid item type. Expected: OBJECT, actual: ARRAY"),
        ("strict $.a[0].x", "structural error: missing member 'x' in JSON object"),
        ("lax $.a[0].x", "[]"),
        (r#"lax $."e"."f"[last]"#, "[30]"),
        ("lax $.e.f[0, last - 1 to last]", "[10,20,30]"),
        ("lax $.e.f[1 to 100]", "[20,30]"),
        ("strict $.e.f[1 to 100]", "structural error: invalid array subscript: [1, 100] for array of size 3"),
        ("lax $.e.f[$n]", "[20]"),
        ("lax $.e.f[$none]", "array subscript 'from' value must be singleton numeric"),
        ("lax $.e[0].f[*]", "[10,20,30]"),
        ("lax $.e.*", "[[10,20,30]]"),
        ("lax $..b", "[1,2.5]"),
        ("strict $.a[2].d", "[null]"),
    ] {
        assert_eq!(follow(path, STORE), expected, "{path}");
    }
}

#[test]
fn arithmetic_and_methods() {
    for (path, expected) in [
        ("lax 1 + 2 * 3 - -4", "[11]"),
        ("lax -$.e.f", "[-10,-20,-30]"),
        ("lax 7 / 2", "[3]"),
        ("lax 1.50 + 1", "[2.5]"),
        ("lax 1.0 / 3.00", "[0.33]"),
        ("lax 1e0 / 4", "[0.25]"),
        ("lax 1 / 0", "division by zero"),
        ("lax 9223372036854775807 + 1", "numeric overflow"),
        ("lax $.a + 1", "arithmetic binary expression requires singleton operands"),
        ("lax $.e.f.size()", "[3]"),
        ("lax $.a[1].b.ceiling()", "[3.0]"),
        ("lax $.a[1].b.floor().type()", r#"["number"]"#),
        ("lax \"12\".double()", "[12.0]"),
        ("lax $.e.keyvalue().name", r#"["f"]"#),
        ("lax (-1.5).abs()", "[1.5]"),
        ("lax $.type()", r#"["object"]"#),
    ] {
        assert_eq!(follow(path, STORE), expected, "{path}");
    }
}

#[test]
fn filters() {
    for (path, expected) in [
        ("lax $.a ? (@.b > 1).c", r#"["yy"]"#),
        ("lax $.a ? (@.b > 1 || @.c == \"x\").b", "[1,2.5]"),
        ("lax $.a ? (exists(@.d)).d", "[null]"),
        ("lax $.a ? (@.d == null)", r#"[{"d":null}]"#),
        ("lax $.a.c ? (@ starts with \"y\")", r#"["yy"]"#),
        ("lax $.a.c ? (@ like_regex \"^.$\")", r#"["x"]"#),
        ("lax $.a.c ? (@ like_regex \"YY\" flag \"i\")", r#"["yy"]"#),
        ("lax $.a ? (!(@.b > 1)).c", r#"["x"]"#),
        ("lax $.a ? ((@.c > 1) is unknown).c", r#"["x","yy"]"#),
        ("lax $.e.f ? ((@ + 1) > 20 && @ < 25)", "[20]"),
        ("lax $.e.f[*] ? (@ <> 20)", "[10,30]"),
    ] {
        assert_eq!(follow(path, STORE), expected, "{path}");
    }
}

#[test]
fn what_is_no_path_is_refused() {
    for path in
        ["", "$", "certainly not a path", "lax", "lax $.", "lax $[", "lax $ x", "lax $ ? (@)", "lax $.f()", "lax #", "lax \"x"]
    {
        assert!(Path::parse(path).is_err(), "{path}");
    }
    for path in ["[", "[[:alpha:]]", "(?>x)", "(?i)x"] {
        assert!(Path::parse(&format!("lax $ ? (@ like_regex \"{path}\")")).is_err(), "{path}");
    }
    assert!(Path::parse(&format!("lax {}1", "(".repeat(10_000))).is_err());
}
