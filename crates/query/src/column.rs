//! The values of a field for many rows: where each field lies, and what is made of what lies there.

use model::{
    LinkKind, LostReason, NewReason, PlatformType, PlatformTypes, RankScore, SemanticLocation, Timestamp, is_broken,
};
use store::{BucketReader, NumberColumn, Result, ScanBatch, Side, TextBatch, TextColumn, country_text};

use crate::field::Field;
use crate::question::RankScale;
use crate::row::is_recent;

/// Rows of one section, with what is known of them besides what is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lot<'a> {
    pub(crate) reader: &'a BucketReader,
    pub(crate) section: u8,
    pub(crate) rows: LotRows<'a>,
    /// `links_count` of each row; empty if nobody will ask.
    pub(crate) links: &'a [u32],
    /// `group_count` of each row; empty if there are no groups.
    pub(crate) groups: &'a [u32],
    pub(crate) newest_visit: Timestamp,
    pub(crate) scale: RankScale,
}

/// Which rows a lot has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LotRows<'a> {
    /// Rows by number, ascending where it matters what reading costs.
    Listed(&'a [u32]),
    /// Those of a batch, whose columns are at hand.
    Scanned(&'a ScanBatch),
}

/// What reading a field costs for one row, roughly, in the cheapest field's.
pub(crate) fn cost(field: Field) -> u32 {
    use Field as F;
    match field {
        F::IsLost | F::Dofollow | F::Rank | F::IsIndirectLink | F::LinksCount | F::GroupCount => 1,
        F::KeywordsCountTop3 | F::KeywordsCountTop10 | F::KeywordsCountTop100 => 0,
        F::Anchor => 8,
        F::UrlFrom | F::UrlTo | F::DomainFrom | F::DomainTo | F::TldFrom | F::DomainFromIsIp => 20,
        F::UrlFromHttps | F::UrlToHttps => 18,
        F::Alt
        | F::ImageUrl
        | F::TextPre
        | F::TextPost
        | F::PageFromTitle
        | F::PageFromLanguage
        | F::PageFromEncoding
        | F::Attributes => 30,
        F::UrlToRedirectTarget => 24,
        _ => 3,
    }
}

impl Lot<'_> {
    /// Values of a field of numbers, times (seconds since 1970) or booleans (0 and 1), for the rows at
    /// some places of the lot.
    pub(crate) fn numbers(&self, field: Field, places: &[u32], mut each: impl FnMut(Option<i64>)) -> Result<()> {
        use Field as F;
        if let LotRows::Scanned(batch) = self.rows {
            let mut has_flag = |flag: u8| {
                for at in places {
                    each(Some(i64::from(batch.flags[*at as usize] & flag != 0)));
                }
                Ok(())
            };
            match field {
                F::IsLost => return has_flag(ScanBatch::LOST),
                F::Dofollow => return has_flag(ScanBatch::DOFOLLOW),
                F::Rank if self.scale == RankScale::OneThousand => {
                    for at in places {
                        each(Some(batch.rank[*at as usize].into()));
                    }
                    return Ok(());
                }
                _ => {}
            }
        }
        let known = |counts: &[u32], place: u32| counts.get(place as usize).copied().unwrap_or_default();
        let column = match field {
            F::IsLost => NumberColumn::IsLost,
            F::Dofollow => NumberColumn::IsDofollow,
            F::Original => NumberColumn::IsOriginal,
            F::Rank => NumberColumn::Rank,
            F::PageFromRank => NumberColumn::PageRank,
            F::DomainFromRank => NumberColumn::DomainRank,
            F::PageFromExternalLinks => NumberColumn::ExternalLinks,
            F::PageFromInternalLinks => NumberColumn::InternalLinks,
            F::PageFromSize => NumberColumn::Size,
            F::PageFromStatusCode => NumberColumn::Status,
            F::FirstSeen => NumberColumn::FirstSeen,
            F::PrevSeen => NumberColumn::PreviousSeen,
            F::LastSeen => NumberColumn::LastSeen,
            F::LostDate => NumberColumn::LostAt,
            F::UrlToStatusCode | F::IsBroken => NumberColumn::TargetStatus,
            F::BacklinkSpamScore => NumberColumn::Spam,
            F::UrlToSpamScore => NumberColumn::TargetSpam,
            F::IsNew => return self.is_new(places, each),
            F::UrlFromHttps => return self.urls(Side::Source, places, |url, _| each(Some(is_https(url)))),
            F::UrlToHttps => return self.urls(Side::Target, places, |url, _| each(Some(is_https(url)))),
            F::DomainFromIsIp => {
                return self.urls(Side::Source, places, |_, host| each(Some(host.is_ip().into())));
            }
            _ => {
                for place in places {
                    each(match field {
                        F::IsIndirectLink => Some(i64::from(self.section == 1)),
                        F::LinksCount => Some(known(self.links, *place).into()),
                        F::GroupCount => Some(known(self.groups, *place).into()),
                        // Not computed, on any row.
                        _ => None,
                    });
                }
                return Ok(());
            }
        };
        let rank = |value: i64| i64::from(self.scale.of(RankScore::new(u16::try_from(value).unwrap_or(u16::MAX))));
        self.reader.numbers(self.section, column, self.at(places), |value| {
            each(match field {
                F::Rank | F::PageFromRank | F::DomainFromRank => Some(rank(value.unwrap_or_default())),
                F::IsBroken => Some(value.is_some_and(|status| is_broken(status as u16)).into()),
                _ => value,
            });
        })
    }

    /// Values of a field of text, as bytes of UTF-8.
    pub(crate) fn texts(&self, field: Field, places: &[u32], mut each: impl FnMut(Option<&[u8]>)) -> Result<()> {
        use Field as F;
        if let (F::Anchor, Some(batch)) = (field, self.with_anchors()) {
            batch.anchors(places, each);
            return Ok(());
        }
        let column = match field {
            F::Anchor => TextColumn::Anchor,
            F::Alt => TextColumn::Alt,
            F::ImageUrl => TextColumn::ImageUrl,
            F::TextPre => TextColumn::TextPre,
            F::TextPost => TextColumn::TextPost,
            F::PageFromTitle => TextColumn::Title,
            F::PageFromEncoding => TextColumn::Encoding,
            F::PageFromLanguage => TextColumn::Language,
            F::DomainFromCountry => {
                return self.reader.numbers(self.section, NumberColumn::Country, self.at(places), |number| {
                    let country = number.and_then(|number| country_text(u64::try_from(number).ok()?));
                    each(country.as_deref().map(str::as_bytes));
                });
            }
            F::UrlFrom => return self.urls(Side::Source, places, |url, _| each(Some(url.as_bytes()))),
            F::UrlTo => return self.urls(Side::Target, places, |url, _| each(Some(url.as_bytes()))),
            F::DomainFrom => return self.urls(Side::Source, places, |_, host| each(Some(host.as_str().as_bytes()))),
            F::DomainTo => return self.urls(Side::Target, places, |_, host| each(Some(host.as_str().as_bytes()))),
            F::TldFrom => return self.urls(Side::Source, places, |_, host| each(host.tld().map(str::as_bytes))),
            F::UrlToRedirectTarget => {
                return self.reader.redirects(self.section, self.at(places), |url| each(url.map(str::as_bytes)));
            }
            F::DomainFromIp => {
                return self.reader.addresses(self.section, self.at(places), |address| {
                    each(address.map(|address| address.to_string()).as_deref().map(str::as_bytes));
                });
            }
            F::ItemType => {
                let name = |number| LinkKind::from_number(number).map(LinkKind::as_str);
                return self.names(NumberColumn::Kind, places, name, each);
            }
            F::SemanticLocation => {
                let name = |number| SemanticLocation::from_number(number).map(SemanticLocation::as_str);
                return self.names(NumberColumn::Location, places, name, each);
            }
            F::NewReason => {
                let name = |number| NewReason::from_number(number).map(NewReason::as_str);
                return self.names(NumberColumn::NewReason, places, name, each);
            }
            F::LostReason => {
                let name = |number| LostReason::from_number(number).map(LostReason::as_str);
                return self.names(NumberColumn::LostReason, places, name, each);
            }
            _ => {
                each_unknown(places, each);
                return Ok(());
            }
        };
        self.reader.texts(self.section, column, self.at(places), each)
    }

    /// The same in one piece.
    pub(crate) fn text_batch(&self, field: Field, places: &[u32]) -> Result<TextBatch> {
        let mut texts = TextBatch::default();
        match (field, self.with_anchors()) {
            (Field::Anchor, Some(batch)) => batch.anchor_batch(places, &mut texts),
            (Field::Anchor, None) => {
                self.reader.text_batch(self.section, TextColumn::Anchor, self.at(places), &mut texts)?;
            }
            _ => self.texts(field, places, |text| texts.push(text))?,
        }
        Ok(texts)
    }

    /// The batch, if anchors are at hand there.
    fn with_anchors(&self) -> Option<&ScanBatch> {
        match self.rows {
            LotRows::Scanned(batch) => Some(batch).filter(|batch| batch.has_anchors()),
            LotRows::Listed(_) => None,
        }
    }

    /// Values of a field of lists, their texts joined by spaces, which none of them holds.
    pub(crate) fn lists(&self, field: Field, places: &[u32], mut each: impl FnMut(Option<&[u8]>)) -> Result<()> {
        if field == Field::Attributes {
            return self.reader.texts(self.section, TextColumn::Rel, self.at(places), each);
        }
        // The other list is that of the kinds of site.
        self.reader.numbers(self.section, NumberColumn::Platforms, self.at(places), |bits| {
            let kinds = bits.map(|bits| PlatformTypes::from_bits(bits as u8));
            let names = kinds.map(|kinds| kinds.iter().map(PlatformType::as_str).collect::<Vec<_>>().join(" "));
            each(names.as_deref().map(str::as_bytes));
        })
    }

    /// Texts that are stored by their numbers.
    fn names(
        &self,
        column: NumberColumn,
        places: &[u32],
        name: impl Fn(u8) -> Option<&'static str>,
        mut each: impl FnMut(Option<&[u8]>),
    ) -> Result<()> {
        self.reader.numbers(self.section, column, self.at(places), |number| {
            each(number.and_then(|number| name(u8::try_from(number).ok()?)).map(str::as_bytes));
        })
    }

    fn is_new(&self, places: &[u32], mut each: impl FnMut(Option<i64>)) -> Result<()> {
        let (mut first_seen, mut is_lost) = (Vec::with_capacity(places.len()), Vec::with_capacity(places.len()));
        let (reader, section) = (self.reader, self.section);
        let push = |into: &mut Vec<i64>, value: Option<i64>| into.push(value.unwrap_or_default());
        reader.numbers(section, NumberColumn::FirstSeen, self.at(places), |value| push(&mut first_seen, value))?;
        reader.numbers(section, NumberColumn::IsLost, self.at(places), |value| push(&mut is_lost, value))?;
        let mut known = first_seen.into_iter().zip(is_lost);
        reader.numbers(section, NumberColumn::IsFoundAtLastVisit, self.at(places), |found| {
            let (first_seen, is_lost) = known.next().unwrap_or_default();
            let is_recent = is_recent(Timestamp::from_seconds(first_seen), self.newest_visit);
            each(Some((found == Some(1) && is_lost == 0 && is_recent).into()));
        })
    }

    fn urls(&self, side: Side, places: &[u32], each: impl FnMut(&str, &model::Host)) -> Result<()> {
        self.reader.urls(self.section, side, self.at(places), each)
    }

    /// The numbers of the rows at some places.
    pub(crate) fn at(&self, places: &[u32]) -> impl Iterator<Item = u32> {
        places.iter().filter_map(|place| match self.rows {
            LotRows::Listed(rows) => rows.get(*place as usize).copied(),
            LotRows::Scanned(batch) => Some(batch.row(*place)),
        })
    }
}

/// A text that is not computed, on any row.
fn each_unknown(places: &[u32], mut each: impl FnMut(Option<&[u8]>)) {
    for _ in places {
        each(None);
    }
}

fn is_https(url: &str) -> i64 {
    url.starts_with("https:").into()
}
