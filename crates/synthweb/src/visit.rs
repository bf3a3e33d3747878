//! A page as a visit: what ingest must make of its response, computed from the draft and not from
//! the HTML.

use model::{Evidence, Link, LinkKind, Outcome, Page, Redirect, RedirectKind, RelTokens, Robots, Url, Visit};

use crate::draft::{Archived, Draft, Forward};
use crate::html;
use crate::layout::PageNumber;
use crate::links::{BodyLink, Place};
use crate::moment::Moment;
use crate::random::{Dice, Stream};
use crate::web::Web;

impl Web {
    /// What ingest must produce for [`Web::response`]; `None` where that is `None`.
    pub fn visit(&self, page: PageNumber, step: u32) -> Option<Visit> {
        self.visit_at(page, Moment::first(step))
    }

    /// What ingest must produce for [`Web::responses_of`]: some pages are fetched twice in a step.
    ///
    /// The evidence names an archive that need not exist (`synth-<step>.warc.gz`, the page number
    /// as offset, of the second fetch that behind the last page's); evidence of real archives comes from
    /// whoever reads them.
    pub fn visits_of(&self, page: PageNumber, step: u32) -> impl Iterator<Item = Visit> + '_ {
        Moment::both(step).into_iter().filter_map(move |moment| self.visit_at(page, moment))
    }

    pub(crate) fn visit_at(&self, page: PageNumber, moment: Moment) -> Option<Visit> {
        let draft = self.draft(page, moment)?;
        let mut digest = Dice::new(self.options.seed, Stream::Sample, page.0, moment.number());
        let evidence = Evidence {
            archive: format!("synth-{}.warc.gz", moment.step()),
            offset: page.0 + if moment.is_second() { self.pages() } else { 0 },
            length: 0,
            digest: Some(model::Digest(format!("synth:{:016x}", digest.next()))),
        };
        let mut facts = facts_without_size(&draft)?;
        if draft.has_document() {
            facts.size_bytes = Some(draft.host.charset.encoded_len(&html::render(&draft)) as u64);
        }
        let outcome = outcome(&draft);
        Visit::new(facts, links(draft), outcome, evidence)
    }
}

/// What a visit says of links.
pub(crate) fn outcome(draft: &Draft) -> Outcome {
    match draft.archived {
        Archived::Whole => Outcome::of_status(draft.status),
        Archived::Cut => Outcome::Unknown,
        Archived::Revisit => Outcome::Unchanged,
    }
}

fn parse(url: &str) -> Option<Url> {
    model::parse_url(url, None)
}

/// What the page says of itself; its size takes a rendering.
pub(crate) fn facts_without_size(draft: &Draft) -> Option<Page> {
    let mut page = Page::new(parse(&draft.url)?, draft.fetched_at, draft.status);
    if draft.archived == Archived::Revisit {
        return Some(page);
    }
    page.ip = Some(draft.host.ip);
    page.server = draft.host.server.map(str::to_owned);
    if !draft.has_document() {
        page.size_bytes = Some(0);
        return Some(page);
    }
    let internal = draft.links.iter().filter(|link| link.is_internal).count();
    page.title = Some(draft.title.clone());
    page.language = draft.has_language.then(|| draft.host.language.code.to_owned());
    page.encoding_declared = Some(draft.host.charset.label().to_owned());
    page.encoding = Some(draft.host.charset.whatwg_name().to_owned());
    page.internal_links = Some(internal as u32);
    page.external_links = Some((draft.links.len() - internal) as u32);
    page.canonical = draft.canonical.as_deref().and_then(parse);
    page.redirect = match &draft.forward {
        Some(Forward::Http(url)) => parse(url).map(|to| Redirect { to, kind: RedirectKind::Http }),
        Some(Forward::Refresh(url)) => parse(url).map(|to| Redirect { to, kind: RedirectKind::Refresh }),
        None => None,
    };
    let said = draft.robots.unwrap_or_default();
    page.robots = Robots {
        nofollow: draft.robots_nofollow(),
        noindex: said.contains("noindex") || said == "none",
        noarchive: said == "noarchive",
    };
    page.media_type = Some("text/html".to_owned());
    page.last_modified = draft.last_modified.map(str::to_owned);
    page.generator = draft.generator.map(str::to_owned);
    page.description.clone_from(&draft.description);
    Some(page)
}

/// The links to other hosts: headers first, then the head of the document, then its body.
fn links(draft: Draft) -> Vec<Link> {
    let page_nofollow = draft.robots_nofollow();
    let add = |url: &str, kind: LinkKind, rel: &str| {
        let mut link = Link::new(parse(url)?, kind);
        link.rel = RelTokens::parse(rel);
        link.dofollow = !page_nofollow;
        Some(link)
    };
    let is_other = |url: &&String| **url != draft.url;
    let mut found = Vec::with_capacity(draft.links.len() + 2);
    if let Some(Forward::Http(url)) = &draft.forward {
        found.extend(add(url, LinkKind::Redirect, ""));
    }
    found.extend(draft.canonical.as_ref().filter(is_other).and_then(|url| add(url, LinkKind::Canonical, "canonical")));
    if let Some(alternate) = &draft.alternate
        && let Some(mut link) = add(&alternate.to, LinkKind::Alternate, "alternate")
    {
        link.hreflang = alternate.hreflang.map(str::to_owned);
        link.media_type = alternate.media_type.map(str::to_owned);
        found.push(link);
    }
    found.extend(draft.og_url.as_ref().filter(is_other).and_then(|url| add(url, LinkKind::Meta, "")));
    if let Some(Forward::Refresh(url)) = &draft.forward {
        found.extend(add(url, LinkKind::Redirect, ""));
    }
    found.extend(draft.links.into_iter().filter(|link| !link.is_internal).filter_map(|link| body(link, page_nofollow)));
    found
}

fn body(written: BodyLink, page_nofollow: bool) -> Option<Link> {
    let kind = if written.image.is_some() { LinkKind::Image } else { LinkKind::Anchor };
    let mut link = Link::new(parse(&written.to)?, kind);
    link.rel = RelTokens::parse(&written.rel);
    link.dofollow = !page_nofollow && !link.rel.has("nofollow");
    let some = |text: String| (!text.is_empty()).then_some(text);
    link.anchor = some(written.anchor);
    if let Some(image) = written.image {
        link.alt = image.alt;
        link.image_url = Some(image.source);
    }
    link.text_pre = some(written.text_pre);
    link.text_post = some(written.text_post);
    link.location = match written.place {
        Place::Inside(location) => Some(location),
        Place::Plain | Place::Noscript => None,
    };
    link.in_noscript = written.place == Place::Noscript;
    Some(link)
}
