//! The links in the body of a page: what each says, and at which steps it is there.

use std::fmt::Write as _;

use crate::layout::{HostNumber, PageNumber, Spot};
use crate::random::{Dice, Stream};
use crate::web::Web;
use crate::words::Language;

/// Where on the page a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a paragraph of the body.
    Plain,
    /// Inside `noscript`.
    Noscript,
    /// Inside an element with a meaning.
    Inside(model::SemanticLocation),
}

/// How the address is written in `href`, where the page's base allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Absolute,
    ProtocolRelative,
    Relative,
    Fragment,
    Shouted,
    Spaced,
}

/// An image in a link.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) source: String,
    pub(crate) alt: Option<String>,
}

/// One `a` or `area` element.
#[derive(Debug, Clone)]
pub(crate) struct BodyLink {
    pub(crate) to: String,
    pub(crate) is_internal: bool,
    /// An `area`, which has neither anchor nor image.
    pub(crate) is_area: bool,
    pub(crate) form: Form,
    /// The attribute as written; empty if there is none.
    pub(crate) rel: String,
    /// Empty if there is none.
    pub(crate) anchor: String,
    pub(crate) image: Option<Image>,
    /// Empty if there is none.
    pub(crate) text_pre: String,
    /// Empty if there is none.
    pub(crate) text_post: String,
    pub(crate) place: Place,
    /// Whether the anchor's spaces are written as line breaks.
    pub(crate) is_wrapped: bool,
}

const FORMS: &[Form] = &[
    Form::Absolute,
    Form::Absolute,
    Form::Absolute,
    Form::Absolute,
    Form::Absolute,
    Form::Absolute,
    Form::Relative,
    Form::ProtocolRelative,
    Form::Fragment,
    Form::Shouted,
    Form::Spaced,
    Form::Absolute,
];

impl Web {
    /// The links of the page's body in the edition of a step, in document order; a thin page has lost half
    /// of those to other hosts.
    pub(crate) fn body_links(
        &self,
        page: PageNumber,
        step: u32,
        is_thin: bool,
        origin: &str,
        language: &Language,
    ) -> Vec<BodyLink> {
        let options = &self.options;
        let host = self.layout.spot(page).host;
        let mut dice = Dice::new(options.seed, Stream::Page, page.0, 1);
        let spread = options.degree_max.saturating_sub(options.degree_min) + 1;
        let degree = options.degree_min + self.degree_zipf.rank(&mut dice, spread);
        let internal = 2 + dice.below(4);
        let mut links = Vec::with_capacity((degree + internal) as usize);
        for at in 0..internal {
            links.push(self.internal_link(page, at, host, language));
        }
        let mut before: Option<String> = None;
        for at in 0..degree {
            let mut dice = Dice::new(options.seed, Stream::Link, page.0, at);
            let is_duplicate = dice.chance(options.shares.duplicate);
            let to = match before.take().filter(|_| is_duplicate) {
                Some(url) => url,
                None => self.url_at(self.pick_target(&mut dice, host)),
            };
            let is_dropped = is_thin && Dice::new(options.seed, Stream::Fate, page.0, at + 1).chance(500);
            if self.is_there(&mut dice, step) && !is_dropped {
                links.push(self.external_link(to.clone(), page, at, step, origin, language));
            }
            before = Some(to);
        }
        links
    }

    /// Whether a link is on its page at `step`.
    fn is_there(&self, dice: &mut Dice, step: u32) -> bool {
        if !dice.chance(self.options.shares.changing) {
            return true;
        }
        let way = dice.below(6);
        let turn = self.turn(dice);
        let later = turn + self.turn(dice);
        match way {
            // It comes, and stays or goes again.
            0 | 1 => step >= turn,
            2 => (turn..later).contains(&step),
            // It goes, and stays away or comes back.
            3 => step < turn,
            4 => !(turn..later).contains(&step),
            _ => step % 2 == turn % 2,
        }
    }

    /// A step at which something changes; never step 0.
    fn turn(&self, dice: &mut Dice) -> u32 {
        1 + dice.below(u64::from(self.options.steps.saturating_sub(1))) as u32
    }

    fn internal_link(&self, page: PageNumber, at: u64, host: HostNumber, language: &Language) -> BodyLink {
        let mut dice = Dice::new(self.options.seed, Stream::Internal, page.0, at);
        let index = self.page_zipf.rank(&mut dice, self.layout.size(host));
        let mut anchor = String::new();
        language.phrase(&mut dice, 2, &mut anchor);
        BodyLink {
            to: self.url_at(Spot { host, index }),
            is_internal: true,
            is_area: false,
            form: dice.pick(&[Form::Relative, Form::Relative, Form::Absolute]),
            rel: String::new(),
            anchor,
            image: None,
            text_pre: String::new(),
            text_post: String::new(),
            place: Place::Inside(model::SemanticLocation::Nav),
            is_wrapped: false,
        }
    }

