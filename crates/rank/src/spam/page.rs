//! Signals of a page, from what it says of itself.

use super::{Signal, Signals};

/// Endings that spam is often seen under, one a line; the file says where they are from.
pub const SPAM_TLDS: &str = include_str!("spam_tlds.txt");

/// External links from which on a page may be mostly external or dense.
const SOME_EXTERNAL: u32 = 10;

/// External links from which on they are many.
const MANY_EXTERNAL: u32 = 100;

/// Words below which a text is thin.
const THIN_WORDS: u32 = 100;

/// Words to an external link up to which a page is dense with links.
const DENSE_WORDS: u32 = 20;

/// What is known of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageEvidence<'a> {
    /// The host, lower case, as it is shown.
    pub host: &'a str,
    /// Its registrable domain: the end of `host`. None for an address, which then has no signal of its name.
    pub registrable: Option<&'a str>,
    /// The public suffix; only its last label counts.
    pub tld: Option<&'a str>,
    /// Whether it came over HTTPS.
    pub is_https: bool,
    /// Length of the title in characters; None if there is none.
    pub title_chars: Option<u32>,
    /// Length of the description in characters; None if there is none.
    pub description_chars: Option<u32>,
    /// Whether the canonical page lies in another registrable domain.
    pub canonical_is_foreign: bool,
    /// Different well-known services whose scripts or links stand in the head.
    pub trusted_sources: u8,
    /// Whether there are meta tags for social networks.
    pub has_social_meta: bool,
    /// Whether a way to reach somebody is shown.
    pub has_contact: bool,
    /// Links to the same registrable domain.
    pub internal_links: u32,
    /// Links to others.
    pub external_links: u32,
    /// Words of the visible text; None where the text is not known, as from a WAT record.
    pub words: Option<u32>,
}

/// The signals that a page shows.
pub fn page_signals(page: &PageEvidence<'_>) -> Signals {
    let mut signals = Signals::EMPTY;
    signals.set_trusted_sources(page.trusted_sources);
    let mut set = |is_there: bool, signal: Signal| {
        if is_there {
            signals.insert(signal);
        }
    };
    if let Some(domain) = page.registrable {
        let subdomain = page.host.strip_suffix(domain).unwrap_or_default();
        set(!(4..=20).contains(&domain.chars().count()), Signal::DomainLength);
        set(digits(domain) >= 2, Signal::DomainDigits);
        set(digits(subdomain) >= 2, Signal::SubdomainDigits);
    }
    set(page.tld.is_some_and(is_spam_tld), Signal::SpamTld);
    set(page.has_social_meta, Signal::SocialMeta);
    set(page.has_contact, Signal::Contact);
    set(page.canonical_is_foreign, Signal::ForeignCanonical);
    set(!page.is_https, Signal::PlainHttp);
    let has_good_title = page.title_chars.is_some_and(|chars| (30..=65).contains(&chars));
    set(has_good_title, Signal::GoodTitle);
    set(!has_good_title, Signal::BadTitle);
    let has_good_description = page.description_chars.is_some_and(|chars| (40..=200).contains(&chars));
    set(has_good_description, Signal::GoodDescription);
    set(!has_good_description, Signal::BadDescription);
    let external = page.external_links;
    set(external >= SOME_EXTERNAL && external > page.internal_links, Signal::MostlyExternal);
    set(external >= MANY_EXTERNAL, Signal::ManyExternal);
    if let Some(words) = page.words {
        set(words < THIN_WORDS, Signal::ThinText);
        set(external >= SOME_EXTERNAL && words / DENSE_WORDS <= external, Signal::LinkDense);
    }
    signals
}

