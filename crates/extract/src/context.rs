//! Cuts the text around a link to sentence parts that a reader recognises.

/// The most characters of text before and of text after a link.
pub const MAX_CONTEXT_CHARS: usize = 160;

/// The most bytes of the text of a link.
pub const MAX_ANCHOR_BYTES: usize = 4096;

/// A sentence shorter than this is no context by itself; the text is cut between words then.
const MIN_SENTENCE_CHARS: usize = 40;

/// The end of `text`: at most [`MAX_CONTEXT_CHARS`], from the start of a sentence if one starts early
/// enough, else from the start of a word, else from a character.
pub(crate) fn last_sentences(text: &str) -> &str {
    let Some((cut, _)) = text.char_indices().rev().nth(MAX_CONTEXT_CHARS - 1) else { return text };
    if cut == 0 {
        return text;
    }
    // One character more shows whether the window itself begins at a border.
    let window_start = text.get(..cut).and_then(|before| before.char_indices().next_back()).map_or(0, |(at, _)| at);
    let window = text.get(window_start..).unwrap_or_default();
    let enough = |rest: &&str| rest.chars().nth(MIN_SENTENCE_CHARS - 1).is_some();
    let sentence = sentence_borders(window).filter_map(|border| window.get(border..)).map(str::trim_start).find(enough);
    let word = || window.split_once(' ').map(|(_, rest)| rest).filter(enough);
    sentence.or_else(word).unwrap_or_else(|| text.get(cut..).unwrap_or_default())
}

/// The start of `text`: at most [`MAX_CONTEXT_CHARS`], to the end of a sentence if one ends late
/// enough, else to the end of a word, else to a character.
pub(crate) fn first_sentences(text: &str) -> &str {
    let Some((cut, next)) = text.char_indices().nth(MAX_CONTEXT_CHARS) else { return text };
    let window = text.get(..cut + next.len_utf8()).unwrap_or_default();
    let enough = |part: &&str| part.chars().nth(MIN_SENTENCE_CHARS - 1).is_some();
    let fitting = text.get(..cut).unwrap_or_default();
    let sentence = sentence_borders(window).filter_map(|border| fitting.get(..border)).filter(enough).last();
    let word = || window.rsplit_once(' ').map(|(part, _)| part).filter(enough);
    sentence.or_else(word).unwrap_or(fitting)
}

/// At most `max_bytes` of `text`, cut before a character.
pub(crate) fn clip(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let end = (0..=max_bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default().trim_end()
}

/// The byte after each character that ends a sentence: one of `.!?…` before a space, or a full
/// stop of the scripts that put no space after it.
fn sentence_borders(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter_map(move |(at, mark)| {
        let end = at + mark.len_utf8();
        let ends = match mark {
            '.' | '!' | '?' | '…' => text.as_bytes().get(end) == Some(&b' '),
            '。' | '！' | '？' | '।' => true,
            _ => false,
        };
        ends.then_some(end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
