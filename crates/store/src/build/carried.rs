//! Visits as a build reads them: of a link, what its life is made of; the rest is carried on as the bytes it came in.
//!
//! Nothing is made of the texts of links on their way from crawls to `sources` and `links/body`, so they are not looked
//! at: whoever reads a row takes bytes that are no UTF-8 for no text.

use model::LinkKind;

use crate::codec::{Decoder, Malformed};
use crate::events::Version;
use crate::facts::{DOFOLLOW, EvidenceFacts, PASSES_RANK, PageFacts};

/// One visit: page, evidence, and links by the key of their target.
#[derive(Debug)]
pub(crate) struct CarriedVisit<'a> {
    pub(super) page: PageFacts<'a>,
    pub(super) evidence: EvidenceFacts<'a>,
    pub(super) links: Vec<CarriedLink<'a>>,
}

/// A link of a visit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CarriedLink<'a> {
    pub(super) target: &'a [u8],
    pub(super) version: Version<'a>,
    pub(super) passes_rank: bool,
    /// All that the visit says of it, as [`LinkFacts::encode`](crate::facts::LinkFacts::encode) wrote it.
    pub(super) encoded: &'a [u8],
}

impl<'a> CarriedVisit<'a> {
    /// Reads what [`encode_visit`](crate::facts::encode_visit) wrote, beside an earlier visit of the page: most links are
    /// as they were then, byte for byte, and need not be read again.
    pub(crate) fn decode_after(bytes: &'a [u8], earlier: Option<&Self>) -> Result<Self, Malformed> {
        let mut from = Decoder::new(bytes);
        let page = PageFacts::decode(&mut from)?;
        let evidence = EvidenceFacts::decode(&mut from)?;
        let count = from.int()?;
        // No link takes less than a byte, so that a wrong count asks for no more than there is.
        let mut links = Vec::with_capacity(count.min(bytes.len() as u64) as usize);
        let mut known = earlier.map_or(&[][..], |earlier| &earlier.links);
        for _ in 0..count {
            let target = from.bytes()?;
            while let [first, rest @ ..] = known
                && first.target < target
            {
                known = rest;
            }
            let same = known.first().filter(|link| link.target == target && from.rest().starts_with(link.encoded));
            links.push(match same {
                Some(link) => {
                    from.raw(link.encoded.len() as u64)?;
                    CarriedLink { target, ..*link }
                }
                None => CarriedLink::decode(target, &mut from)?,
            });
        }
        if from.is_empty() { Ok(Self { page, evidence, links }) } else { Err(Malformed("trailing bytes")) }
    }

    /// How many links it has.
    pub(crate) fn links(&self) -> usize {
        self.links.len()
    }
}

impl<'a> CarriedLink<'a> {
    /// Reads what a visit, or `sources`, says of a link to `target`.
    pub(super) fn decode(target: &'a [u8], from: &mut Decoder<'a>) -> Result<Self, Malformed> {
        let bytes = from.rest();
        let flags = from.int()?;
        LinkKind::from_number(from.int_as()?).ok_or(Malformed("link kind"))?;
        let (_location, _count) = (from.optional_int_as::<u8>()?, from.int_as::<u32>()?);
        let (rel, anchor) = (from.bytes()?, from.optional_bytes()?);
        for _other_text in 0..6 {
            from.optional_bytes()?;
        }
        let encoded = &bytes[..bytes.len() - from.rest().len()];
        let version = Version { dofollow: flags & DOFOLLOW != 0, rel, anchor };
        Ok(Self { target, version, passes_rank: flags & PASSES_RANK != 0, encoded })
    }
}