/// Whether the last label of a public suffix is in [`SPAM_TLDS`].
pub fn is_spam_tld(tld: &str) -> bool {
    let last = tld.rsplit('.').next().unwrap_or(tld);
    !last.is_empty() && SPAM_TLDS.lines().any(|line| line == last)
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spam::{explain, score};

    /// A page with nothing for it and nothing against it but what every page has.
    const PLAIN: PageEvidence<'_> = PageEvidence {
        host: "www.example.org",
        registrable: Some("example.org"),
        tld: Some("org"),
        is_https: true,
        title_chars: Some(40),
        description_chars: Some(100),
        canonical_is_foreign: false,
        trusted_sources: 0,
        has_social_meta: false,
        has_contact: false,
        internal_links: 20,
        external_links: 5,
        words: Some(500),
    };

    /// What changes the signals of the plain page, and how.
    fn changes(page: PageEvidence<'_>) -> (Vec<Signal>, Vec<Signal>) {
        let set = |page| explain(page_signals(&page)).map(|(signal, _)| signal).collect::<Vec<_>>();
        let (plain, changed) = (set(PLAIN), set(page));
        let only =
            |left: &[Signal], right: &[Signal]| left.iter().copied().filter(|one| !right.contains(one)).collect();
        (only(&changed, &plain), only(&plain, &changed))
    }

    #[test]
    fn a_plain_page_has_the_signals_of_a_plain_page() {
        let signals = page_signals(&PLAIN);
        let expected = [(Signal::NoTrustedSource, 20), (Signal::GoodTitle, -5), (Signal::GoodDescription, -5)];
        assert!(explain(signals).eq(expected));
        assert_eq!(score(signals), 10);
    }

    #[test]
    fn each_signal_has_its_bounds() {
        use Signal::*;
        let named = |host, registrable| PageEvidence { host, registrable: Some(registrable), ..PLAIN };
        let cases: Vec<(PageEvidence<'_>, &[Signal])> = vec![
            (named("a.b", "a.b"), &[DomainLength]),
            (named("a.bc", "a.bc"), &[]),
            (named("abcdefghijklmnop.com", "abcdefghijklmnop.com"), &[]),
            (named("abcdefghijklmnopq.com", "abcdefghijklmnopq.com"), &[DomainLength]),
            (named("web1.example1.org", "example1.org"), &[]),
            (named("example12.org", "example12.org"), &[DomainDigits]),
            (named("a1.b2.example.org", "example.org"), &[SubdomainDigits]),
            (PageEvidence { host: "192.0.2.44", registrable: None, tld: None, ..PLAIN }, &[]),
            (PageEvidence { tld: Some("com.cn"), ..PLAIN }, &[SpamTld]),
            (PageEvidence { tld: Some("surf"), ..PLAIN }, &[SpamTld]),
            (PageEvidence { tld: Some(""), ..PLAIN }, &[]),
            (PageEvidence { has_social_meta: true, ..PLAIN }, &[SocialMeta]),
            (PageEvidence { has_contact: true, ..PLAIN }, &[Contact]),
            (PageEvidence { canonical_is_foreign: true, ..PLAIN }, &[ForeignCanonical]),
            (PageEvidence { is_https: false, ..PLAIN }, &[PlainHttp]),
            (PageEvidence { external_links: 10, internal_links: 10, ..PLAIN }, &[]),
            (PageEvidence { external_links: 10, internal_links: 9, ..PLAIN }, &[MostlyExternal]),
            (PageEvidence { external_links: 9, internal_links: 0, ..PLAIN }, &[]),
            (PageEvidence { external_links: 99, internal_links: 99, words: Some(2000), ..PLAIN }, &[]),
            (PageEvidence { external_links: 100, internal_links: 100, words: Some(2100), ..PLAIN }, &[ManyExternal]),
            (PageEvidence { words: Some(99), ..PLAIN }, &[ThinText]),
            (PageEvidence { words: Some(100), ..PLAIN }, &[]),
            (PageEvidence { words: None, ..PLAIN }, &[]),
            (PageEvidence { external_links: 10, words: Some(219), ..PLAIN }, &[LinkDense]),
            (PageEvidence { external_links: 10, words: Some(220), ..PLAIN }, &[]),
        ];
        for (page, expected) in cases {
            assert_eq!(changes(page), (expected.to_vec(), Vec::new()), "{page:?}");
        }
    }

    #[test]
    fn titles_descriptions_and_sources_change_sides() {
        use Signal::*;
        for (chars, is_good) in
            [(None, false), (Some(29), false), (Some(30), true), (Some(65), true), (Some(66), false)]
        {
            let expected = if is_good { Default::default() } else { (vec![BadTitle], vec![GoodTitle]) };
            assert_eq!(changes(PageEvidence { title_chars: chars, ..PLAIN }), expected, "{chars:?}");
        }
        for (chars, is_good) in
            [(None, false), (Some(39), false), (Some(40), true), (Some(200), true), (Some(201), false)]
        {
            let expected = if is_good { Default::default() } else { (vec![BadDescription], vec![GoodDescription]) };
            assert_eq!(changes(PageEvidence { description_chars: chars, ..PLAIN }), expected, "{chars:?}");
        }
        let trusted = PageEvidence { trusted_sources: 4, ..PLAIN };
        assert_eq!(changes(trusted), (vec![TrustedSources], vec![NoTrustedSource]));
        assert_eq!(score(page_signals(&trusted)), 0);
    }

    #[test]
    fn the_worked_example_of_the_documentation_adds_up() {
        let page = PageEvidence {
            host: "www24.cheap99.top",
            registrable: Some("cheap99.top"),
            tld: Some("top"),
            is_https: false,
            title_chars: Some(20),
            description_chars: None,
            has_contact: true,
            ..PLAIN
        };
        let points: Vec<i32> = explain(page_signals(&page)).map(|(_, points)| points).collect();
        assert_eq!(points, [15, 20, 20, 20, -20, 30, 5, 5]);
        assert_eq!(score(page_signals(&page)), 95);
    }

    #[test]
    fn the_list_of_endings_is_in_order() {
        let tlds: Vec<&str> = SPAM_TLDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert!(tlds.len() > 40);
        assert!(tlds.iter().all(|tld| tld.bytes().all(|byte| byte.is_ascii_lowercase())));
        let mut unique = tlds.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), tlds.len());
        assert!(["com", "org", "de", "#", "generic ones"].into_iter().all(|tld| !is_spam_tld(tld)));
    }
}
