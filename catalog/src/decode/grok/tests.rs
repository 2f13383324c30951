//! Every built-in pattern compiles, the log formats read real lines, and what is wrong is said.

use super::*;

#[test]
fn every_builtin_pattern_compiles() {
    for (name, _) in builtin::DEFINITIONS {
        Grok::new(&format!("%{{{name}}}"), "").unwrap();
    }
}

#[test]
fn builtin_patterns_match_what_they_name() {
    for (name, matching, other) in [
        ("INT", "-12", "1.2"),
        ("NUMBER", "-1.5", "1.5.2"),
        ("BASE16NUM", "0xfF", "xyz"),
        ("POSINT", "12", "0"),
        ("QUOTEDSTRING", "\"a \\\" b\"", "\"a"),
        ("UUID", "7d444840-9dc0-11d1-b245-5ffdce74fad2", "7d444840"),
        ("MAC", "01:23:45:67:89:ab", "01:23"),
        ("IPV4", "255.0.10.1", "256.0.0.1"),
        ("IPV6", "2001:db8::8a2e:370:7334", "2001:db8"),
        ("IPV6", "::1", ":1"),
        ("IPV6", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7"),
        ("IPV6", "::ffff:192.0.2.1", "192.0.2.1"),
        ("IPORHOST", "example.com", "a b"),
        ("UNIXPATH", "/var/log/x.log", "var"),
        ("WINPATH", "C:\\a\\b", "a"),
        ("URI", "https://u:p@example.com:443/a/b?c=d", "example"),
        ("MONTH", "June", "Ju"),
        ("TIME", "23:59:60.123", "24:00:00"),
        ("TIMESTAMP_ISO8601", "2024-01-31T22:00:01.5+02:00", "2024/01/31"),
        ("HTTPDATE", "10/Oct/2000:13:55:36 -0700", "10/10/2000"),
        ("SYSLOGTIMESTAMP", "Feb  1 06:25:43", "1 Feb"),
        ("DATESTAMP_RFC2822", "Mon, 15 Aug 2005 15:52:01 +0000", "Mon 15"),
        ("LOGLEVEL", "Warning", "loud"),
        ("BOOLEAN", "TRUE", "yes"),
    ] {
        let grok = Grok::new(&format!("%{{{name}:it}}"), "").unwrap();
        assert_eq!(grok.read(matching).unwrap()[0], Some(matching), "{name}");
        assert_eq!(grok.read(other), None, "{name} {other}");
    }
}

#[test]
fn apache_logs() {
    let grok = Grok::new("%{COMBINEDAPACHELOG}", "").unwrap();
    let names: Vec<_> = grok.fields().iter().map(|field| field.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "clientip",
            "ident",
            "auth",
            "timestamp",
            "verb",
            "request",
            "httpversion",
            "rawrequest",
            "response",
            "bytes",
            "referrer",
            "agent"
        ]
    );
    let line = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)""#;
    assert_eq!(
        grok.read(line).unwrap(),
        [
            Some("127.0.0.1"),
            Some("-"),
            Some("frank"),
            Some("10/Oct/2000:13:55:36 -0700"),
            Some("GET"),
            Some("/apache_pb.gif"),
            Some("1.0"),
            None,
            Some("200"),
            Some("2326"),
            Some("\"http://www.example.com/start.html\""),
            Some("\"Mozilla/4.08 [en] (Win98; I ;Nav)\""),
        ]
    );
    let without_bytes = line.replace("2326", "-");
    let dash = grok.read(&without_bytes).unwrap();
    assert_eq!(dash[9], None);
    assert_eq!(grok.read("garbage"), None);
}

#[test]
fn fields_have_types_and_alternatives_share_a_name() {
    let custom = "LEVEL (?:LOW|(HIGH))\n\n# a comment\nNOTE   .* end";
    let grok = Grok::new(r"%{LEVEL:level} (%{INT:n:long}|none %{WORD:n}) %{NOTE:note}", custom).unwrap();
    let fields: Vec<_> = grok.fields().iter().map(|field| (field.name.as_str(), field.hive_type)).collect();
    assert_eq!(fields, [("level", "string"), ("n", "bigint"), ("note", "string")]);
    assert_eq!(grok.read("HIGH 12 the end").unwrap(), [Some("HIGH"), Some("12"), Some("the end")]);
    assert_eq!(grok.read("LOW none x the end").unwrap(), [Some("LOW"), Some("x"), Some("the end")]);
}

#[test]
fn what_is_wrong_is_said() {
    for (pattern, custom, message) in [
        ("%{NOPE}", "", "the grok pattern '%{NOPE}' is not defined"),
        ("%{INT", "", "the grok pattern '%{INT' has a '%{' without its '}'"),
        ("%{INT:a:date}", "", "grok has no type 'date': expected byte, boolean, double, short, int, long, float or string"),
        ("%{INT:a:int:b}", "", "'b' is too much in the grok pattern '%{INT:a:int:b}'"),
        ("%{A}", "A %{A}", "grok patterns refer to one another in a circle, at '%{A}'"),
        ("%{A}", "A", "the custom grok pattern 'A' is not a name, a blank and an expression"),
    ] {
        assert_eq!(Grok::new(pattern, custom).unwrap_err().message(), message);
    }
    assert!(Grok::new("(", "").unwrap_err().message().starts_with("the grok pattern '(' cannot be used: "));
}
