//! Spam scores and kinds of site: from what pages say of themselves, and from the graph of domains.

use std::collections::HashMap;

use model::{PlatformType, PlatformTypes};
use rank::scale;
use rank::spam::{self, DomainEvidence, PageEvidence, Signal, Signals, farm};
use store::{AssessedPage, Build, KnownPage};

use super::ranks::{Ranked, Size, ranked};
use crate::terminal::Progress;

/// What is known of single pages, by node. Memory: 13 bytes a page, and about 20 a visited host.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// The domain of each page.
    pub(super) domain: Vec<u32>,
    /// Whether it is the home page of a host.
    pub(super) is_home: Vec<bool>,
    /// What it shows of itself; nothing for pages that were never visited.
    evidence: Vec<u64>,
    /// Visited pages of each host, by the checksum of its key.
    of_host: HashMap<u64, u32>,
}

/// What is known of domains, by node.
#[derive(Debug, Default)]
pub(super) struct Domains {
    /// Kinds of site that any of its pages gives evidence of.
    pub(super) platforms: Vec<PlatformTypes>,
    signals: Vec<Signals>,
}

/// Signals that hold for anything that a host answers. The others are about what stands on an HTML page.
const OF_ANY_ANSWER: [Signal; 5] =
    [Signal::DomainLength, Signal::DomainDigits, Signal::SubdomainDigits, Signal::SpamTld, Signal::PlainHttp];

