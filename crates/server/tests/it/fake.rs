//! An index in memory, and a client.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use model::{
    Digest, Evidence, LanguageCode, LinkKind, LostReason, NewReason, PlatformType, RankScore, SemanticLocation,
    SnapshotId, Timestamp,
};
use query::{Backlink, BacklinksAnswer, BacklinksQuestion, Bounds, Hop, HopKind, Position, RowId};
use server::{Access, AnswerError, App, Backlinks, IndexTotals, RequestLimits};
use tower::ServiceExt;

pub(crate) const PATH: &str = "/v3/backlinks/backlinks/live";

/// Answers by the host of the target, and remembers what it was asked.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) asked: Mutex<Vec<BacklinksQuestion>>,
    pub(crate) totals: Option<IndexTotals>,
    pub(crate) totals_fail: bool,
    /// Questions that were called off.
    pub(crate) called_off: AtomicUsize,
}

impl Backlinks for Fake {
    fn backlinks(&self, question: &BacklinksQuestion, bounds: &Bounds) -> Result<BacklinksAnswer, AnswerError> {
        self.asked.lock().unwrap().push(question.clone());
        match question.target.host().as_str() {
            "absent.org" => Ok(answer(question, 0, Vec::new())),
            "corrupt.org" => Err(AnswerError::Corrupt { file: PathBuf::from("links/body/7"), block: "3".to_owned() }),
            "failed.org" => Err(AnswerError::Failed { source: Box::new(io::Error::other("disk on fire")) }),
            "young.org" if question.as_of.is_some() => Err(AnswerError::AsOf { reason: "is before all".to_owned() }),
            "gone.org" if question.after.is_some() => {
                Err(AnswerError::Position { reason: "is of a snapshot that is gone" })
            }
            "large.org" if bounds.rows < 1_000_000 => Err(AnswerError::TooManyRows),
            "endless.org" => {
                while !bounds.is_called_off() {
                    std::thread::sleep(Duration::from_millis(2));
                }
                self.called_off.fetch_add(1, Ordering::Relaxed);
                Err(AnswerError::CalledOff)
            }
            "huge.org" => Err(AnswerError::TooLarge { memory_bytes: bounds.memory_bytes }),
            "panics.org" => panic!("on purpose"),
            "slow.org" => {
                std::thread::sleep(Duration::from_millis(400));
                Ok(answer(question, 2, vec![full_row(), bare_row()]))
            }
            "many.org" => Ok(answer(question, 50_000, vec![full_row(); question.limit as usize])),
            "small.org" => Ok(answer(question, 2, page(question))),
            _ => Ok(answer(question, 318, page(question))),
        }
    }

    fn totals(&self) -> Result<Option<IndexTotals>, AnswerError> {
        if self.totals_fail {
            return Err(AnswerError::Failed { source: Box::new(io::Error::other("disk on fire")) });
        }
        Ok(self.totals)
    }

    fn published(&self) -> Timestamp {
        Timestamp::parse_iso("2026-11-01").unwrap()
    }

    fn snapshot(&self) -> Option<u64> {
        Some(7)
    }
}

/// Rows as if they were those that the question asks for.
fn answer(question: &BacklinksQuestion, total_count: u64, rows: Vec<Backlink>) -> BacklinksAnswer {
    let before = question.after.map_or(question.offset.into(), |position| position.rows_before);
    let rows_before = before + rows.len() as u64;
    let row = RowId { section: 0, row: rows_before as u32 };
    let next = (!rows.is_empty() && rows_before < total_count).then_some(Position {
        snapshot: SnapshotId(1),
        row,
        rows_before,
    });
    BacklinksAnswer { snapshot: SnapshotId(7), total_count, rows, next, set_rank: None }
}

fn page(question: &BacklinksQuestion) -> Vec<Backlink> {
    let rows = [full_row(), bare_row()];
    rows.into_iter().skip(question.offset as usize).take(question.limit as usize).collect()
}

pub(crate) fn now() -> Timestamp {
    Timestamp::parse_iso("2026-11-23T12:00:30Z").unwrap()
}

pub(crate) fn app_with(access: Access, limits: RequestLimits) -> (App, Arc<Fake>) {
    let fake = Arc::new(Fake::default());
    let index: Arc<dyn Backlinks> = fake.clone();
    (App::new(index, access, now, limits), fake)
}

pub(crate) fn open_app() -> App {
    app_with(Access::Open, RequestLimits::default()).0
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn hint(&self) -> &str {
        self.headers.get("x-error-hint").map_or("", |hint| hint.to_str().unwrap())
    }

    /// Status of the answer, code of the answer, code of the first task (0 without one).
    pub(crate) fn codes(&self) -> (u16, u64, u64) {
        let json = self.json();
        let task = json["tasks"][0]["status_code"].as_u64().unwrap_or(0);
        (self.status.as_u16(), json["status_code"].as_u64().unwrap(), task)
    }

    /// The body with what differs from run to run replaced: times that are not zero, and ids.
    pub(crate) fn masked(&self) -> String {
        let mut masked = String::new();
        let mut rest = self.body.as_str();
        while let Some(at) = rest.find("\"id\":\"").into_iter().chain(rest.find("\"time\":\"")).min() {
            let open = at + rest[at..].find(":\"").unwrap() + 2;
            let close = open + rest[open..].find('"').unwrap();
            masked.push_str(&rest[..open]);
            match &rest[open..close] {
                "0 sec." => masked.push_str("0 sec."),
                time if time.ends_with(" sec.") => masked.push_str("[TIME]"),
                id => {
                    assert_eq!(id.len(), 36, "{id}");
                    masked.push_str(&id[..24]);
                    masked.push_str("[RANDOM]");
                }
            }
            rest = &rest[close..];
        }
        masked + rest
    }
}

