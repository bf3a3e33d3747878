//! The link tables of a snapshot: their groups, and one row of them.

mod tables;

use model::{LanguageCode, LifeCycle, LinkKind, LostReason, NewReason, SemanticLocation, Timestamp, UrlKey};

use crate::codec::{Decoder, Encode, Malformed};
use crate::facts::{
    DOFOLLOW, EvidenceFacts, IN_NOSCRIPT, LinkFacts, PASSES_RANK, ip_bytes, ip_of_bytes, language_code,
};
use crate::group::{Block, Cell};
use crate::{Hop, HopKind};

pub(crate) use tables::{
    ANCHORS, EVENTS, FACTS, KEYS, SCAN, SCORES, TEXTS, facts, group_name, keys, scan, scan_flags, scores, texts,
};

// Bits of [`facts::FLAGS`]; the first three are those of the link.
pub(crate) const ORIGINAL: u64 = 1 << 3;
pub(crate) const FOUND_AT_LAST_VISIT: u64 = 1 << 4;
/// Two bits: number of the [`NewReason`].
pub(crate) const NEW_REASON: Bits = Bits { shift: 5, mask: 0b11 };
/// Three bits: number of the [`LostReason`], 0 for none.
pub(crate) const LOST_REASON: Bits = Bits { shift: 7, mask: 0b111 };

/// Where a small number lies in the flags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bits {
    shift: u32,
    mask: u64,
}

impl Bits {
    fn put(self, value: u8) -> u64 {
        (u64::from(value) & self.mask) << self.shift
    }

    /// The number in `flags`.
    pub(crate) fn of(self, flags: u64) -> u8 {
        (flags >> self.shift & self.mask) as u8
    }
}

/// Times are stored as unsigned numbers from here (1 January of year 1), so that null is free.
const TIME_ZERO: i64 = -62_135_596_800;

fn time_number(at: Timestamp) -> u64 {
    at.seconds().saturating_sub(TIME_ZERO).max(0) as u64
}

pub(crate) fn time_of_number(number: u64) -> Timestamp {
    Timestamp::from_seconds((number as i64).saturating_add(TIME_ZERO))
}

/// When a link was seen and lost, and the flags of its life, which lie beside those of the link.
pub(crate) fn life_cells(life: &LifeCycle) -> [Cell<'static>; 5] {
    [
        time_number(life.first_seen).into(),
        life.prev_seen.map(time_number).into(),
        time_number(life.last_seen).into(),
        life.lost_at.map(time_number).into(),
        life_flags(life).into(),
    ]
}

fn life_flags(life: &LifeCycle) -> u64 {
    let flag = |is_set: bool, bit: u64| if is_set { bit } else { 0 };
    flag(life.original, ORIGINAL)
        | flag(life.found_at_last_visit, FOUND_AT_LAST_VISIT)
        | NEW_REASON.put(life.new_reason.number())
        | LOST_REASON.put(life.lost_reason.map_or(0, LostReason::number))
}

/// The part of a row that is the same for all links of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SourceFacts<'a> {
    /// Its links to other hosts that are alive and pass rank.
    pub(crate) followed: u32,
    pub(crate) status: u16,
    pub(crate) ip: Option<std::net::IpAddr>,
    pub(crate) title: Option<&'a str>,
    pub(crate) language: Option<LanguageCode>,
    pub(crate) encoding: Option<&'a str>,
    pub(crate) size_bytes: Option<u64>,
    pub(crate) internal_links: Option<u32>,
    pub(crate) external_links: Option<u32>,
}

/// The part of a row that belongs to the link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LinkPart<'a> {
    pub(crate) target: &'a [u8],
    pub(crate) source: &'a [u8],
    /// Encoded hops; `None` for a direct link.
    pub(crate) path: Option<&'a [u8]>,
    pub(crate) life: LifeCycle,
    pub(crate) link: LinkFacts<'a>,
    pub(crate) evidence: EvidenceFacts<'a>,
    /// Encoded events behind the first sighting.
    pub(crate) events: Option<&'a [u8]>,
}