/// The signals of a page, as bits.
pub(super) fn assess(page: &AssessedPage<'_>) -> u64 {
    let signals = page.signals.unwrap_or_default();
    let chars = |text: Option<&str>| text.map(|text| u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
    let shown = spam::page_signals(&PageEvidence {
        host: page.host.as_str(),
        registrable: (!page.host.is_ip()).then(|| page.host.registrable()),
        tld: page.host.tld(),
        is_https: page.is_https,
        title_chars: chars(page.title),
        description_chars: chars(page.description),
        canonical_is_foreign: page.canonical_is_foreign,
        trusted_sources: signals.trusted_sources,
        has_social_meta: signals.has_social_meta,
        has_contact: signals.has_contact,
        internal_links: page.internal_links.unwrap_or_default(),
        external_links: page.external_links.unwrap_or_default(),
        words: page.signals.map(|signals| signals.words),
    });
    if page.signals.is_some() {
        return shown.bits();
    }
    let mut kept = Signals::EMPTY;
    for signal in OF_ANY_ANSWER.into_iter().filter(|signal| shown.contains(*signal)) {
        kept.insert(signal);
    }
    kept.bits()
}

impl Pages {
    /// Reads the pages of a build; their domains learn what kinds of site they are.
    pub(super) fn read(build: &Build, domains: &mut Domains) -> anyhow::Result<Self> {
        let nodes = usize::try_from(build.page_nodes())?;
        let mut pages = Self {
            domain: vec![0; nodes],
            is_home: vec![false; nodes],
            evidence: vec![0; nodes],
            of_host: HashMap::new(),
        };
        domains.platforms = vec![PlatformTypes::EMPTY; usize::try_from(build.domain_nodes())?];
        let mut is_visited = vec![false; domains.platforms.len()];
        build.pages(|page| pages.take(page, domains, &mut is_visited))?;
        for (platforms, is_visited) in domains.platforms.iter_mut().zip(is_visited) {
            if is_visited && platforms.is_empty() {
                platforms.insert(PlatformType::Unknown);
            }
        }
        Ok(pages)
    }

    fn take(&mut self, page: KnownPage<'_>, domains: &mut Domains, is_visited: &mut [bool]) {
        let (node, domain) = (page.node as usize, page.domain as usize);
        if let (Some(own), Some(is_home)) = (self.domain.get_mut(node), self.is_home.get_mut(node)) {
            (*own, *is_home) = (page.domain as u32, page.is_home);
        }
        let Some((platforms, evidence)) = page.visited else { return };
        *self.of_host.entry(store::checksum(page.host_key)).or_default() += 1;
        if let Some(own) = self.evidence.get_mut(node) {
            *own = evidence;
        }
        if let (Some(of_domain), Some(is_visited)) = (domains.platforms.get_mut(domain), is_visited.get_mut(domain)) {
            *of_domain = of_domain.union(platforms);
            *is_visited = true;
        }
    }

    /// How many pages of a host were visited.
    pub(super) fn of_host(&self, host_key: &[u8]) -> u32 {
        self.of_host.get(&store::checksum(host_key)).copied().unwrap_or_default()
    }

    /// The spam score of a page, and the signals that it was made of.
    pub(super) fn spam(&self, domains: &Domains, node: usize) -> (u8, u64) {
        let own = Signals::from_bits(self.evidence.get(node).copied().unwrap_or_default());
        let domain = self.domain.get(node).and_then(|domain| domains.signals.get(*domain as usize));
        let signals = own.union(domain.copied().unwrap_or_default());
        (spam::score(signals), signals.bits())
    }
}

impl Domains {
    /// Finds the signals that the graph of domains gives.
    pub(super) fn assess(
        &mut self,
        build: &Build,
        size: Size<'_>,
        ranked_domains: &Ranked,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        let nodes = u32::try_from(size.nodes)?;
        // What a domain has that nothing links to, because ranks that lead nowhere come back to all: in
        // units of that, it has 1, and nothing stands out that is not linked to.
        let floor = 1.0 + scale::DAMPING * ranked_domains.dangling_mass / (1.0 - scale::DAMPING);
        let linear: Vec<f64> = ranked_domains.relative.iter().map(|relative| relative / floor).collect();
        let mut is_core = vec![false; nodes as usize];
        let mut names: HashMap<u32, (String, usize)> = HashMap::new();
        build.domains(|node, host| {
            let Some(relative) = linear.get(node as usize) else { return };
            if let Some(is_core) = is_core.get_mut(node as usize) {
                *is_core = spam::is_core_domain(host.as_str());
            }
            if *relative >= farm::LEAST_RANK && !host.is_ip() {
                let label = host.as_str().find('.').unwrap_or(host.as_str().len());
                names.insert(node as u32, (host.as_str().to_owned(), label));
            }
        })?;
        let mut is_spam_mass = vec![false; nodes as usize];
        if let Some(options) = spam::core_options(nodes, |node| is_core.get(node as usize) == Some(&true)) {
            let core = ranked(size, build.domain_edges(), options, progress)?;
            let unscaled = |x: f64| x * (1.0 - scale::DAMPING) / f64::from(nodes);
            let of = |ranked: &Ranked| ranked.relative.iter().copied().map(unscaled).collect::<Vec<f64>>();
            let mass = spam::spam_mass(&of(ranked_domains), ranked_domains.dangling_mass, &of(&core));
            for ((flag, mass), x) in is_spam_mass.iter_mut().zip(mass).zip(&linear) {
                *flag = spam::is_spam_mass(*x, mass);
            }
        }
        let farms = spam::farm_blocks(&linear, |node| {
            let (name, label) = names.get(&node).map_or(("", 0), |(name, label)| (name.as_str(), *label));
            let (label, suffix) = name.split_at_checked(label).unwrap_or_default();
            farm::DomainName { label, suffix: suffix.strip_prefix('.').unwrap_or_default() }
        });
        let identical = spam::identical_sets(nodes, build.domain_edges())?;
        self.signals = is_spam_mass
            .into_iter()
            .zip(farms)
            .zip(identical)
            .map(|((is_spam_mass, is_in_farm_block), has_identical_referrers)| {
                spam::domain_signals(DomainEvidence { is_spam_mass, is_in_farm_block, has_identical_referrers })
            })
            .collect();
        Ok(())
    }
}
