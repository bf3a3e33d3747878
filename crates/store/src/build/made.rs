//! The stages before the ranks, one after the other: what each takes and what it leaves.

use std::sync::Mutex;

use model::Bucket;

use super::context::Context;
use super::nodes::Nodes;
use super::{StageProgress, chains, edges, mentions, page_table, plan, sources, targets};
use crate::error::Result;
use crate::group::GroupFile;
use crate::layout::file_name;
use crate::manifest::FileEntry;
use crate::pages::PAGES;
use crate::snapshot::Totals;
use crate::sort::SortedRuns;

/// What the first stages make.
pub(super) struct Made {
    pub(super) files: Vec<FileEntry>,
    pub(super) totals: Totals,
    pub(super) nodes: Nodes,
    pub(super) page_edges: SortedRuns,
    pub(super) domain_edges: SortedRuns,
}

impl Made {
    pub(super) fn of(context: &Context<'_>, progress: StageProgress<'_>) -> Result<Self> {
        let at = |bucket: Bucket| usize::from(bucket.0);

        let benches = Mutex::default();
        let sources = context.stage("sources", progress, |bucket| sources::merge(context, bucket, &benches))?;
        drop(benches);
        let (mut source_files, mut heads, mut links, mut mentions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for outcome in sources {
            source_files.push(outcome.entry);
            heads.push(outcome.heads);
            links.push(outcome.links);
            mentions.push(outcome.mentions);
        }
        let (links, mentions) = (context.joined(links)?, context.joined(mentions)?);

        let targets = context.stage("targets", progress, |bucket| {
            let (body, is_body_new) = targets::merge(context, bucket, &links)?;
            let mentions = mentions::merge(context, bucket, &mentions)?;
            Ok((body, is_body_new, mentions))
        })?;
        drop((links, mentions));
        let mut bodies = Vec::new();
        let mut mention_files = Vec::new();
        let mut is_new = Vec::new();
        for (bucket, (body, is_body_new, mentions)) in context.buckets.all().zip(targets) {
            is_new.push(is_body_new || mentions.is_some() || context.plan.work(bucket) != plan::Work::Share);
            bodies.push(body);
            mention_files.push(match mentions {
                Some(entry) => entry,
                None => context.share(&file_name(mentions::MENTIONS, bucket))?,
            });
        }

        let tables = context.stage("pages", progress, |bucket| {
            let named = page_table::Named {
                sources: &source_files[at(bucket)],
                heads: heads[at(bucket)].as_ref(),
                keys: &bodies[at(bucket)][0],
                mentions: &mention_files[at(bucket)],
                is_new: is_new[at(bucket)],
            };
            page_table::write(context, bucket, &named)
        })?;
        drop(heads);
        let (pages, domains): (Vec<_>, Vec<_>) = tables.into_iter().map(|[pages, domains]| (pages, domains)).unzip();

        let indirect = chains::resolve(context, &chains::Followed { pages: &pages, body: &bodies }, progress)?;

        let rows = |files: &[FileEntry]| files.iter().map(|entry| entry.rows).collect::<Vec<_>>();
        let open =
            |bucket: Bucket| Ok(GroupFile::open(context.folder, &pages[at(bucket)], &PAGES, None)?.rows_in_order());
        let threads = context.options.threads;
        let nodes = Nodes::read(context.buckets, threads, &rows(&pages), &rows(&domains), open)?;
        let edges = context.stage("edges", progress, |bucket| {
            let linked = edges::Linked {
                keys: &bodies[at(bucket)][0],
                facts: &bodies[at(bucket)][3],
                mentions: &mention_files[at(bucket)],
                pages: &pages[at(bucket)],
            };
            edges::of_bucket(context, bucket, &linked, &nodes)
        })?;
        let (page_edges, domain_edges): (Vec<_>, Vec<_>) =
            edges.into_iter().map(|[pages, domains]| (pages, domains)).unzip();

        let sum = |files: &[FileEntry]| files.iter().map(|entry| entry.rows).sum();
        let totals = Totals {
            pages: sum(&pages),
            visited_pages: sum(&source_files),
            domains: sum(&domains),
            links: bodies.iter().map(|body| body[0].rows).sum(),
            indirect_links: indirect.iter().map(|section| section[0].rows).sum(),
            newest_visit: context.plan.newest_visit(),
        };
        let mut files = source_files;
        files.extend(bodies.into_iter().flatten());
        files.extend(mention_files);
        files.extend(pages);
        files.extend(domains);
        files.extend(indirect.into_iter().flatten());
        let (page_edges, domain_edges) = (context.joined(page_edges)?, context.joined(domain_edges)?);
        Ok(Self { files, totals, nodes, page_edges, domain_edges })
    }
}
