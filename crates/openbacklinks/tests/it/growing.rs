//! An index that grows crawl by crawl under a server.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use model::{Timestamp, Visit};
use openbacklinks::pipeline::build;
use openbacklinks::terminal::Progress;
use query::Index;
use serde_json::Value;
use store::DataDir;
use synthweb::Web;

use crate::client::Client;
use crate::evaluator::Evaluator;
use crate::oracle::Oracle;
use crate::shared::{OPTIONS, add_crawl, index_of, open};

/// How long a snapshot that was served is kept.
pub(crate) const KEPT_SECONDS: i64 = 86_400;

/// An index that grows crawl by crawl, and what must be answered at each step.
pub(crate) struct Growing {
    pub(crate) data: DataDir,
    index: Arc<Index>,
    pub(crate) client: Client,
    crawls: Vec<Vec<Visit>>,
    pub(crate) published: usize,
    pub(crate) seconds_between: i64,
}

impl Growing {
    /// The first crawl is published.
    pub(crate) fn new(folder: &Path, links: u64) -> Self {
        let web = Web::with_links(3, links);
        let crawls: Vec<Vec<Visit>> = (0..6).map(|step| web.visits(step).collect()).collect();
        let data = index_of(folder, &[&crawls[0]], 2);
        let index = Arc::new(open(&data));
        Self { data, client: Client::of(Arc::clone(&index)), index, crawls, published: 1, seconds_between: 60 }
    }

    pub(crate) fn publish(&mut self) {
        add_crawl(&self.data, &format!("crawl-{}", self.published), &self.crawls[self.published]);
        let now = Timestamp::from_seconds(self.published as i64 * self.seconds_between);
        build(&self.data, OPTIONS, now, &Progress::new(true)).unwrap();
        self.published += 1;
        store::retire(&self.data, now, store::Retention { snapshots: 2, seconds: KEPT_SECONDS }).unwrap();
        assert!(self.index.refresh().unwrap().is_some(), "the new snapshot is served");
    }

    pub(crate) fn evaluator(&self) -> Evaluator {
        Evaluator::of(&Oracle::of(&self.crawls[..self.published].concat()))
    }

    /// The host with most links.
    pub(crate) fn largest(&self) -> String {
        let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
        for link in self.crawls[0].iter().flat_map(|visit| &visit.links) {
            *sizes.entry(link.key.host().registrable().to_owned()).or_default() += 1;
        }
        sizes.into_iter().max_by_key(|(_, size)| *size).unwrap().0
    }
}

/// The task with one member set.
pub(crate) fn with(task: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut other = task.clone();
    other[name] = value.into();
    other
}
