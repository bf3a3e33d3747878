//! Cuts the text around a link to sentence parts that a reader recognises, in any script.
//!
//! Sentences end where Unicode says (UAX 29), which knows the marks of all scripts and that a full stop
//! before a small letter ends nothing. What it cannot know are abbreviations before a capital; the commonest
//! are listed here. Where no sentence ends (Thai has no marks for it, headings have none), words are cut apart, and
//! where there are no spaces either, characters as a reader counts them, so that no mark loses its letter.

use unicode_segmentation::UnicodeSegmentation;

/// The most characters of text before and of text after a link.
pub const MAX_CONTEXT_CHARS: usize = 160;

/// The most bytes of the text of a link.
pub const MAX_ANCHOR_BYTES: usize = 4096;

/// A sentence shorter than this is no context by itself; the text is cut between words then.
const MIN_SENTENCE_CHARS: usize = 40;

/// The end of `text`: at most [`MAX_CONTEXT_CHARS`], from the start of a sentence if one starts early
/// enough, else from the start of a word, else from a character.
pub(crate) fn last_sentences(text: &str) -> &str {
    if text.len() <= MAX_CONTEXT_CHARS {
        return text;
    }
    let cut = match text.as_bytes().last_chunk::<MAX_CONTEXT_CHARS>() {
        Some(end) if end.is_ascii() => text.len() - MAX_CONTEXT_CHARS,
        _ => text.char_indices().rev().nth(MAX_CONTEXT_CHARS - 1).map_or(0, |(at, _)| at),
    };
    if cut == 0 {
        return text;
    }
    // One character more shows whether the window itself begins at a border.
    let window_start = text.get(..cut).and_then(|before| before.char_indices().next_back()).map_or(0, |(at, _)| at);
    let window = text.get(window_start..).unwrap_or_default();
    let enough = |rest: &&str| rest.chars().nth(MIN_SENTENCE_CHARS - 1).is_some();
    let sentence = sentence_borders(window).into_iter().filter_map(|border| window.get(border..)).find(enough);
    let word = || window.split_once(' ').map(|(_, rest)| rest).filter(enough);
    let character = || window.grapheme_indices(true).nth(1).and_then(|(at, _)| window.get(at..));
    sentence.or_else(word).or_else(character).unwrap_or_else(|| text.get(cut..).unwrap_or_default())
}

/// The start of `text`: at most [`MAX_CONTEXT_CHARS`], to the end of a sentence if one ends late
/// enough, else to the end of a word, else to a character.
pub(crate) fn first_sentences(text: &str) -> &str {
    if text.len() <= MAX_CONTEXT_CHARS {
        return text;
    }
    let cut = match text.as_bytes().first_chunk::<MAX_CONTEXT_CHARS>() {
        Some(start) if start.is_ascii() => MAX_CONTEXT_CHARS,
        _ => text.char_indices().nth(MAX_CONTEXT_CHARS).map_or(text.len(), |(at, _)| at),
    };
    let Some(next) = text.get(cut..).and_then(|rest| rest.chars().next()) else { return text };
    let window = text.get(..cut + next.len_utf8()).unwrap_or_default();
    let enough = |part: &&str| part.chars().nth(MIN_SENTENCE_CHARS - 1).is_some();
    let fitting = text.get(..cut).unwrap_or_default();
    let borders = sentence_borders(window);
    let sentence = borders.into_iter().filter_map(|border| fitting.get(..border)).rfind(enough).map(str::trim_end);
    let word = || window.rsplit_once(' ').map(|(part, _)| part).filter(enough);
    let character = || window.grapheme_indices(true).next_back().and_then(|(at, _)| window.get(..at));
    sentence.or_else(word).or_else(character).unwrap_or(fitting)
}

