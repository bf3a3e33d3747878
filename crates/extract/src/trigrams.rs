//! How much a text in Latin letters is like each of the languages that are written in them.
//!
//! A language is known by its commonest trigrams (three letters, or two and the end of a word), most frequent
//! first: a line of `latin_profiles.tsv`, which `examples/train_profiles.rs` writes. A trigram of a text says for
//! each language how much more frequent it is there than in a text of no such language: the logarithm of that ratio
//! is the trigram's weight, and their sum over the text the language's score (naive Bayes). The frequencies are taken
//! from the ranks by Zipf's law, which tells texts apart better than the counts of a short sample.
//!
//! All weights of a trigram are a row of one table, made once; a trigram costs a look-up and the addition of a row.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use model::LanguageCode;

/// The profiles: code of two letters, the mean weight of a trigram in text of the language, trigrams. A space is written `_`.
const PROFILES: &str = include_str!("latin_profiles.tsv");
/// Languages that a row has room for.
const COLUMNS: usize = 48;
/// Trigrams that sums of 16 bits have room for.
const MAX_BATCH: u16 = 512;
/// Bits of a slot's number.
const SLOT_BITS: u32 = 14;
/// Letters of texts, as they are told apart, lie below this.
const MAX_LETTER: usize = 0x1f00;
/// What ends a word.
const END: u8 = 0;
/// A Latin letter that is in no profile.
const UNKNOWN: u8 = 254;
/// A letter that is not Latin; it ends a word.
const FOREIGN: u8 = 255;

/// The weight of a language's trigram of this rank, from 0 on: 16 ln(1000 / (rank + 3)^0.9), which is its frequency by
/// Zipf's law beside 3 in 100,000.
pub fn weight(rank: usize) -> u8 {
    (16.0 * (1000.0 / (rank as f64 + 3.0).powf(0.9)).ln()).round().clamp(0.0, 255.0) as u8
}

/// The trigrams of a text, in lower case, as profiles have them: for training.
pub fn trigrams(text: &str) -> impl Iterator<Item = String> {
    let mut folded = vec!['_'];
    for character in text.chars() {
        match letter(character) {
            Some(letter) => folded.push(letter),
            None if folded.last() != Some(&'_') => folded.push('_'),
            None => {}
        }
    }
    folded.push('_');
    let trigrams: Vec<String> =
        folded.windows(3).filter(|window| window.get(1) != Some(&'_')).map(|window| window.iter().collect()).collect();
    trigrams.into_iter()
}

/// The lower case of a Latin letter.
fn letter(character: char) -> Option<char> {
    let is_latin = matches!(character, '\0'..='\u{2af}' | '\u{1e00}'..='\u{1eff}') && character.is_alphabetic();
    is_latin.then(|| character.to_lowercase().next().unwrap_or(character))
}

/// What the trigrams of a text say.
#[derive(Debug)]
pub(crate) struct Likeness {
    /// By language, in the order of the profiles.
    scores: [u32; COLUMNS],
    /// Trigrams of the text.
    pub(crate) trigrams: u32,
    /// Letters that are not Latin.
    foreign: u32,
}

/// The language that a text is most like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Best {
    pub(crate) code: LanguageCode,
    /// The mean weight of its trigrams beside that of text of the language: about 1 if it is that, 0.4 of words that are drawn.
    pub(crate) fit: f64,
    /// By what part the second best, or a language that was asked for, scores less.
    pub(crate) lead: f64,
}

impl Likeness {
    pub(crate) fn new() -> Self {
        Self { scores: [0; COLUMNS], trigrams: 0, foreign: 0 }
    }

    /// Adds a text of whole words.
    pub(crate) fn add(&mut self, text: &str) {
        let table = table();
        let (mut batch, mut count) = ([0_u16; COLUMNS], 0);
        // The codes of the last three characters, one in each byte.
        let mut last = 0_u32;
        for character in text.chars().chain([' ']) {
            let mut code = table.codes.get(character as usize).copied().unwrap_or_else(|| beyond(character));
            if code == FOREIGN {
                self.foreign += 1;
                code = END;
            }
            last = (last << 8 | u32::from(code)) & 0xff_ffff;
            if last & 0xff00 == 0 {
                continue;
            }
            count += 1;
            if let Some(row) = table.row(last) {
                for (sum, weight) in batch.iter_mut().zip(row) {
                    *sum += u16::from(*weight);
                }
            }
            if count == MAX_BATCH {
                self.add_batch(&batch, count);
                (batch, count) = ([0; COLUMNS], 0);
            }
        }
        self.add_batch(&batch, count);
    }

    fn add_batch(&mut self, batch: &[u16; COLUMNS], trigrams: u16) {
        for (score, sum) in self.scores.iter_mut().zip(batch) {
            *score += u32::from(*sum);
        }
        self.trigrams += u32::from(trigrams);
    }

    /// Whether most of its letters are Latin.
    pub(crate) fn is_latin(&self) -> bool {
        self.foreign < self.trigrams
    }

    /// The language that scores most, and how far it lies before `rival`, or before the second best if that is not
    /// known or is the best itself. `None` for a text without trigrams that are known.
    pub(crate) fn best(&self, rival: Option<LanguageCode>) -> Option<Best> {
        let scored = || table().languages.iter().zip(self.scores);
        let (language, most) = scored().max_by_key(|(_, score)| *score).filter(|(_, score)| *score > 0)?;
        let others = || scored().filter(|(other, _)| other.code != language.code);
        let rival = others().find(|(other, _)| Some(other.code) == rival).map(|(_, score)| score);
        let second = rival.or_else(|| others().map(|(_, score)| score).max()).unwrap_or_default();
        Some(Best {
            code: language.code,
            fit: f64::from(most) / f64::from(self.trigrams) / language.mean_weight,
            lead: f64::from(most - second) / f64::from(most),
        })
    }
}

