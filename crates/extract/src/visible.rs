//! What the visible text of a page gives besides the texts of links: how many words it has, and a sample of it
//! to tell its language by.
//!
//! The sample is taken from blocks that read like sentences: outside of navigation, and with some words that are
//! no link. Menus, lists of names and notices come in only if a page has nothing else.

use std::ops::RangeInclusive;

use model::SemanticLocation;

use crate::context::clip;
use crate::language::MAX_SAMPLE_BYTES;
use crate::look::Look;

/// A block with fewer words outside of links than this is no sentence.
const MIN_WORDS: u32 = 6;

/// The most bytes kept of one block.
const MAX_BLOCK_BYTES: usize = 1024;

/// Hiragana and ideographs: each is counted as a word, since no space stands between words.
const WORDS_BY_THEMSELVES: [RangeInclusive<char>; 4] =
    ['\u{3040}'..='\u{309f}', '\u{3400}'..='\u{9fff}', '\u{f900}'..='\u{faff}', '\u{20000}'..='\u{3ffff}'];

/// Combining marks of the scripts that cannot do without: accents, Hebrew, Arabic, India's, Thai.
const MARKS: [RangeInclusive<char>; 5] =
    ['\u{300}'..='\u{36f}', '\u{591}'..='\u{5c7}', '\u{64b}'..='\u{65f}', '\u{900}'..='\u{dff}', '\u{e30}'..='\u{e4f}'];

/// The visible text, as it is read.
#[derive(Debug, Default)]
pub(crate) struct VisibleText {
    words: u32,
    /// Whether the last character belongs to a word that may go on.
    in_word: bool,
    /// The current block: its text outside of links, and the words of that.
    block: String,
    block_words: u32,
    /// Whether the block is of navigation or a footer.
    is_boilerplate: bool,
    sample: String,
    /// Short blocks and navigation.
    rest: String,
}

impl VisibleText {
    /// Adds text, white space as it comes, and what it is like. `in_link` says that it belongs to a link; `location` is
    /// where it stands.
    pub(crate) fn add(&mut self, text: &str, look: Look, in_link: bool, location: Option<SemanticLocation>) {
        let before = self.words;
        match look.words {
            Some(words) => self.count_words(words, look),
            None => self.count_pieces(text),
        }
        if !in_link && self.sample.len() < MAX_SAMPLE_BYTES {
            self.block_words = self.block_words.saturating_add(self.words - before);
            if self.block.is_empty() {
                self.is_boilerplate = matches!(location, Some(SemanticLocation::Nav | SemanticLocation::Footer));
            }
            let room = MAX_BLOCK_BYTES.saturating_sub(self.block.len());
            self.block.push_str(clip(text, room));
        }
    }

    /// White space and nothing else.
    pub(crate) fn space(&mut self) {
        self.in_word = false;
        if !self.block.is_empty() && !self.block.ends_with(' ') {
            self.block.push(' ');
        }
    }

    /// The border of a block.
    pub(crate) fn border(&mut self) {
        self.in_word = false;
        if self.block.is_empty() {
            return;
        }
        let is_sentence = self.block_words >= MIN_WORDS || self.block.len() >= 60 && !self.block.is_ascii();
        let to = if is_sentence && !self.is_boilerplate { &mut self.sample } else { &mut self.rest };
        let room = MAX_SAMPLE_BYTES.saturating_sub(to.len() + 1);
        let text = clip(self.block.trim(), room);
        if !text.is_empty() {
            to.push_str(text);
            to.push(' ');
        }
        self.block.clear();
        self.block_words = 0;
    }

    /// The words, and the sample: what reads like sentences, and if that is little, the rest behind it.
    pub(crate) fn finish(mut self) -> (u32, String) {
        self.border();
        if self.sample.len() < MAX_SAMPLE_BYTES / 8 {
            let room = MAX_SAMPLE_BYTES.saturating_sub(self.sample.len());
            self.sample.push_str(clip(&self.rest, room));
        }
        (self.words, self.sample)
    }