/// At most `max_bytes` of `text`, cut before a character.
pub(crate) fn clip(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let end = (0..=max_bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default().trim_end()
}

/// Abbreviations after which a sentence goes on with a capital, without their last full stop.
const ABBREVIATIONS: [&str; 48] = [
    "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Sr", "Jr", "Rev", "Gen", "Sen", "Gov", "Capt", "Lt", "Col", "vs", "etc",
    "e.g", "i.e", "cf", "ca", "No", "Nos", "Vol", "Fig", "pp", "p", "approx", "dept", "est", "z.B", "d.h", "u.a",
    "bzw", "usw", "ggf", "Nr", "Abs", "Hr", "Fr", "Mme", "Mlle", "Sra", "Srta", "Dra", "av", "t.ex", "bl.a",
];

/// Where sentences begin inside `text`.
fn sentence_borders(text: &str) -> Vec<usize> {
    let Some(start) = first_mark(text) else { return Vec::new() };
    let rest = text.get(start..).unwrap_or_default();
    let borders = rest.split_sentence_bound_indices().map(|(at, _)| start + at).skip(1);
    borders.filter(|at| !ends_in_abbreviation(text.get(..*at).unwrap_or_default())).collect()
}

/// Where the first character stands that may end a sentence, or the one before it, which is as far as any rule looks
/// back: most of a text is passed over quickly. `None` if there is no such character.
fn first_mark(text: &str) -> Option<usize> {
    // Of what is below the Armenian full stop, ASCII has all that ends a sentence or a line, but for one control sign.
    let may_end = |sign: char| match sign {
        '.' | '!' | '?' | '\n' | '\r' | '\u{85}' => true,
        '\0'..='\u{588}' | '‐'..='‣' | '‥'..='‧' => false,
        _ => true,
    };
    // Marks above letters belong to the letter, and rules look at that.
    let is_above_or_hidden = |sign: char| matches!(sign, '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}');
    let (mark, _) = text.char_indices().find(|(_, sign)| may_end(*sign))?;
    let before = text.get(..mark)?.char_indices().next_back();
    Some(before.map_or(0, |(at, sign)| if is_above_or_hidden(sign) { 0 } else { at }))
}

/// Whether the last full stop belongs to an abbreviation or to the first letter of a name.
fn ends_in_abbreviation(text: &str) -> bool {
    let Some(text) = text.trim_end().strip_suffix('.') else { return false };
    let word = text.rsplit(|sign: char| !(sign.is_alphanumeric() || sign == '.')).next().unwrap_or_default();
    let mut letters = word.chars();
    let is_initial = letters.next().is_some_and(char::is_uppercase) && letters.next().is_none();
    is_initial || ABBREVIATIONS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_passed_over_has_no_border(text in "[A-Ca-cé\u{301}\u{ad}\u{483}.! ?“”…—։。\u{85}0-9\n]{0,12}|([Aa1][\u{301}\u{ad}][.։]?[ ”]?){0,6}") {
            let all = text.split_sentence_bound_indices().map(|(at, _)| at).skip(1);
            let all: Vec<_> = all.filter(|at| !ends_in_abbreviation(&text[..*at])).collect();
            proptest::prop_assert_eq!(sentence_borders(&text), all);
        }
    }

    #[test]
    fn short_text_stays_whole() {
        assert_eq!(last_sentences("We follow"), "We follow");
        assert_eq!(first_sentences(""), "");
    }

    #[test]
    fn long_text_is_cut_where_a_sentence_starts_or_ends() {
        let sentence = "This is a sentence of the length that sentences have in this test.";
        let text = [sentence; 5].join(" ");
        assert_eq!(last_sentences(&text), [sentence; 2].join(" "));
        assert_eq!(first_sentences(&text), [sentence; 2].join(" "));
    }

    #[test]
    fn sentences_end_as_their_script_has_it() {
        for (first, second) in [
            ("これは文章です。", "次の文章です。"),
            ("هل هذا سؤال؟", "نعم، هذا سؤال."),
            ("यह एक वाक्य है।", "यह दूसरा वाक्य है।"),
            ("Это предложение.", "И это предложение."),
            ("Is this a question?", "It is."),
            ("He said \"no!\"", "Then he left."),
            ("Սա նախադասություն է։", "Սա էլ։"),
            ("ይህ ዓረፍተ ነገር ነው።", "ይህም ነው።"),
        ] {
            let gap = if first.starts_with('こ') { "" } else { " " };
            let text = format!("{first}{gap}{second}");
            assert_eq!(sentence_borders(&text), [first.len() + gap.len()], "{text}");
        }
    }

    #[test]
    fn abbreviations_end_no_sentence() {
        for text in [
            "Fruits, e.g. apples and, i.e. Golden Delicious",
            "We met Dr. Smith and J. R. Miller",
            "Das ist z.B. Obst, Nr. 5 bzw. Nr. 6",
            "Version 3.5 of example.org is out",
        ] {
            assert!(sentence_borders(text).is_empty(), "{text}: {:?}", sentence_borders(text));
        }
    }

    #[test]
    fn marks_stay_with_their_letters() {
        let text = "กุ่".repeat(300);
        for part in [last_sentences(&text), first_sentences(&text)] {
            assert!(part.starts_with("กุ่") && part.ends_with("กุ่"), "{part}");
        }
    }

    #[test]
    fn text_without_sentences_is_cut_between_words() {
        let text = "word ".repeat(100);
        let text = text.trim();
        let (before, after) = (last_sentences(text), first_sentences(text));
        for part in [before, after] {
            assert!(part.chars().count() <= MAX_CONTEXT_CHARS && part.chars().count() > 150, "{part}");
            assert!(part.starts_with("word") && part.ends_with("word"), "{part}");
        }
    }

    #[test]
    fn text_without_words_is_cut_between_characters() {
        let text = "字".repeat(500);
        assert_eq!(last_sentences(&text).chars().count(), MAX_CONTEXT_CHARS);
        assert_eq!(first_sentences(&text).chars().count(), MAX_CONTEXT_CHARS);
        assert_eq!(clip(&text, 10), "字字字");
    }
}