pub(crate) async fn send(app: &App, request: Request<Body>) -> Answer {
    let response = server::router(app.clone()).oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer { status: head.status, headers: head.headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
}

pub(crate) async fn post(app: &App, body: impl Into<Body>) -> Answer {
    send(app, Request::post(PATH).body(body.into()).unwrap()).await
}

/// The row of the contract's example.
pub(crate) fn full_row() -> Backlink {
    let time = |text| Timestamp::parse_iso(text).unwrap();
    Backlink {
        domain_from: "blog.sample.net".into(),
        url_from: "https://blog.sample.net/tools/".into(),
        domain_to: "www.example.org".into(),
        url_to: "https://www.example.org/guide".into(),
        tld_from: Some("net".into()),
        is_new: false,
        is_lost: false,
        backlink_spam_score: Some(4),
        rank: RankScore::new(212),
        page_from_rank: RankScore::new(305),
        domain_from_rank: RankScore::new(351),
        domain_from_platform_type: Some([PlatformType::Cms, PlatformType::Blogs].into_iter().collect()),
        domain_from_is_ip: false,
        domain_from_ip: Some("203.0.113.7".parse().unwrap()),
        domain_from_country: Some("WW".into()),
        page_from_external_links: Some(14),
        page_from_internal_links: Some(61),
        page_from_size: Some(48211),
        page_from_encoding: Some("utf-8".into()),
        page_from_language: LanguageCode::parse("en"),
        page_from_title: Some("Tools we use".into()),
        page_from_status_code: Some(200),
        first_seen: time("2024-03-26 02:46:50"),
        prev_seen: Some(time("2026-08-01 10:11:12")),
        last_seen: time("2026-10-30 09:00:00"),
        lost_at: None,
        new_reason: NewReason::LinkAdded,
        lost_reason: None,
        item_type: LinkKind::Anchor,
        attributes: Some(vec!["noopener".into()]),
        dofollow: true,
        original: true,
        alt: None,
        image_url: None,
        anchor: Some("the guide".into()),
        text_pre: Some("We follow".into()),
        text_post: Some("for setup.".into()),
        semantic_location: Some(SemanticLocation::Article),
        links_count: 1,
        group_count: 0,
        is_broken: false,
        url_to_status_code: Some(200),
        url_to_spam_score: Some(0),
        url_to_redirect_target: None,
        is_indirect_link: true,
        indirect_link_path: Some(vec![Hop { kind: HopKind::Redirect, status: 301, url: "http://exa.mp/g".into() }]),
        evidence: Evidence {
            archive: "crawl-1.warc.gz".into(),
            offset: 8_589_934_592,
            length: 1534,
            digest: Some(Digest("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ".into())),
        },
        explanation: None,
    }
}

/// A row of which as little is known as there can be.
pub(crate) fn bare_row() -> Backlink {
    Backlink {
        domain_from: "192.0.2.1".into(),
        url_from: "http://192.0.2.1/\"\u{1}".into(),
        domain_to: "example.org".into(),
        url_to: "http://example.org/".into(),
        tld_from: None,
        is_new: true,
        is_lost: true,
        backlink_spam_score: None,
        rank: RankScore::new(0),
        page_from_rank: RankScore::new(0),
        domain_from_rank: RankScore::new(0),
        domain_from_platform_type: None,
        domain_from_is_ip: true,
        domain_from_ip: None,
        domain_from_country: None,
        page_from_external_links: None,
        page_from_internal_links: None,
        page_from_size: None,
        page_from_encoding: None,
        page_from_language: None,
        page_from_title: None,
        page_from_status_code: None,
        first_seen: now(),
        prev_seen: None,
        last_seen: now(),
        lost_at: Some(now()),
        new_reason: NewReason::Restored,
        lost_reason: Some(LostReason::PageGone),
        item_type: LinkKind::Redirect,
        attributes: None,
        dofollow: false,
        original: false,
        alt: None,
        image_url: None,
        anchor: None,
        text_pre: None,
        text_post: None,
        semantic_location: None,
        links_count: 2,
        group_count: 0,
        is_broken: true,
        url_to_status_code: None,
        url_to_spam_score: None,
        url_to_redirect_target: None,
        is_indirect_link: false,
        indirect_link_path: None,
        evidence: Evidence { archive: "old.arc.gz".into(), offset: 0, length: 90, digest: None },
        explanation: None,
    }
}
