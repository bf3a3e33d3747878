//! Requests that are made to cost much: each must be refused quickly, with a reason. The example
//! `bombs` and the test share this list.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes that a body may have.
const MOST: usize = 1 << 20;

/// A body and the codes of which one must come.
pub(crate) struct Bomb {
    pub(crate) name: &'static str,
    pub(crate) body: String,
    pub(crate) codes: &'static [u16],
}

/// How an answer to a bomb came.
pub(crate) struct Refused {
    pub(crate) code: u16,
    pub(crate) hint: String,
    pub(crate) took: Duration,
}

pub(crate) fn bombs() -> Vec<Bomb> {
    let task = |member: String| format!(r#"[{{"target":"example.org",{member}}}]"#);
    let filled = |open: &str, close: &str| {
        let room = (MOST - task(r#""filters":"#.to_owned()).len()) / (open.len() + close.len());
        task(format!(r#""filters":{}{}"#, open.repeat(room), close.repeat(room)))
    };
    let conditions =
        |count: usize| task(format!(r#""filters":[{}["alt","=",""]]"#, r#"["alt","=",""],"or","#.repeat(count - 1)));
    let regex = |pattern: &str| task(format!(r#""filters":["anchor","regex",{}]"#, serde_json::json!(pattern)));
    // Classes that take long to unfold and come to nothing, so that their size is no bound.
    let folded = |class: &str| {
        let pattern = serde_json::json!(format!("(?i){}", class.repeat(990 / class.len())));
        task(format!(r#""filters":[{}["x"]]"#, format!(r#"["alt","regex",{pattern}],"or","#).repeat(16)))
    };
    let most_compiled = || {
        let pattern = serde_json::json!(format!("(?i){}", r"[\s\S]".repeat(6)));
        task(format!(r#""filters":[["alt","regex",{pattern}],"or",["x"]]"#))
    };
    let unreadable: &[u16] = &[40501, 40503];
    let field: &[u16] = &[40501];
    let post: &[u16] = &[40503];
    let bomb = |name, body, codes| Bomb { name, body, codes };
    vec![
        bomb("1 MiB of opening brackets", "[".repeat(MOST), post),
        bomb("1 MiB of opening brackets in filters", task(format!(r#""filters":{}"#, "[".repeat(MOST - 60))), post),
        bomb("1 MiB of nested brackets in filters", filled("[", "]"), unreadable),
        bomb("1 MiB of nested objects in filters", filled(r#"{"a":"#, "}").replace(":}", ":1}"), unreadable),
        bomb("300,000 brackets beside each other", task(format!(r#""filters":[{}[]]"#, "[],".repeat(300_000))), field),
        bomb("100,000 conditions, 2 MB", conditions(100_000), post),
        bomb("52,000 conditions, 1 MiB", conditions(52_000), field),
        bomb(
            "a list of 400,000 numbers",
            task(format!(r#""filters":["rank","in",[{}1]]"#, "1,".repeat(400_000))),
            field,
        ),
        bomb("a text of 1 MB", task(format!(r#""filters":["anchor","like","{}"]"#, "%a".repeat(500_000))), field),
        bomb("400,000 sort keys", task(format!(r#""order_by":[{}1]"#, "1,".repeat(400_000))), field),
        bomb("100,000 tasks", format!("[{}{{}}]", "{},".repeat(100_000)), &[40006]),
        bomb(
            "80,000 unknown fields",
            task((0..80_000).map(|at| format!(r#""{at}":1"#)).collect::<Vec<_>>().join(",")),
            &[40506],
        ),
        bomb("regex: counted repetitions in each other", regex("((((a{100}){100}){100}){100}){100}"), field),
        bomb("regex: a counted Unicode class", regex(r"[\p{L}\p{N}\p{P}]{1000}"), field),
        bomb("regex: counted words", regex(r"(\w{100}|\W{100}){100}"), field),
        bomb("regex: big classes without case", regex(&r"(?i)\p{L}\p{Greek}\p{Cyrillic}\p{Han}\w".repeat(20)), field),
        bomb(
            "regex: many alternatives of classes",
            regex(&(b'a'..=b'z').map(|at| format!(r"{0}\w|\w{0}", at as char)).collect::<Vec<_>>().join("|")),
            field,
        ),
        bomb("regex: 499 groups in each other", regex(&format!("{}{}", "(".repeat(499), ")".repeat(499))), field),
        bomb("regex: repetitions of repetitions", regex(&format!("a{}", "{9}".repeat(300))), field),
        bomb("regex: optional counted class", regex(r"(?:\pL{0,50}){0,50}"), field),
        bomb("regex: a pattern of 1 MB", regex(&"a".repeat(1_000_000)), field),
        bomb("regex: 16 of intersected classes without case", folded(r"[\p{L}&&a]"), field),
        bomb("regex: 16 of alternatives that are empty, without case", folded(r"[^\w\W]|"), field),
        bomb("regex: 16 of the range of everything, without case", folded("[]!-\u{10ffff}]"), field),
        bomb("regex: as much as is compiled, and a fault", most_compiled(), field),
        bomb(
            "17 regexes",
            task(format!(r#""filters":[{}["alt","regex","a"]]"#, r#"["alt","regex","a"],"or","#.repeat(16))),
            field,
        ),
    ]
}

/// Posts a body of 100 MB over a connection of its own, and says what came back, and when.
pub(crate) async fn send_100_megabytes(address: SocketAddr, is_chunked: bool) -> Refused {
    let length = if is_chunked { "transfer-encoding: chunked" } else { "content-length: 100000000" };
    let head = format!("POST /v3/backlinks/backlinks/live HTTP/1.1\r\nhost: localhost\r\n{length}\r\n\r\n");
    let chunk = if is_chunked { format!("10000\r\n{}\r\n", " ".repeat(65_536)) } else { " ".repeat(65_536) };
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    let started = Instant::now();
    let sending = tokio::spawn(async move {
        let mut is_open = writer.write_all(head.as_bytes()).await.is_ok();
        for _ in 0..100_000_000 / 65_536 {
            is_open = is_open && writer.write_all(chunk.as_bytes()).await.is_ok();
        }
    });
    let mut answer = Vec::new();
    let mut some = vec![0; 65_536];
    // The server closes without reading the rest: a reset at the end is a close.
    while let Ok(count) = reader.read(&mut some).await {
        answer.extend_from_slice(&some[..count]);
        if count == 0 || answer.ends_with(b"}") {
            break;
        }
    }
    let took = started.elapsed();
    sending.abort();
    let text = String::from_utf8_lossy(&answer).into_owned();
    let after = |what: &str| text.split_once(what).map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    let code = after("\"status_code\":").chars().take(5).collect::<String>().parse().unwrap_or(0);
    let hint = after("x-error-hint: ").lines().next().unwrap_or_default().to_owned();
    Refused { code, hint, took }
}
