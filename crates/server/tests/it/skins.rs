//! The same function under the vendor's paths and under those of the gateway.

use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::auth::keyed_app;
use crate::fake::{now, open_app, send};

const TASK: &str = r#"[{"target":"example.org"}]"#;
const GATEWAY: [&str; 2] = ["/apis/v1/dataforseo/backlinks/backlinks/live", "/dataforseo/backlinks/backlinks/live"];

#[tokio::test]
async fn the_gateway_passes_answers_through_as_they_are() {
    for path in GATEWAY {
        for body in [TASK, r#"{"target":"example.org"}"#] {
            let answer = send(&open_app(), Request::post(path).body(Body::from(body)).unwrap()).await;
            let json = answer.json();
            assert_eq!(answer.codes(), (200, 20000, 20000), "{path}");
            assert_eq!(json["tasks"][0]["path"], serde_json::json!(["v3", "backlinks", "backlinks", "live"]));
            assert_eq!(json["tasks"][0]["result"][0]["items"][0]["domain_from"], "blog.sample.net");
        }
        let refused = send(&open_app(), Request::post(path).body(Body::from(r#"[{"limit":1}]"#)).unwrap()).await;
        assert_eq!(refused.codes(), (200, 20000, 40501), "failed tasks are those of the vendor");
        let refused = send(&open_app(), Request::post(path).body(Body::empty()).unwrap()).await;
        assert_eq!(refused.codes(), (200, 40502, 0));
    }
}

#[tokio::test]
async fn the_gateway_takes_bearer_only_and_refuses_in_its_own_form() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = keyed_app(directory.path());
    let key = keys.create("one", now()).unwrap();
    let basic = format!("Basic {}", STANDARD.encode(format!("login:{}", key.expose())));
    let good = format!("Bearer {}", key.expose());
    let missing = "no Bearer credentials: send Authorization: Bearer with the key";
    for path in GATEWAY {
        let post = |header: &str| Request::post(path).header("authorization", header).body(Body::from(TASK)).unwrap();
        assert_eq!(send(&app, post(&good)).await.codes(), (200, 20000, 20000));
        for (header, message) in
            [(basic.as_str(), missing), ("", missing), ("Bearer x", "a key has the form bl_<id>_<secret>")]
        {
            let answer = send(&app, post(header)).await;
            let expected = format!(r#"{{"error":"Unauthorized","message":"{message}"}}"#);
            assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, expected.as_str()));
            assert_eq!(answer.headers["www-authenticate"], r#"Bearer realm="OpenBacklinks""#);
            assert_eq!(answer.headers["content-type"], "application/json");
        }
    }
}

#[tokio::test]
async fn a_damaged_key_file_is_status_500_in_the_form_of_the_gateway() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = keyed_app(directory.path());
    let key = keys.create("one", now()).unwrap();
    std::fs::write(directory.path().join("keys.json"), "{").unwrap();
    let bearer = format!("Bearer {}", key.expose());
    let request = Request::post(GATEWAY[0]).header("authorization", bearer).body(Body::from(TASK)).unwrap();
    let answer = send(&app, request).await;
    assert_eq!(answer.status.as_u16(), 500);
    assert_eq!(answer.body, r#"{"error":"Internal Server Error","message":"the keys cannot be read"}"#);
}

#[tokio::test]
async fn what_the_gateway_does_not_have_is_not_found_in_its_own_form() {
    for (method, path, message) in [
        (Method::POST, "/apis/v1/dataforseo/backlinks/nothing/live", "there is no such path"),
        (Method::POST, "/dataforseo", "there is no such path"),
        (Method::POST, "/dataforseo/v3/backlinks/backlinks/live", "there is no such path"),
        (Method::GET, GATEWAY[0], "the path does not have this method"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = send(&open_app(), request).await;
        let expected = format!(r#"{{"error":"Not Found","message":"{message}"}}"#);
        assert_eq!((answer.status.as_u16(), answer.body), (404, expected), "{path}");
    }
}
