//! The direct links to a range of keys, walked beside those of another snapshot.

use std::cmp::Ordering;
use std::ops::Range;

use model::{KeyRange, UrlKey};

use crate::bucket::{BucketReader, Section};
use crate::error::{Result, corrupt};
use crate::group::RowCursor;
use crate::links::keys;

/// Rows of one snapshot, in the order of target and page.
#[derive(Debug)]
pub(crate) struct LinkRows<'a> {
    reader: &'a BucketReader,
    keys: RowCursor<'a>,
    rest: Range<u32>,
}

impl<'a> LinkRows<'a> {
    /// The rows of targets in `range`; of all without one.
    pub(crate) fn of(reader: &'a BucketReader, range: Option<&KeyRange>) -> Result<Self> {
        let rest = match range {
            Some(range) => {
                let [body, _] = reader.rows(range)?;
                body.rows
            }
            None => 0..u32::try_from(reader.section(0).keys.rows()).unwrap_or(u32::MAX),
        };
        Ok(Self { reader, keys: reader.section(0).keys.cursor(), rest })
    }

    /// The groups that the rows are in.
    pub(crate) fn section(&self) -> &'a Section {
        self.reader.section(0)
    }

    /// The number of the row that comes next.
    pub(crate) fn row(&self) -> Option<u32> {
        (!self.rest.is_empty()).then_some(self.rest.start)
    }

    /// Keys of its target and its page.
    pub(crate) fn key(&mut self) -> Result<Option<(&[u8], &[u8])>> {
        let Some(row) = self.row() else { return Ok(None) };
        let (block, at) = self.keys.row(row.into())?;
        let key = |column| block.bytes(column, at).unwrap_or_default();
        Ok(Some((key(keys::TARGET), key(keys::SOURCE))))
    }

    /// URLs of its target and its page.
    pub(crate) fn urls(&mut self) -> Result<Option<(String, String)>> {
        let path = &self.reader.path;
        let Some((target, source)) = self.key()? else { return Ok(None) };
        let url = |key: &[u8]| match UrlKey::url_and_host(key) {
            Ok((url, _)) => Ok(url),
            Err(_) => Err(corrupt(path, "links", "URL key")),
        };
        Ok(Some((url(target)?, url(source)?)))
    }

    /// Goes on to the row behind it.
    pub(crate) fn advance(&mut self) {
        self.rest.next();
    }

    /// Which of two comes first: `Less` for this one; `None` if both are at their ends.
    pub(crate) fn compare(&mut self, other: &mut Self) -> Result<Option<Ordering>> {
        Ok(match (self.key()?, other.key()?) {
            (None, None) => None,
            (Some(_), None) => Some(Ordering::Less),
            (None, Some(_)) => Some(Ordering::Greater),
            (Some(own), Some(other)) => Some(own.cmp(&other)),
        })
    }
}
