//! One page at one step, before it is written as HTML or as a visit: the common ground of both.

use model::Timestamp;

use crate::layout::PageNumber;
use crate::links::BodyLink;
use crate::moment::Moment;
use crate::names::{self, HostFacts};
use crate::pages::{Answer, Manner, Role, Unchanged};
use crate::random::{Dice, Stream};
use crate::web::Web;

/// Where the charset is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declared {
    Header,
    Meta,
    HttpEquiv,
    HeaderAndMeta,
}

/// How the page sends its visitor on.
#[derive(Debug, Clone)]
pub(crate) enum Forward {
    Http(String),
    Refresh(String),
}

/// What an archive keeps of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archived {
    /// All of it.
    Whole,
    /// The head and the first part of the body.
    Cut,
    /// A revisit record with the head: the answer is that of the fetch before.
    Revisit,
}

/// A `link rel=alternate`.
#[derive(Debug, Clone)]
pub(crate) struct Alternate {
    pub(crate) to: String,
    pub(crate) hreflang: Option<&'static str>,
    pub(crate) media_type: Option<&'static str>,
}

/// A page at a step.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) host: HostFacts,
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) archived: Archived,
    pub(crate) fetched_at: Timestamp,
    pub(crate) title: String,
    pub(crate) has_language: bool,
    pub(crate) declared: Declared,
    pub(crate) forward: Option<Forward>,
    pub(crate) canonical: Option<String>,
    /// The canonical address is said in the `Link` header instead of the document.
    pub(crate) canonical_in_header: bool,
    pub(crate) alternate: Option<Alternate>,
    pub(crate) og_url: Option<String>,
    /// Origin and folder of `base href`.
    pub(crate) base: Option<(String, &'static str)>,
    pub(crate) robots: Option<&'static str>,
    pub(crate) robots_in_header: bool,
    pub(crate) generator: Option<&'static str>,
    pub(crate) description: Option<String>,
    pub(crate) last_modified: Option<&'static str>,
    /// Characters outside ASCII are written as character references.
    pub(crate) uses_references: bool,
    /// The page has scripts and comments with things that look like links, and addresses that are not HTTP.
    pub(crate) has_noise: bool,
    pub(crate) links: Vec<BodyLink>,
}

impl Draft {
    /// Whether there is a body: a 304 and a revisit have none.
    pub(crate) fn has_document(&self) -> bool {
        self.archived != Archived::Revisit && self.status != 304
    }

    /// Whether robots directives forbid to follow links.
    pub(crate) fn robots_nofollow(&self) -> bool {
        self.robots.is_some_and(|said| said.contains("nofollow") || matches!(said, "none" | "NoFollow"))
    }
}

impl Web {
    /// The page at a moment; `None` if it is not fetched then.
    pub(crate) fn draft(&self, page: PageNumber, moment: Moment) -> Option<Draft> {
        let answer = self.answer(page, self.known_role(page)?, moment)?;
        Some(self.draft_of(page, moment, answer))
    }

    /// The same for somebody who has never seen the page: never a 304 or a revisit.
    pub(crate) fn whole_draft(&self, page: PageNumber, moment: Moment) -> Option<Draft> {
        let answer = self.whole_answer(page, self.known_role(page)?, moment)?;
        Some(self.draft_of(page, moment, answer))
    }

    /// The page without the links of the body, and without a base, which depends on them.
    pub(crate) fn draft_without_links(&self, page: PageNumber, moment: Moment) -> Option<Draft> {
        let role = self.known_role(page)?;
        let answer = self.answer(page, role, moment)?;
        Some(self.bare_draft(page, role, moment, answer))
    }

    fn known_role(&self, page: PageNumber) -> Option<Role> {
        (page.0 < self.layout.pages()).then(|| self.role(page))
    }

    fn draft_of(&self, page: PageNumber, moment: Moment, answer: Answer) -> Draft {
        let mut draft = self.bare_draft(page, self.role(page), moment, answer);
        if let Answer::Content(manner) | Answer::Cut(manner) = answer {
            self.add_links(&mut draft, page, moment, manner);
            if draft.archived == Archived::Cut {
                draft.links.truncate(draft.links.len() / 2);
            }
        }
        draft
    }

