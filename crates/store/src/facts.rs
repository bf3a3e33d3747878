//! Facts of pages and links as they are stored, borrowed from the bytes that hold them.

use std::net::IpAddr;

use model::{
    Evidence, HostSet, LanguageCode, Link, LinkKind, Outcome, Page, PageSignals, PageState, PlatformTypes,
    RedirectKind, Robots, SemanticLocation, Timestamp, UrlKey, Visit,
};

use crate::codec::{Decoder, Encode, Malformed};

/// Bits of what is encoded of a link, and of the flags of its row.
pub(crate) const DOFOLLOW: u64 = 1;
pub(crate) const PASSES_RANK: u64 = 1 << 1;
pub(crate) const IN_NOSCRIPT: u64 = 1 << 2;

/// The facts of one fetch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PageFacts<'a> {
    pub(crate) fetched_at: Timestamp,
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) title: Option<&'a str>,
    pub(crate) language: Option<&'a str>,
    pub(crate) encoding_declared: Option<&'a str>,
    pub(crate) encoding: Option<&'a str>,
    pub(crate) size_bytes: Option<u64>,
    pub(crate) internal_links: Option<u32>,
    pub(crate) external_links: Option<u32>,
    /// Key of the declared canonical.
    pub(crate) canonical: Option<&'a [u8]>,
    /// Means and key of the redirect's target.
    pub(crate) redirect: Option<(RedirectKind, &'a [u8])>,
    pub(crate) robots: Robots,
    pub(crate) media_type: Option<&'a str>,
    pub(crate) server: Option<&'a str>,
    pub(crate) last_modified: Option<&'a str>,
    pub(crate) generator: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) language_code: Option<LanguageCode>,
    pub(crate) platforms: PlatformTypes,
    pub(crate) signals: Option<PageSignals>,
}

/// A link and how often its page has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LinkFacts<'a> {
    pub(crate) kind: LinkKind,
    pub(crate) rel: &'a str,
    pub(crate) dofollow: bool,
    pub(crate) passes_rank: bool,
    pub(crate) in_noscript: bool,
    pub(crate) anchor: Option<&'a str>,
    pub(crate) alt: Option<&'a str>,
    pub(crate) image_url: Option<&'a str>,
    pub(crate) text_pre: Option<&'a str>,
    pub(crate) text_post: Option<&'a str>,
    pub(crate) location: Option<SemanticLocation>,
    pub(crate) hreflang: Option<&'a str>,
    pub(crate) media_type: Option<&'a str>,
    pub(crate) count: u32,
}

/// An archived record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EvidenceFacts<'a> {
    pub(crate) archive: &'a str,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) digest: Option<&'a str>,
}

/// One visit: page, evidence, and links by the key of their target.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VisitFacts<'a> {
    pub(crate) page: PageFacts<'a>,
    pub(crate) evidence: EvidenceFacts<'a>,
    pub(crate) links: Vec<VisitLink<'a>>,
}

/// A link of a visit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct VisitLink<'a> {
    pub(crate) target: &'a [u8],
    pub(crate) facts: LinkFacts<'a>,
}

impl<'a> PageFacts<'a> {
    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        into.put_signed(self.fetched_at.seconds());
        into.put_int(self.status.into());
        into.put_int(match self.outcome {
            Outcome::Definite => 0,
            Outcome::Unchanged => 1,
            Outcome::Unknown => 2,
        });
        put_ip(into, self.ip);
        for text in [self.title, self.language, self.encoding_declared, self.encoding] {
            into.put_optional_text(text);
        }
        into.put_optional_int(self.size_bytes);
        into.put_optional_int(self.internal_links.map(u64::from));
        into.put_optional_int(self.external_links.map(u64::from));
        into.put_optional_bytes(self.canonical);
        into.put_optional_int(self.redirect.map(|(kind, _)| kind.number().into()));
        into.put_optional_bytes(self.redirect.map(|(_, key)| key));
        let robots = self.robots;
        into.put_int(u64::from(robots.nofollow) | u64::from(robots.noindex) << 1 | u64::from(robots.noarchive) << 2);
        for text in [self.media_type, self.server, self.last_modified, self.generator, self.description] {
            into.put_optional_text(text);
        }
        into.put_optional_text(self.language_code.as_ref().map(LanguageCode::as_str));
        into.put_int(self.platforms.bits().into());
        into.put_optional_int(self.signals.map(PageSignals::bits));
    }

    pub(crate) fn decode(from: &mut Decoder<'a>) -> Result<Self, Malformed> {
        let fetched_at = Timestamp::from_seconds(from.signed()?);
        let status = from.int_as()?;
        let outcome = match from.int()? {
            0 => Outcome::Definite,
            1 => Outcome::Unchanged,
            2 => Outcome::Unknown,
            _ => return Err(Malformed("outcome")),
        };
        let ip = ip(from)?;
        let [title, language, encoding_declared, encoding] = from.optional_texts()?;
        let size_bytes = from.optional_int()?;
        let (internal_links, external_links) = (from.optional_int_as()?, from.optional_int_as()?);
        let canonical = from.optional_bytes()?;
        let kind = from.optional_int_as::<u8>()?.and_then(RedirectKind::from_number);
        let redirect = kind.zip(from.optional_bytes()?);
        let bits = from.int()?;
        let robots = Robots { nofollow: bits & 1 != 0, noindex: bits & 2 != 0, noarchive: bits & 4 != 0 };
        let [media_type, server, last_modified, generator, description] = from.optional_texts()?;
        Ok(Self {
            fetched_at,
            status,
            outcome,
            ip,
            title,
            language,
            encoding_declared,
            encoding,
            size_bytes,
            internal_links,
            external_links,
            canonical,
            redirect,
            robots,
            media_type,
            server,
            last_modified,
            generator,
            description,
            language_code: language_code(from)?,
            platforms: PlatformTypes::from_bits(from.int_as()?),
            signals: from.optional_int()?.map(PageSignals::from_bits),
        })
    }

    /// What explains why a link is not on the page: see [`model::Page::state`].
    pub(crate) fn state(&self, own_key: &[u8]) -> PageState {
        let is_other = |key: &[u8]| key != own_key;
        PageState {
            is_gone: matches!(self.status, 404 | 410),
            redirects: matches!(self.status, 300..=399) || self.redirect.is_some_and(|(_, key)| is_other(key)),
            noindex: self.robots.noindex,
            canonical_elsewhere: self.canonical.is_some_and(is_other),
        }
    }
}

