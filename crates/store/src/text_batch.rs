//! Texts of many rows in one piece, so that they can be searched at once.

/// Texts, some of them null, one behind the other.
#[derive(Debug, Default)]
pub struct TextBatch {
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<u32>,
    is_null: Vec<bool>,
}

impl TextBatch {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All texts, back to back.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the text `at` these ends in [`Self::bytes`]; it begins where the one before ends.
    pub fn end(&self, at: usize) -> usize {
        self.ends[at] as usize
    }

    /// The text `at` these; empty for null.
    pub fn text(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.end(before));
        &self.bytes[start..self.end(at)]
    }

    /// Whether the text `at` these is null.
    pub fn is_null(&self, at: usize) -> bool {
        self.is_null[at]
    }

    /// One more. Less than 4 GiB fit in a batch.
    pub fn push(&mut self, text: Option<&[u8]>) {
        self.bytes.extend_from_slice(text.unwrap_or_default());
        self.ends.push(self.bytes.len() as u32);
        self.is_null.push(text.is_none());
    }

    /// Neighbours: their bytes, where each ends behind `start`, and which are null.
    pub(crate) fn extend(&mut self, bytes: &[u8], (start, ends): (u32, &[u32]), is_null: impl Iterator<Item = bool>) {
        let first = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        self.ends.extend(ends.iter().map(|end| end - start + first));
        self.is_null.extend(is_null);
    }
}