/// One row of the link tables, without what a build computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LinkRow<'a> {
    pub(crate) part: LinkPart<'a>,
    pub(crate) from: SourceFacts<'a>,
}

impl<'a> SourceFacts<'a> {
    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        into.put_int(self.followed.into());
        into.put_int(self.status.into());
        into.put_bytes(&ip_bytes(self.ip));
        for text in [self.title, self.language.as_ref().map(LanguageCode::as_str), self.encoding] {
            into.put_optional_text(text);
        }
        into.put_optional_int(self.size_bytes);
        into.put_optional_int(self.internal_links.map(u64::from));
        into.put_optional_int(self.external_links.map(u64::from));
    }

    fn decode(from: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            followed: from.int_as()?,
            status: from.int_as()?,
            ip: ip_of_bytes(from.bytes()?)?,
            title: from.optional_text()?,
            language: language_code(from)?,
            encoding: from.optional_text()?,
            size_bytes: from.optional_int()?,
            internal_links: from.optional_int_as()?,
            external_links: from.optional_int_as()?,
        })
    }
}

impl LinkPart<'_> {
    /// The value of a record of the sort by target, whose key is target then source. The facts of
    /// the source come encoded, because all links of a page share them.
    pub(crate) fn encode(&self, encoded_source: &[u8], into: &mut Vec<u8>) {
        into.put_int(self.target.len() as u64);
        into.put_int(self.source.len() as u64);
        into.put_optional_bytes(self.path);
        into.put_signed(self.life.first_seen.seconds());
        into.put_optional_signed(self.life.prev_seen.map(Timestamp::seconds));
        into.put_signed(self.life.last_seen.seconds());
        into.put_optional_signed(self.life.lost_at.map(Timestamp::seconds));
        into.put_int(u64::from(self.life.original) | u64::from(self.life.found_at_last_visit) << 1);
        into.put_int(self.life.new_reason.number().into());
        into.put_int(self.life.lost_reason.map_or(0, LostReason::number).into());
        self.link.encode(into);
        self.evidence.encode(into);
        into.put_optional_bytes(self.events);
        into.put_raw(encoded_source);
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.life.is_lost()
    }
}

impl<'a> LinkRow<'a> {
    pub(crate) fn decode(key: &'a [u8], value: &'a [u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(value);
        let (target_bytes, source_bytes): (usize, usize) = (from.int_as()?, from.int_as()?);
        let (target, rest) = key.split_at_checked(target_bytes).ok_or(Malformed("target key"))?;
        let source = rest.get(..source_bytes).ok_or(Malformed("source key"))?;
        let path = from.optional_bytes()?;
        let first_seen = Timestamp::from_seconds(from.signed()?);
        let prev_seen = from.optional_signed()?.map(Timestamp::from_seconds);
        let last_seen = Timestamp::from_seconds(from.signed()?);
        let lost_at = from.optional_signed()?.map(Timestamp::from_seconds);
        let bits = from.int()?;
        let new_reason = NewReason::from_number(from.int_as()?).ok_or(Malformed("reason"))?;
        let lost_reason = LostReason::from_number(from.int_as()?);
        let life = LifeCycle {
            first_seen,
            prev_seen,
            last_seen,
            lost_at,
            original: bits & 1 != 0,
            found_at_last_visit: bits & 2 != 0,
            new_reason,
            lost_reason,
        };
        let (link, evidence) = (LinkFacts::decode(&mut from)?, EvidenceFacts::decode(&mut from)?);
        let events = from.optional_bytes()?;
        let source_facts = SourceFacts::decode(&mut from)?;
        Ok(Self { part: LinkPart { target, source, path, life, link, evidence, events }, from: source_facts })
    }

    pub(crate) fn key_cells(&self) -> [Cell<'a>; 3] {
        [self.part.target.into(), self.part.source.into(), Cell::Bytes(self.part.path)]
    }

    pub(crate) fn text_cells(&self) -> [Cell<'_>; 12] {
        let rel = Some(self.part.link.rel).filter(|rel| !rel.is_empty());
        [
            self.part.link.text_pre.into(),
            self.part.link.text_post.into(),
            self.from.title.into(),
            self.part.link.alt.into(),
            self.part.link.image_url.into(),
            rel.into(),
            self.from.language.as_ref().map(LanguageCode::as_str).into(),
            self.from.encoding.into(),
            Some(self.part.evidence.archive).into(),
            self.part.evidence.digest.into(),
            self.part.link.hreflang.into(),
            self.part.link.media_type.into(),
        ]
    }

    pub(crate) fn fact_cells<'b>(&self, ip: &'b [u8]) -> [Cell<'b>; 16] {
        let [first_seen, prev_seen, last_seen, lost_at, _] = life_cells(&self.part.life);
        let flags = self.part.link.flags() | life_flags(&self.part.life);
        [
            first_seen,
            prev_seen,
            last_seen,
            lost_at,
            flags.into(),
            u64::from(self.part.link.kind.number()).into(),
            self.part.link.location.map(|location| u64::from(location.number())).into(),
            u64::from(self.part.link.count).into(),
            u64::from(self.from.status).into(),
            self.from.size_bytes.into(),
            self.from.internal_links.map(u64::from).into(),
            self.from.external_links.map(u64::from).into(),
            u64::from(self.from.followed).into(),
            self.part.evidence.offset.into(),
            self.part.evidence.length.into(),
            if ip.is_empty() { Cell::Bytes(None) } else { ip.into() },
        ]
    }