impl<'a> LinkFacts<'a> {
    pub(crate) fn of(link: &'a Link, count: u32) -> Self {
        Self {
            kind: link.kind,
            rel: link.rel.as_str(),
            dofollow: link.dofollow,
            passes_rank: link.passes_rank(),
            in_noscript: link.in_noscript,
            anchor: link.anchor.as_deref(),
            alt: link.alt.as_deref(),
            image_url: link.image_url.as_deref(),
            text_pre: link.text_pre.as_deref(),
            text_post: link.text_post.as_deref(),
            location: link.location,
            hreflang: link.hreflang.as_deref(),
            media_type: link.media_type.as_deref(),
            count,
        }
    }

    /// The flags of the link, whatever became of it.
    pub(crate) fn flags(&self) -> u64 {
        let bits = [(self.dofollow, DOFOLLOW), (self.passes_rank, PASSES_RANK), (self.in_noscript, IN_NOSCRIPT)];
        bits.into_iter().filter(|(is_set, _)| *is_set).fold(0, |all, (_, bit)| all | bit)
    }

    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        into.put_int(self.flags());
        into.put_int(self.kind.number().into());
        into.put_optional_int(self.location.map(|location| location.number().into()));
        into.put_int(self.count.into());
        into.put_text(self.rel);
        for text in
            [self.anchor, self.alt, self.image_url, self.text_pre, self.text_post, self.hreflang, self.media_type]
        {
            into.put_optional_text(text);
        }
    }

    pub(crate) fn decode(from: &mut Decoder<'a>) -> Result<Self, Malformed> {
        let flags = from.int()?;
        let kind = LinkKind::from_number(from.int_as()?).ok_or(Malformed("link kind"))?;
        let location = from.optional_int_as::<u8>()?.and_then(SemanticLocation::from_number);
        let (count, rel) = (from.int_as()?, from.text()?);
        let [anchor, alt, image_url, text_pre, text_post, hreflang, media_type] = from.optional_texts()?;
        Ok(Self {
            kind,
            dofollow: flags & DOFOLLOW != 0,
            passes_rank: flags & PASSES_RANK != 0,
            in_noscript: flags & IN_NOSCRIPT != 0,
            location,
            count,
            rel,
            anchor,
            alt,
            image_url,
            text_pre,
            text_post,
            hreflang,
            media_type,
        })
    }
}

impl<'a> EvidenceFacts<'a> {
    pub(crate) fn of(evidence: &'a Evidence) -> Self {
        Self {
            archive: &evidence.archive,
            offset: evidence.offset,
            length: evidence.length,
            digest: evidence.digest.as_ref().map(|digest| digest.0.as_str()),
        }
    }

    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        into.put_text(self.archive);
        into.put_int(self.offset);
        into.put_int(self.length);
        into.put_optional_text(self.digest);
    }

    pub(crate) fn decode(from: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self { archive: from.text()?, offset: from.int()?, length: from.int()?, digest: from.optional_text()? })
    }
}