/// Whether there is a profile of the language.
pub(crate) fn is_known(code: LanguageCode) -> bool {
    table().languages.iter().any(|language| language.code == code)
}

/// The code of a character beyond those of the table.
fn beyond(character: char) -> u8 {
    if character.is_alphabetic() { FOREIGN } else { END }
}

#[derive(Debug)]
struct Language {
    code: LanguageCode,
    mean_weight: f64,
}

/// The profiles, as they are looked up.
#[derive(Debug)]
struct Table {
    languages: Vec<Language>,
    /// By character: the code of its letter.
    codes: Vec<u8>,
    /// Trigrams (three codes) and the numbers of their rows, each at the slot of its hash or at the next that was free; 0 is none.
    slots: Vec<(u32, u32)>,
    rows: Vec<[u8; COLUMNS]>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::new(PROFILES))
}

impl Table {
    fn new(profiles: &str) -> Self {
        let mut letters: Vec<char> = profiles.chars().filter_map(letter).collect();
        letters.sort_unstable();
        letters.dedup();
        let code = |letter: char| letters.binary_search(&letter).ok().and_then(|at| u8::try_from(at + 1).ok());
        let mut codes = vec![END; MAX_LETTER];
        for (character, place) in ('\0'..).zip(&mut codes) {
            *place = match letter(character) {
                Some(letter) => code(letter).filter(|code| *code < UNKNOWN).unwrap_or(UNKNOWN),
                None => beyond(character),
            };
        }
        let mut table = Self { languages: Vec::new(), codes, slots: vec![(0, 0); 1 << SLOT_BITS], rows: Vec::new() };
        let mut rows: BTreeMap<u32, [u8; COLUMNS]> = BTreeMap::new();
        for line in profiles.lines() {
            let mut fields = line.split('\t');
            let (Some(code), Some(mean), Some(trigrams)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            let (Some(code), Ok(mean_weight)) = (LanguageCode::parse(code), mean.parse()) else { continue };
            for (rank, trigram) in trigrams.split(' ').enumerate() {
                let code = |letter: char| u32::from(table.codes.get(letter as usize).copied().unwrap_or(END));
                let key = trigram.chars().fold(0, |key, letter| key << 8 | code(letter));
                let row = rows.entry(key).or_insert([0; COLUMNS]);
                if let Some(place) = row.get_mut(table.languages.len()) {
                    *place = weight(rank);
                }
            }
            table.languages.push(Language { code, mean_weight });
        }
        for (key, row) in rows {
            let number = table.rows.len() as u32;
            let free = table.probe(key).find(|slot| table.slots.get(*slot).is_some_and(|(key, _)| *key == 0));
            if let Some(place) = free.and_then(|slot| table.slots.get_mut(slot)) {
                *place = (key, number);
                table.rows.push(row);
            }
        }
        table
    }

    /// The slots of a trigram, in the order in which they are tried.
    fn probe(&self, key: u32) -> impl Iterator<Item = usize> + use<> {
        let first = (key.wrapping_mul(0x9e37_79b1) >> (u32::BITS - SLOT_BITS)) as usize;
        let mask = self.slots.len() - 1;
        (0..=mask).map(move |step| (first + step) & mask)
    }

    fn row(&self, key: u32) -> Option<&[u8; COLUMNS]> {
        for slot in self.probe(key) {
            match self.slots.get(slot) {
                Some((found, number)) if *found == key => return self.rows.get(*number as usize),
                Some((0, _)) | None => return None,
                Some(_) => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by the definition: no table, no batches.
    fn scores_by_hand(text: &str) -> BTreeMap<String, u32> {
        let mut scores = BTreeMap::new();
        for line in PROFILES.lines() {
            let [code, _, profile] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let ranks: BTreeMap<&str, usize> = profile.split(' ').zip(0..).collect();
            let score = trigrams(text)
                .filter_map(|trigram| ranks.get(trigram.as_str()).map(|rank| u32::from(weight(*rank))))
                .sum();
            scores.insert(code.to_owned(), score);
        }
        scores
    }

    #[test]
    fn scores_are_those_of_the_definition() {
        let text = "Größe und Maß – l'été d'Été, Việt Nam; ĄŻ 12 ab3cd Слово ß ﬁn İstanbul. ".repeat(40);
        let mut likeness = Likeness::new();
        likeness.add(&text);
        let by_table: BTreeMap<String, u32> =
            table().languages.iter().map(|language| language.code.to_string()).zip(likeness.scores).collect();
        assert_eq!(by_table, scores_by_hand(&text));
        assert_eq!(likeness.trigrams as usize, trigrams(&text).count());
        assert_eq!(likeness.foreign, 40 * 6, "five Cyrillic letters and a ligature");
    }

    #[test]
    fn every_profile_has_its_column_and_every_trigram_its_row() {
        assert!(PROFILES.lines().count() <= COLUMNS);
        assert_eq!(table().languages.len(), PROFILES.lines().count());
        let mut distinct: Vec<&str> =
            PROFILES.lines().flat_map(|line| line.split('\t').nth(2).unwrap().split(' ')).collect();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(table().rows.len(), distinct.len());
        assert!(distinct.len() < table().slots.len() / 2, "slots are free enough");
        assert!(u16::from(weight(0)).checked_mul(MAX_BATCH).is_some());
    }

    #[test]
    fn a_text_without_letters_is_like_none() {
        let mut likeness = Likeness::new();
        likeness.add("12 – 34, 漢字 1");
        assert!(likeness.best(None).is_none());
        assert_eq!((likeness.trigrams, likeness.foreign), (0, 2));
    }
}