    /// [`Self::count`], what is ASCII between other characters at once.
    fn count_pieces(&mut self, text: &str) {
        // Beside other characters, an apostrophe does not make a word.
        let has_apostrophe = memchr::memchr(b'\'', text.as_bytes()).is_some();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let ascii = if has_apostrophe { 0 } else { rest.bytes().take_while(u8::is_ascii).count() };
            if ascii > 0 {
                let look = Look::of_start(rest.as_bytes(), ascii);
                self.count_words(look.words.unwrap_or_default(), look);
            } else {
                self.count(first);
            }
            rest = rest.get(ascii.max(first.len_utf8())..).unwrap_or_default();
        }
    }

    /// [`Self::count`] for most texts of the web.
    fn count_words(&mut self, words: u32, look: Look) {
        let goes_on = self.in_word && look.begins_in_word;
        self.words = self.words.saturating_add(words - u32::from(goes_on));
        self.in_word = look.ends_in_word;
    }

    /// Counts words as Unicode does, nearly: runs of letters and digits, which an apostrophe or a mark does not end; an
    /// ideograph and a hiragana each are a word.
    fn count(&mut self, character: char) {
        if character >= '\u{3040}' && WORDS_BY_THEMSELVES.iter().any(|range| range.contains(&character)) {
            self.words = self.words.saturating_add(1);
            self.in_word = false;
        } else if is_alphanumeric(character) {
            self.words = self.words.saturating_add(u32::from(!self.in_word));
            self.in_word = true;
        } else if !matches!(character, '\'' | '’' | '\u{ad}' | '\u{200c}' | '\u{200d}') && !is_mark(character) {
            self.in_word = false;
        }
    }
}

/// [`char::is_alphanumeric`], quick for the letters of many languages, of which the standard library looks through a
/// list.
pub(crate) fn is_alphanumeric(character: char) -> bool {
    match character {
        '\0'..='\x7f' => character.is_ascii_alphanumeric(),
        '×' | '÷' => false,
        'À'..='ɏ'
        | 'Ѐ'..='ҁ'
        | 'Σ'..='ώ'
        | 'א'..='ת'
        | 'ؠ'..='ي'
        | 'ऄ'..='ह'
        | 'ก'..='ะ'
        | 'ァ'..='ヺ'
        | '가'..='힣' => true,
        _ => character.is_alphanumeric(),
    }
}

/// Whether a character that is no letter stands inside words: combining marks, but no full stops.
fn is_mark(character: char) -> bool {
    MARKS.iter().any(|range| range.contains(&character)) && !matches!(character, '।' | '॥')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_unicode() {
        for character in '\0'..=char::MAX {
            assert_eq!(is_alphanumeric(character), character.is_alphanumeric(), "{character:?}");
        }
    }

    fn add(visible: &mut VisibleText, text: &str, in_link: bool, location: Option<SemanticLocation>) {
        visible.add(text, Look::of(text), in_link, location);
    }

    fn words(text: &str) -> u32 {
        let mut visible = VisibleText::default();
        add(&mut visible, text, false, None);
        visible.finish().0
    }

    #[test]
    fn words_are_counted_in_any_script() {
        for (text, count) in [
            ("", 0),
            ("One two, three; don't!", 4),
            ("3.5 kg — well-known", 5),
            ("Жили-были дед и баба.", 5),
            ("हिन्दी में लिखा हुआ पाठ।", 5),
            ("狗跑过街道。", 5),
            ("コンピュータ は", 2),
            ("한국어 텍스트", 2),
        ] {
            assert_eq!(words(text), count, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn words_are_counted_alike_at_once_and_one_character_after_the_other(text in "[a-z0-9é\u{300}字か'’. -]{0,40}|[a-zéŽд×÷ ]{0,40}") {
            // ASCII by itself is counted otherwise: an apostrophe alone is a word.
            let text = text + "é";
            let mut slow = VisibleText::default();
            text.chars().for_each(|character| slow.count(character));
            proptest::prop_assert_eq!(words(&text), slow.words);
        }
    }

    #[test]
    fn a_word_goes_on_through_tags_and_ends_with_its_block() {
        let mut visible = VisibleText::default();
        add(&mut visible, "set", false, None);
        add(&mut visible, "up", true, None);
        visible.border();
        add(&mut visible, "next", false, None);
        assert_eq!(visible.finish().0, 2);
    }

    #[test]
    fn the_sample_prefers_sentences_to_menus() {
        let mut visible = VisibleText::default();
        add(&mut visible, "Inicio Noticias Contacto", true, None);
        visible.border();
        add(&mut visible, "All rights reserved by the owner of this very site", false, Some(SemanticLocation::Footer));
        visible.border();
        let sentence = "El perro corre por la calle y ve al hombre que espera. ".repeat(6);
        add(&mut visible, &sentence, false, Some(SemanticLocation::Main));
        visible.border();
        assert_eq!(visible.finish().1.trim(), sentence.trim());
    }

    #[test]
    fn the_sample_takes_the_rest_where_there_is_little() {
        let mut visible = VisibleText::default();
        add(&mut visible, "Kontakt", false, None);
        visible.border();
        let notice = "Impressum und Datenschutz gehören hierher ".repeat(100);
        add(&mut visible, &notice, false, Some(SemanticLocation::Nav));
        let (_, sample) = visible.finish();
        assert!(sample.starts_with("Kontakt Impressum") && sample.len() <= MAX_SAMPLE_BYTES, "{}", sample.len());
    }
}