    fn external_link(
        &self,
        to: String,
        page: PageNumber,
        at: u64,
        step: u32,
        origin: &str,
        language: &Language,
    ) -> BodyLink {
        let shares = &self.options.shares;
        let mut dice = Dice::new(self.options.seed, Stream::Link, page.0, at | 1 << 40);
        let rel = self.rel(&mut dice, step);
        let is_area = dice.chance(shares.area);
        let image = (!is_area && dice.chance(shares.image)).then(|| {
            let alt = dice.chance(800).then(|| phrase(&mut dice, language, 2));
            Image { source: format!("{origin}/img/{}.png", dice.below(10_000)), alt }
        });
        let has_text = !is_area && (image.is_none() || dice.chance(250));
        let mut anchor = if has_text { anchor(&mut dice, language, &to) } else { String::new() };
        let mut text = |end: &str| {
            if dice.chance(100) {
                return String::new();
            }
            let count = 2 + dice.below(4);
            let mut text = phrase(&mut dice, language, count);
            text.push_str(end);
            text
        };
        let (text_pre, text_post) = (text(""), text("."));
        let place = if dice.chance(shares.noscript) {
            Place::Noscript
        } else if dice.chance(550) {
            Place::Plain
        } else {
            Place::Inside(dice.pick(model::SemanticLocation::ALL))
        };
        let form = dice.pick(FORMS);
        let is_wrapped = dice.chance(100);
        if has_text {
            self.change_anchor(&mut anchor, page, at, step, language);
        }
        BodyLink { to, is_internal: false, is_area, form, rel, anchor, image, text_pre, text_post, place, is_wrapped }
    }

    /// Puts other words in the place of an anchor that has changed until `step`.
    fn change_anchor(&self, anchor: &mut String, page: PageNumber, at: u64, step: u32, language: &Language) {
        let mut dice = Dice::new(self.options.seed, Stream::Anchor, page.0, at);
        if !dice.chance(self.options.shares.anchor_changes) {
            return;
        }
        let turn = self.turn(&mut dice);
        let later = turn + self.turn(&mut dice);
        let (second, third) = (phrase(&mut dice, language, 2), phrase(&mut dice, language, 3));
        if step >= turn {
            *anchor = if step < later { second } else { third };
        }
    }

    fn rel(&self, dice: &mut Dice, step: u32) -> String {
        let shares = &self.options.shares;
        let mut nofollow = dice.chance(shares.nofollow);
        let (mut ugc, mut opener) = (dice.chance(shares.ugc), dice.chance(shares.noopener));
        if dice.chance(shares.flipping) {
            let turn = self.turn(dice);
            let later = if dice.chance(500) { turn + self.turn(dice) } else { u32::MAX };
            let flipped = match dice.below(4) {
                0 => &mut ugc,
                1 => &mut opener,
                _ => &mut nofollow,
            };
            *flipped ^= (turn..later).contains(&step);
        }
        let mut rel = String::new();
        let mut add = |wanted: bool, token: &str| {
            if wanted {
                if !rel.is_empty() {
                    rel.push(' ');
                }
                rel.push_str(token);
            }
        };
        let is_shouted = dice.chance(100);
        add(dice.chance(20), "external");
        add(nofollow, if is_shouted { "NoFollow" } else { "nofollow" });
        add(ugc, "ugc");
        add(dice.chance(shares.sponsored), "sponsored");
        add(opener, "noopener");
        add(opener && dice.chance(600), "noreferrer");
        // Says it twice, as templates do.
        add(nofollow && is_shouted, "nofollow");
        rel
    }
}

fn phrase(dice: &mut Dice, language: &Language, count: u64) -> String {
    let mut text = String::with_capacity(40);
    language.phrase(dice, count, &mut text);
    text
}

/// The text of a link: something many links say, a name, an address, or words of its own.
fn anchor(dice: &mut Dice, language: &Language, to: &str) -> String {
    match dice.below(100) {
        0..=19 => dice.pick(language.generic).to_owned(),
        20..=27 => {
            let host = to.split('/').nth(2).unwrap_or_default();
            host.strip_prefix("www.").unwrap_or(host).to_owned()
        }
        28..=31 => to.to_owned(),
        32 => String::new(),
        _ => {
            let count = 2 + dice.below(3);
            let mut text = phrase(dice, language, count);
            if dice.chance(500) {
                // Writing into a String cannot fail.
                let _ = write!(text, " {}", dice.below(100_000));
            }
            text
        }
    }
}