    fn bare_draft(&self, page: PageNumber, role: Role, moment: Moment, answer: Answer) -> Draft {
        let spot = self.layout.spot(page);
        let host = names::host_facts(self.options.seed, spot.host, &self.options.shares);
        let mut dice = Dice::new(self.options.seed, Stream::Page, page.0, 2);
        let mut draft = Draft {
            url: self.url_at(spot),
            status: 200,
            archived: Archived::Whole,
            fetched_at: self.fetched_at(page, moment),
            title: String::new(),
            has_language: dice.chance(750),
            declared: dice.pick(&[Declared::Header, Declared::Meta, Declared::HttpEquiv, Declared::HeaderAndMeta]),
            forward: None,
            canonical: None,
            canonical_in_header: false,
            alternate: None,
            og_url: None,
            base: None,
            robots: None,
            robots_in_header: false,
            generator: None,
            description: None,
            last_modified: None,
            uses_references: dice.chance(250),
            has_noise: dice.chance(120),
            links: Vec::new(),
            host,
        };
        match answer {
            Answer::Redirect { status, to } => {
                draft.status = status;
                "Moved".clone_into(&mut draft.title);
                draft.forward = Some(Forward::Http(self.url_at(to)));
                draft.has_noise = false;
            }
            Answer::Failure { status } => {
                draft.status = status;
                draft.title = format!("Error {status}");
                draft.has_noise = false;
            }
            Answer::Content(manner) => self.fill(&mut draft, page, role, manner, &mut dice),
            Answer::Cut(manner) => {
                self.fill(&mut draft, page, role, manner, &mut dice);
                draft.archived = Archived::Cut;
                draft.has_noise = false;
            }
            Answer::Unchanged(how) => match how {
                Unchanged::NotModified => draft.status = 304,
                Unchanged::NotModifiedRevisit => (draft.status, draft.archived) = (304, Archived::Revisit),
                Unchanged::SameRevisit { status } => (draft.status, draft.archived) = (status, Archived::Revisit),
            },
        }
        draft
    }

    /// What only a page with content has.
    fn fill(&self, draft: &mut Draft, page: PageNumber, role: Role, manner: Manner, dice: &mut Dice) {
        let shares = &self.options.shares;
        let host = self.layout.spot(page).host;
        let language = draft.host.language;
        let words = 2 + dice.below(4);
        language.phrase(dice, words, &mut draft.title);
        if dice.chance(200) {
            draft.title.push_str(" & ");
            draft.title.push_str(dice.pick(language.words));
        }
        if dice.chance(300) {
            let mut text = String::new();
            language.phrase(dice, 8, &mut text);
            draft.description = Some(text);
        }
        draft.generator = dice.pick(&[None, None, Some("WordPress 6.9"), Some("Hugo 0.152.2")]);
        draft.last_modified = dice.pick(&[None, Some("Tue, 06 Oct 2026 08:49:37 GMT")]);
        let says_own_canonical = dice.chance(400);
        draft.canonical_in_header = dice.chance(60);
        match role {
            Role::Canonical { to } => draft.canonical = Some(self.url_at(to)),
            Role::Refresh { to } => draft.forward = Some(Forward::Refresh(self.url_at(to))),
            _ if says_own_canonical => draft.canonical = Some(draft.url.clone()),
            _ => {}
        }
        if dice.chance(shares.alternate) {
            let to = self.url_at(self.pick_target(dice, host));
            draft.alternate = Some(if dice.chance(800) {
                Alternate { to, hreflang: Some(dice.pick(&["en", "de", "fr-CH", "x-default"])), media_type: None }
            } else {
                Alternate { to, hreflang: None, media_type: Some("application/rss+xml") }
            });
        }
        if dice.chance(shares.foreign_og_url) {
            draft.og_url = Some(self.url_at(self.pick_target(dice, host)));
        } else if dice.chance(300) {
            draft.og_url = Some(draft.url.clone());
        }
        if dice.chance(shares.robots_nofollow) {
            draft.robots = Some(dice.pick(&["nofollow", "noindex, nofollow", "none", "NoFollow"]));
        } else if dice.chance(40) {
            draft.robots = Some(dice.pick(&["noindex", "noarchive", "index, follow"]));
        }
        draft.robots_in_header = dice.chance(300);
        match manner {
            Manner::Usual => {}
            Manner::NoIndex if draft.robots_nofollow() => draft.robots = Some("noindex, nofollow"),
            Manner::NoIndex => draft.robots = Some("noindex"),
            Manner::Copy { of } => draft.canonical = Some(self.url_at(of)),
        }
    }

    fn add_links(&self, draft: &mut Draft, page: PageNumber, moment: Moment, manner: Manner) {
        let (edition, is_thin) = (self.edition(page, moment), manner != Manner::Usual);
        draft.links = self.body_links(page, edition, is_thin, &draft.host.origin, draft.host.language);
        let mut dice = Dice::new(self.options.seed, Stream::Page, page.0, 3);
        if dice.chance(self.options.shares.base) {
            let foreign = draft.links.iter().find(|link| !link.is_internal).filter(|_| dice.chance(500));
            draft.base = Some(match foreign {
                Some(link) => (origin_of(&link.to).to_owned(), "/"),
                None => (draft.host.origin.clone(), "/some/folder/"),
            });
        }
    }
}

/// Scheme, host and port of an address.
pub(crate) fn origin_of(url: &str) -> &str {
    let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    &url[..end]
}