    /// Reads a row back from the blocks of its groups.
    pub(crate) fn of_blocks(
        (keys_block, key_row): (&'a Block, usize),
        (anchors, anchor_row): (&'a Block, usize),
        (texts_block, text_row): (&'a Block, usize),
        (facts_block, fact_row): (&'a Block, usize),
        events: Option<(&'a Block, usize)>,
    ) -> Result<Self, Malformed> {
        let number = |column| facts_block.number(column, fact_row);
        let required = |column| number(column).ok_or(Malformed("null in a column that has none"));
        let small = |column| number(column).map(|value| u32::try_from(value).unwrap_or(u32::MAX));
        let text = |column| texts_block.text(column, text_row);
        let flags = required(facts::FLAGS)?;
        let byte = |value: u64| u8::try_from(value).unwrap_or(u8::MAX);
        let part = LinkPart {
            target: keys_block.bytes(keys::TARGET, key_row).ok_or(Malformed("target key"))?,
            source: keys_block.bytes(keys::SOURCE, key_row).ok_or(Malformed("source key"))?,
            path: keys_block.bytes(keys::PATH, key_row),
            life: LifeCycle {
                first_seen: time_of_number(required(facts::FIRST_SEEN)?),
                prev_seen: number(facts::PREV_SEEN).map(time_of_number),
                last_seen: time_of_number(required(facts::LAST_SEEN)?),
                lost_at: number(facts::LOST_AT).map(time_of_number),
                original: flags & ORIGINAL != 0,
                found_at_last_visit: flags & FOUND_AT_LAST_VISIT != 0,
                new_reason: NewReason::from_number(NEW_REASON.of(flags)).ok_or(Malformed("reason"))?,
                lost_reason: LostReason::from_number(LOST_REASON.of(flags)),
            },
            link: LinkFacts {
                kind: LinkKind::from_number(byte(required(facts::KIND)?)).ok_or(Malformed("link kind"))?,
                rel: text(texts::REL).unwrap_or_default(),
                dofollow: flags & DOFOLLOW != 0,
                passes_rank: flags & PASSES_RANK != 0,
                in_noscript: flags & IN_NOSCRIPT != 0,
                anchor: anchors.text(0, anchor_row),
                alt: text(texts::ALT),
                image_url: text(texts::IMAGE_URL),
                text_pre: text(texts::PRE),
                text_post: text(texts::POST),
                location: number(facts::LOCATION).map(byte).and_then(SemanticLocation::from_number),
                hreflang: text(texts::HREFLANG),
                media_type: text(texts::MEDIA_TYPE),
                count: small(facts::COUNT).unwrap_or(1),
            },
            evidence: EvidenceFacts {
                archive: text(texts::ARCHIVE).unwrap_or_default(),
                offset: required(facts::OFFSET)?,
                length: required(facts::LENGTH)?,
                digest: text(texts::DIGEST),
            },
            events: events.and_then(|(block, row)| block.bytes(0, row)),
        };
        Ok(Self {
            part,
            from: SourceFacts {
                followed: small(facts::FOLLOWED).unwrap_or(0),
                status: u16::try_from(required(facts::STATUS)?).map_err(|_| Malformed("status"))?,
                ip: facts_block.bytes(facts::IP, fact_row).map(ip_of_bytes).transpose()?.flatten(),
                title: text(texts::TITLE),
                language: text(texts::LANGUAGE).and_then(LanguageCode::parse),
                encoding: text(texts::ENCODING),
                size_bytes: number(facts::SIZE),
                internal_links: small(facts::INTERNAL),
                external_links: small(facts::EXTERNAL),
            },
        })
    }
}

/// What a build needs of a row to score it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScoringFacts {
    pub(crate) followed: u32,
    pub(crate) last_seen: Timestamp,
    pub(crate) is_lost: bool,
    pub(crate) dofollow: bool,
    pub(crate) passes_rank: bool,
    pub(crate) count: u32,
    pub(crate) ip: Option<std::net::IpAddr>,
}

/// Whether a row passes rank now, from its facts alone.
pub(crate) fn passes_rank(facts: &Block, row: usize) -> bool {
    let flags = facts.number(facts::FLAGS, row).unwrap_or_default();
    flags & PASSES_RANK != 0 && facts.number(facts::LOST_AT, row).is_none()
}

impl ScoringFacts {
    pub(crate) fn of(block: &Block, row: usize) -> Result<Self, Malformed> {
        let small = |column| block.number(column, row).map(|value| u32::try_from(value).unwrap_or(u32::MAX));
        let flags = block.number(facts::FLAGS, row).ok_or(Malformed("flags"))?;
        let is_lost = block.number(facts::LOST_AT, row).is_some();
        Ok(Self {
            followed: small(facts::FOLLOWED).unwrap_or(0),
            last_seen: time_of_number(block.number(facts::LAST_SEEN, row).ok_or(Malformed("last seen"))?),
            is_lost,
            dofollow: flags & DOFOLLOW != 0,
            passes_rank: flags & PASSES_RANK != 0 && !is_lost,
            count: small(facts::COUNT).unwrap_or(1),
            ip: block.bytes(facts::IP, row).map(ip_of_bytes).transpose()?.flatten(),
        })
    }
}

/// Appends one hop to an encoded path.
pub(crate) fn put_hop(path: &mut Vec<u8>, kind: HopKind, status: u16, key: &[u8]) {
    path.put_int(matches!(kind, HopKind::Canonical).into());
    path.put_int(status.into());
    path.put_bytes(key);
}

/// The keys of the hops of a path.
pub(crate) fn hop_keys(path: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut from = Decoder::new(path);
    let mut keys = Vec::new();
    while !from.is_empty() {
        from.int()?;
        from.int()?;
        keys.push(from.bytes()?);
    }
    Ok(keys)
}

/// The hops of a path, readable.
pub(crate) fn hops(path: &[u8]) -> Result<Vec<Hop>, Malformed> {
    let mut from = Decoder::new(path);
    let mut hops = Vec::new();
    while !from.is_empty() {
        let kind = if from.int()? == 1 { HopKind::Canonical } else { HopKind::Redirect };
        let status = from.int_as()?;
        let (url, _) = UrlKey::url_and_host(from.bytes()?).map_err(|_| Malformed("hop key"))?;
        hops.push(Hop { kind, status, url });
    }
    Ok(hops)
}
