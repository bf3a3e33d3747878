//! What the server logs, and what it must not: keys, headers, bodies.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use serde_json::Value;
use synthweb::{Web, WebOptions};

use crate::running::Server;
use crate::shared::index_of;

/// Stands in everything that clients send and no log may have.
const MARKER: &str = "mArKeRzZ";

fn send(address: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nX-Other: {MARKER}\r\n{headers}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Asks in every way that could leave something behind; gives what no log may have.
fn ask(address: &str, key: &Value) -> Vec<String> {
    let (id, secret) = (key["id"].as_str().unwrap(), key["key"].as_str().unwrap());
    let live = "/v3/backlinks/backlinks/live";
    let wrong = format!("{}{}", &secret[..secret.len() - 6], "wrongs");
    let bearer = |key: &str| format!("Authorization: Bearer {key}\r\n");
    let task = |rest: &str| format!(r#"[{{"target":"example.org","tag":"{MARKER}"{rest}}}]"#);
    assert!(send(address, live, &bearer(secret), &task("")).contains("20000"));
    let basic = "dXNlcjpwYXNzd29yZA==";
    for headers in [bearer(&wrong), format!("Authorization: Basic {basic}\r\n"), bearer(MARKER), String::new()] {
        assert!(send(address, live, &headers, &task("")).starts_with("HTTP/1.1 401"), "{headers}");
    }
    let bodies = [
        format!(r#"[{{"target":"{MARKER}"}}]"#),
        format!(r#"[{{"target":"https://example.org/{MARKER}"}}]"#),
        format!(r#"[{{"{MARKER}":1}}]"#),
        format!("{{{MARKER}"),
        task(&format!(r#","backlinks_status_type":"{MARKER}""#)),
        task(&format!(r#","mode":"{MARKER}""#)),
        task(&format!(r#","order_by":["{MARKER},desc"]"#)),
        task(&format!(r#","filters":["anchor","regex","({MARKER}"]"#)),
        task(&format!(r#","filters":["{MARKER}","=","{MARKER}"]"#)),
        task(&format!(r#","search_after_token":"{MARKER}""#)),
    ];
    for body in &bodies {
        assert!(send(address, live, &bearer(secret), body).starts_with("HTTP/1.1 "), "{body}");
    }
    send(address, &format!("/v3/{MARKER}?{MARKER}=1"), &bearer(secret), "[]");
    send(address, &format!("{live}?{MARKER}=1"), &bearer(secret), "[]");
    // The middle of a secret stands for its whole: its beginning is the id, which may be told.
    let part = |key: &str| key.strip_prefix(&format!("bl_{id}_")).unwrap()[..12].to_owned();
    vec![part(secret), "wrongs".to_owned(), basic.to_owned(), "Bearer bl_".to_owned(), MARKER.to_owned()]
}

#[test]
fn logs_have_neither_keys_nor_headers_nor_bodies_and_json_lines_are_json() {
    let folder = tempfile::tempdir().unwrap();
    let web = Web::new(WebOptions::new(3, 50));
    let visits: Vec<_> = web.visits(0).collect();
    let data = folder.path().join("index");
    index_of(&data, &[&visits], 2);
    let created = Command::new(env!("CARGO_BIN_EXE_backlinks"))
        .args(["keys", "create", "--name", "test", "--json", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    let key: Value = serde_json::from_slice(&created.stdout).unwrap();
    for format in ["json", "text"] {
        let server = Server::start(&data, folder.path().join(format), &format!("--log trace --log-format {format}"));
        let forbidden = ask(&server.address(), &key);
        let log = server.stop();
        for text in forbidden {
            let line = log.lines().find(|line| line.to_lowercase().contains(&text.to_lowercase()));
            assert_eq!(line, None, "the log has {text}");
        }
        if format == "text" {
            assert!(log.contains("serving snapshot 000001 on http://127.0.0.1:"), "{log}");
            continue;
        }
        let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
        assert!(answered.len() > 10, "{log}");
        for line in answered {
            assert!(line["timestamp"].is_string() && line["level"] == "INFO" && line["api.code"].is_u64(), "{line}");
        }
    }
}

#[test]
fn an_error_is_a_line_of_json_where_logs_are() {
    let output = Command::new(env!("CARGO_BIN_EXE_backlinks"))
        .args(["query", "example.org", "--data", "no/such/folder", "--log-format", "json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let line: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((&line["level"], &line["exit.code"]), (&Value::from("ERROR"), &Value::from(3)));
}
