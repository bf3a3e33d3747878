//! Bytes of records: LEB128 integers and length-prefixed strings. Reading checks every length.

use std::str;

/// Stored bytes that do not decode. Behind a checksum this means a bug or a foreign file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// Appends values to a buffer.
pub(crate) trait Encode {
    fn put_int(&mut self, value: u64);
    fn put_bytes(&mut self, value: &[u8]);

    /// Zigzag, so that small negative numbers stay short.
    fn put_signed(&mut self, value: i64) {
        self.put_int(((value << 1) ^ (value >> 63)) as u64);
    }

    /// `None` is 0, a value is one more than itself; `u64::MAX` is not storable and becomes one less.
    fn put_optional_int(&mut self, value: Option<u64>) {
        self.put_int(value.map_or(0, |value| value.saturating_add(1)));
    }

    fn put_optional_signed(&mut self, value: Option<i64>) {
        self.put_int(u64::from(value.is_some()));
        if let Some(value) = value {
            self.put_signed(value);
        }
    }

    fn put_text(&mut self, value: &str) {
        self.put_bytes(value.as_bytes());
    }

    fn put_optional_bytes(&mut self, value: Option<&[u8]>) {
        self.put_int(value.map_or(0, |value| value.len() as u64 + 1));
        self.put_raw(value.unwrap_or_default());
    }

    fn put_optional_text(&mut self, value: Option<&str>) {
        self.put_optional_bytes(value.map(str::as_bytes));
    }

    fn put_raw(&mut self, value: &[u8]);
}

impl Encode for Vec<u8> {
    fn put_int(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
    }

    fn put_bytes(&mut self, value: &[u8]) {
        self.put_int(value.len() as u64);
        self.extend_from_slice(value);
    }

    fn put_raw(&mut self, value: &[u8]) {
        self.extend_from_slice(value);
    }
}

/// Reads values off the front of a slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decoder<'a> {
    rest: &'a [u8],
}

type Decoded<T> = Result<T, Malformed>;

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) fn int(&mut self) -> Decoded<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.rest.split_first().ok_or(Malformed("cut integer"))?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed("endless integer"))
    }

    pub(crate) fn int_as<T: TryFrom<u64>>(&mut self) -> Decoded<T> {
        T::try_from(self.int()?).map_err(|_| Malformed("integer out of range"))
    }

    pub(crate) fn signed(&mut self) -> Decoded<i64> {
        let raw = self.int()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    pub(crate) fn optional_int(&mut self) -> Decoded<Option<u64>> {
        Ok(self.int()?.checked_sub(1))
    }

    pub(crate) fn optional_int_as<T: TryFrom<u64>>(&mut self) -> Decoded<Option<T>> {
        self.optional_int()?.map(|value| T::try_from(value).map_err(|_| Malformed("integer out of range"))).transpose()
    }

    pub(crate) fn optional_signed(&mut self) -> Decoded<Option<i64>> {
        Ok(if self.int()? == 0 { None } else { Some(self.signed()?) })
    }

    pub(crate) fn raw(&mut self, length: u64) -> Decoded<&'a [u8]> {
        let length = usize::try_from(length).map_err(|_| Malformed("length out of range"))?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed("cut bytes"))?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(crate) fn bytes(&mut self) -> Decoded<&'a [u8]> {
        let length = self.int()?;
        self.raw(length)
    }

    pub(crate) fn optional_bytes(&mut self) -> Decoded<Option<&'a [u8]>> {
        match self.optional_int()? {
            None => Ok(None),
            Some(length) => self.raw(length).map(Some),
        }
    }

    /// Texts that stand one behind the other. Most are shorter than 127 bytes, so that their lengths are ASCII and
    /// all can be checked for UTF-8 at once, at a fraction of what one by one costs.
    pub(crate) fn optional_texts<const COUNT: usize>(&mut self) -> Decoded<[Option<&'a str>; COUNT]> {
        let start = self.rest;
        let mut places = [None; COUNT];
        for place in &mut places {
            if let Some(length) = self.optional_int()? {
                let from = start.len() - self.rest.len();
                *place = Some((from, from + self.raw(length)?.len()));
            }
        }
        let whole = str::from_utf8(&start[..start.len() - self.rest.len()]).ok();
        let mut texts = [None; COUNT];
        for (text, place) in texts.iter_mut().zip(places) {
            let Some((from, to)) = place else { continue };
            let found = match whole {
                Some(whole) => whole.get(from..to),
                None => str::from_utf8(&start[from..to]).ok(),
            };
            *text = Some(found.ok_or(Malformed("text is not UTF-8"))?);
        }
        Ok(texts)
    }

    pub(crate) fn text(&mut self) -> Decoded<&'a str> {
        str::from_utf8(self.bytes()?).map_err(|_| Malformed("text is not UTF-8"))
    }

    pub(crate) fn optional_text(&mut self) -> Decoded<Option<&'a str>> {
        let bytes = self.optional_bytes()?;
        bytes.map(|bytes| str::from_utf8(bytes).map_err(|_| Malformed("text is not UTF-8"))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_put_is_read(ints in prop::collection::vec(any::<u64>(), 0..8), signed in any::<i64>(), text in prop::option::of(".{0,12}")) {
            let mut bytes = Vec::new();
            for int in &ints {
                bytes.put_int(*int);
            }
            bytes.put_signed(signed);
            bytes.put_optional_signed(Some(signed));
            bytes.put_optional_text(text.as_deref());
            let mut decoder = Decoder::new(&bytes);
            for int in &ints {
                prop_assert_eq!(decoder.int(), Ok(*int));
            }
            prop_assert_eq!(decoder.signed(), Ok(signed));
            prop_assert_eq!(decoder.optional_signed(), Ok(Some(signed)));
            prop_assert_eq!(decoder.optional_text(), Ok(text.as_deref()));
            prop_assert!(decoder.is_empty());
        }

        #[test]
        fn texts_together_are_what_they_are_one_by_one(
            values in prop::array::uniform3(prop::option::of(prop_oneof![
                prop::collection::vec(any::<u8>(), 0..4),
                ".{0,4}".prop_map(String::into_bytes),
                "[a-zé]{100,200}".prop_map(String::into_bytes),
            ])),
            cut in 0..8_usize,
        ) {
            let mut bytes = Vec::new();
            for value in &values {
                bytes.put_optional_bytes(value.as_deref());
            }
            bytes.truncate(bytes.len() - if cut < 4 { cut.min(bytes.len()) } else { 0 });
            let mut decoder = Decoder::new(&bytes);
            let one_by_one: Result<_, Malformed> = (|| Ok([decoder.optional_text()?, decoder.optional_text()?, decoder.optional_text()?]))();
            prop_assert_eq!(Decoder::new(&bytes).optional_texts::<3>().ok(), one_by_one.ok());
        }

        #[test]
        fn foreign_bytes_are_refused_not_followed(bytes in prop::collection::vec(any::<u8>(), 0..32)) {
            let mut decoder = Decoder::new(&bytes);
            while !decoder.is_empty() {
                if decoder.optional_text().is_err() && decoder.int().is_err() {
                    break;
                }
            }
        }
    }
}