/// Encodes a visit for the `visits` table.
pub(crate) fn encode_visit(visit: &Visit, into: &mut Vec<u8>) {
    let page = &visit.page;
    let canonical = page.canonical.as_ref().and_then(UrlKey::new);
    let redirect = page.redirect.as_ref().and_then(|redirect| Some((redirect.kind, UrlKey::new(&redirect.to)?)));
    let facts = page_facts(page, visit.outcome, canonical.as_ref(), redirect.as_ref());
    let links = visit.links.iter().map(|stored| (stored.key.as_bytes(), LinkFacts::of(&stored.link, stored.count)));
    put_visit(&facts, &EvidenceFacts::of(&visit.evidence), links, into);
}

fn put_visit<'a>(
    page: &PageFacts<'_>,
    evidence: &EvidenceFacts<'_>,
    links: impl ExactSizeIterator<Item = (&'a [u8], LinkFacts<'a>)>,
    into: &mut Vec<u8>,
) {
    page.encode(into);
    evidence.encode(into);
    into.put_int(links.len() as u64);
    for (target, link) in links {
        into.put_bytes(target);
        link.encode(into);
    }
}

fn page_facts<'a>(
    page: &'a Page,
    outcome: Outcome,
    canonical: Option<&'a UrlKey>,
    redirect: Option<&'a (RedirectKind, UrlKey)>,
) -> PageFacts<'a> {
    PageFacts {
        fetched_at: page.fetched_at,
        status: page.status,
        outcome,
        ip: page.ip,
        title: page.title.as_deref(),
        language: page.language.as_deref(),
        encoding_declared: page.encoding_declared.as_deref(),
        encoding: page.encoding.as_deref(),
        size_bytes: page.size_bytes,
        internal_links: page.internal_links,
        external_links: page.external_links,
        canonical: canonical.map(UrlKey::as_bytes),
        redirect: redirect.map(|(kind, key)| (*kind, key.as_bytes())),
        robots: page.robots,
        media_type: page.media_type.as_deref(),
        server: page.server.as_deref(),
        last_modified: page.last_modified.as_deref(),
        generator: page.generator.as_deref(),
        description: page.description.as_deref(),
        language_code: page.language_code,
        platforms: page.platforms,
        signals: page.signals,
    }
}

impl<'a> VisitFacts<'a> {
    /// Writes what [`encode_visit`] writes.
    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        put_visit(&self.page, &self.evidence, self.links.iter().map(|link| (link.target, link.facts)), into);
    }

    /// Takes out what [`Visit::without`] takes out of a page that stays; whether there was any.
    pub(crate) fn forget(&mut self, hosts: &HostSet) -> bool {
        let links = self.links.len();
        self.links.retain(|link| !hosts.contains(link.target));
        let mut is_changed = self.links.len() != links;
        for link in &mut self.links {
            is_changed |= link.facts.image_url.take_if(|image| hosts.contains_url(image)).is_some();
        }
        is_changed |= self.page.redirect.take_if(|(_, target)| hosts.contains(target)).is_some();
        is_changed |= self.page.canonical.take_if(|canonical| hosts.contains(canonical)).is_some();
        is_changed
    }

    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(bytes);
        let page = PageFacts::decode(&mut from)?;
        let evidence = EvidenceFacts::decode(&mut from)?;
        let count = from.int()?;
        // No link takes less than a byte, so that a wrong count asks for no more than there is.
        let mut links = Vec::with_capacity(count.min(bytes.len() as u64) as usize);
        for _ in 0..count {
            links.push(VisitLink { target: from.bytes()?, facts: LinkFacts::decode(&mut from)? });
        }
        if from.is_empty() { Ok(Self { page, evidence, links }) } else { Err(Malformed("trailing bytes")) }
    }
}

pub(crate) fn language_code(from: &mut Decoder<'_>) -> Result<Option<LanguageCode>, Malformed> {
    let text = from.optional_text()?;
    text.map(|text| LanguageCode::parse(text).ok_or(Malformed("language"))).transpose()
}

pub(crate) fn put_ip(into: &mut Vec<u8>, ip: Option<IpAddr>) {
    match ip {
        None => into.put_bytes(&[]),
        Some(IpAddr::V4(address)) => into.put_bytes(&address.octets()),
        Some(IpAddr::V6(address)) => into.put_bytes(&address.octets()),
    }
}

fn ip(from: &mut Decoder<'_>) -> Result<Option<IpAddr>, Malformed> {
    ip_of_bytes(from.bytes()?)
}

pub(crate) fn ip_of_bytes(bytes: &[u8]) -> Result<Option<IpAddr>, Malformed> {
    if bytes.is_empty() {
        Ok(None)
    } else if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        Ok(Some(octets.into()))
    } else if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
        Ok(Some(octets.into()))
    } else {
        Err(Malformed("address"))
    }
}

pub(crate) fn ip_bytes(ip: Option<IpAddr>) -> Vec<u8> {
    match ip {
        None => Vec::new(),
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets().to_vec(),
    }
}
