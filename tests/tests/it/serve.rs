//! `civetta serve` over HTTP: health, counters, who may ask, and its end.

use std::process::Command;

use crate::binary::Home;
use crate::serving::Serving;

#[test]
fn health_counters_and_strangers() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let host = format!("Host: {}\r\n", serving.address);
    for (path, status, body) in [("/healthz", "200", "ok\n"), ("/readyz", "200", "ready\n")] {
        let (line, text) = serving.get(path, &host);
        assert!(line.contains(status) && text == body, "{path}: {line}: {text}");
    }
    assert!(serving.get("/ui/nothing", &host).0.contains("404"));
    for stranger in [
        "Host: evil.example\r\n".to_owned(),
        format!("{host}Origin: https://evil.example\r\n"),
        format!("{host}Sec-Fetch-Site: cross-site\r\n"),
    ] {
        assert!(serving.get("/healthz", &stranger).0.contains("403"), "{stranger}");
    }
    let (_, metrics) = serving.get("/metrics", &host);
    assert!(metrics.contains("civetta_http_requests_refused_total 3\n"), "{metrics}");
    assert!(metrics.contains("civetta_http_requests_total 7\n"), "{metrics}");
}

#[test]
fn sigterm_is_an_orderly_end() {
    let home = Home::new();
    let mut serving = Serving::start(&home);
    assert!(Command::new("kill").arg(serving.child.id().to_string()).status().expect("kill is there").success());
    assert_eq!(serving.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn without_keys_it_says_so() {
    let home = Home::new();
    let serving = Serving::start(&home);
    assert!(serving.log().contains("no access keys"), "{}", serving.log());
}

#[test]
fn a_server_is_not_its_own_s3() {
    let ran = Home::new().run(&["serve", "--listen", "127.0.0.1:4999", "--s3", "http://localhost:4999"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("where this server would listen"), "{}", ran.stderr);
}

#[test]
fn the_public_name_is_one_of_ours_and_others_are_not() {
    let home = Home::new();
    let serving = Serving::start_with(&home, &["--public-url", "http://lake.example:8080"]);
    assert!(serving.log().contains("whoever can reach http://lake.example:8080"), "{}", serving.log());
    let own = format!("Host: {}\r\n", serving.address);
    for (headers, status) in [
        ("Host: lake.example:8080\r\n", "200"),
        (&format!("{own}X-Forwarded-Host: lake.example\r\n"), "200"),
        (&format!("{own}X-Forwarded-Host: evil.example\r\n"), "403"),
        ("Host: evil.example\r\nX-Forwarded-Host: lake.example\r\n", "403"),
    ] {
        assert!(serving.get("/healthz", headers).0.contains(status), "{headers}");
    }
    std::fs::create_dir_all(home.path().join("data/lake/orders")).expect("a bucket");
    std::fs::write(home.path().join("data/lake/orders/a.json"), "{}").expect("an object");
    let (line, body) = serving.get("/a.json", "Host: orders.lake.example:8080\r\n");
    assert!(line.contains("200") && body == "{}", "{line}: {body}");
}

#[test]
fn tls_needs_a_pair_of_files_that_can_be_read() {
    let home = Home::new();
    home.file("x.pem", "hunter2");
    for (arguments, why) in [
        (["--tls-cert", "x.pem"].as_slice(), "give --tls-key"),
        (&["--tls-key", "x.pem"], "give --tls-cert"),
        (&["--tls-cert", "x.pem", "--tls-key", "x.pem"], "no certificate in it"),
        (&["--tls-cert", "y.pem", "--tls-key", "x.pem"], "y.pem"),
        (&["--tls", "on"], "expected auto or off"),
        (&["--tls", "auto", "--tls-cert", "x.pem"], "cannot be used with"),
        (&["--public-url", "https://lake.example/api"], "expected no path"),
        (&["--proxy", "lake"], "such as 10.0.0.0/8"),
    ] {
        let ran = home.run(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        assert!(ran.code == 2 && ran.stderr.contains(why) && !ran.stderr.contains("hunter2"), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn another_s3_that_is_away_is_said_in_s3s_words() {
    let home = Home::new();
    let serving = Serving::start_with(&home, &["--s3", "http://id:secret@127.0.0.1:9", "--root", "s3://there"]);
    let host = format!("Host: {}\r\n", serving.address);
    let (line, body) = serving.get("/there/key", &host);
    assert!(line.contains("503") && body.contains("<Code>ServiceUnavailable</Code>"), "{line}: {body}");
    let (line, body) = serving.get("/elsewhere/key", &host);
    assert!(line.contains("403") && body.contains("<Code>AccessDenied</Code>") && body.contains("--root"), "{line}: {body}");
    assert!(!serving.log().contains("secret@"), "{}", serving.log());
}
