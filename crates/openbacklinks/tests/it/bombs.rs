//! Requests made to cost much are refused with a reason, and soon: the bound here is far above the
//! 100 ms that are promised, because other work may hold up a test; the figures are printed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Timestamp, Visit};
use openbacklinks::served::Served;
use server::{Access, App, RequestLimits, ServerOptions};
use synthweb::{Web, WebOptions};
use tokio::net::TcpListener;

use crate::bomb_list::{bombs, send_100_megabytes};
use crate::client::Client;
use crate::shared::{index_of, open};

const SOON: Duration = Duration::from_secs(2);

fn index(folder: &std::path::Path) -> Arc<query::Index> {
    let visits: Vec<Visit> = Web::new(WebOptions::new(5, 60)).visits(0).collect();
    Arc::new(open(&index_of(folder, &[&visits], 2)))
}

#[test]
fn bombs_are_refused_soon_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::of(index(folder.path()));
    for bomb in bombs() {
        let started = Instant::now();
        let reply = client.post(bomb.body);
        let took = started.elapsed();
        println!("{took:>9.2?}  {}: {} {}", bomb.name, reply.code(), reply.hint);
        assert_eq!(reply.http, 200, "{}", bomb.name);
        assert!(bomb.codes.contains(&(reply.code() as u16)), "{}: {} {}", bomb.name, reply.code(), reply.hint);
        assert!(!reply.hint.is_empty(), "{}", bomb.name);
        assert!(took < SOON, "{}: {took:?}", bomb.name);
    }
}

#[tokio::test]
async fn a_body_of_100_megabytes_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let now = || Timestamp::from_seconds(0);
    let app = App::new(Arc::new(Served::new(index(folder.path()))), Access::Open, now, RequestLimits::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(server::serve(listener, app, ServerOptions::default(), std::future::pending()));
    for is_chunked in [false, true] {
        let refused = send_100_megabytes(address, is_chunked).await;
        println!("{:>9.2?}  chunked {is_chunked}: {} {}", refused.took, refused.code, refused.hint);
        assert_eq!(refused.code, 40503);
        assert_eq!(refused.hint, "the body is longer than 1048576 bytes");
        assert!(refused.took < SOON, "{:?}", refused.took);
    }
    server.abort();
}
