//! In which language a page is written: what it declares, checked against its text.
//!
//! Templates declare the language of whoever made them, and pages forget to say otherwise, so a
//! declaration alone is not believed. The rule:
//!
//! 1. Detection that contradicts the declaration wins if it is reliable, or if the text is in letters
//!    that the declared language does not use; unless the detector does not know the declared language,
//!    or takes it for a neighbour (Bosnian for Croatian, Malay for Indonesian).
//! 2. Otherwise the declaration counts, where it is one.
//! 3. Otherwise detection, where it is likely.
//! 4. Otherwise nothing.
//!
//! `whatlang` detects, by alphabets and trigrams, 70 languages; scripts that belong to one language,
//! and that it does not know, are told by their characters. English, and a few other languages that are
//! declared, are confirmed by their commonest words (`common_words.rs`) alone, since `whatlang` costs a tenth
//! of a millisecond.

use model::LanguageCode;
use whatlang::Script;

use crate::common_words::{self, ENGLISH, ENGLISH_ALONE};
use crate::context::clip;
use crate::language_codes;

/// Text of this many bytes is enough to be sure of; more is not looked at.
pub const MAX_SAMPLE_BYTES: usize = 2048;

/// From so many characters on, detection is believed where nothing is declared.
const LIKELY_CHARS: usize = 200;

/// And with at least this confidence, if not reliable by itself.
const LIKELY_CONFIDENCE: f64 = 0.1;

/// Text of a language has at least this share of its commonest words.
const COMMON_SHARE: f64 = 0.2;

/// Or, if it is long, of those that no other language has, of which there are fewer.
const ALONE_SHARE: f64 = 0.1;

/// Long is text of so many bytes: English notices around a short text do not decide.
const MIN_ALONE_BYTES: usize = 1024;

/// And text with less than this is hardly English.
const NO_ENGLISH_SHARE: f64 = 0.05;

/// Text of so many bytes is English by its words alone if nothing is declared.
const MIN_ENGLISH_BYTES: usize = 250;

/// The language of a page that declares `declared` and whose main text is `sample`.
pub fn decide(declared: Option<&str>, sample: &str) -> Option<LanguageCode> {
    let declared = declared.and_then(language_codes::parse);
    let sample = clip(sample, MAX_SAMPLE_BYTES);
    let words = declared.map_or(Some(&ENGLISH), |code| common_words::of(code.as_str()));
    let share = words.map(|words| words.share(sample));
    let is_confirmed = |share: f64| {
        let is_english = || sample.len() >= MIN_ALONE_BYTES && words.is_some_and(|words| words.code == ENGLISH.code);
        share >= COMMON_SHARE || is_english() && ENGLISH_ALONE.share(sample) >= ALONE_SHARE
    };
    if share.is_some_and(is_confirmed) && (declared.is_some() || sample.len() >= MIN_ENGLISH_BYTES) {
        return declared.or_else(|| LanguageCode::parse(ENGLISH.code));
    }
    let english = share.filter(|_| declared.is_some_and(|code| code.as_str() == ENGLISH.code));
    let detected = detect(sample);
    match (declared, detected) {
        (Some(declared), Some(found)) if contradicts(declared, found, english) => Some(found.code),
        (Some(declared), _) => Some(declared),
        (None, Some(found)) if found.is_likely => Some(found.code),
        (None, _) => None,
    }
}

/// What the text looks like.
#[derive(Debug, Clone, Copy)]
struct Detected {
    code: LanguageCode,
    /// `None` for scripts that the detector does not know.
    script: Option<Script>,
    /// Good enough against a declaration.
    is_reliable: bool,
    /// Good enough without a declaration.
    is_likely: bool,
}

fn detect(sample: &str) -> Option<Detected> {
    if let Some(code) = by_script(sample) {
        return Some(Detected { code, script: None, is_reliable: true, is_likely: true });
    }
    let info = whatlang::detect(sample)?;
    let code = language_codes::parse(info.lang().code())?;
    let is_long = || sample.chars().filter(|character| character.is_alphabetic()).nth(LIKELY_CHARS - 1).is_some();
    let is_likely = info.is_reliable() || info.confidence() >= LIKELY_CONFIDENCE && is_long();
    Some(Detected { code, script: Some(info.script()), is_reliable: info.is_reliable(), is_likely })
}

/// Languages that `whatlang` does not know, by the script that they alone use: Lao, Tibetan, Maldivian.
fn by_script(sample: &str) -> Option<LanguageCode> {
    if sample.is_ascii() {
        return None;
    }
    let (mut letters, mut lao, mut tibetan, mut thaana) = (0, 0, 0, 0);
    for character in sample.chars().filter(|character| !character.is_ascii()) {
        letters += usize::from(character.is_alphabetic());
        match character {
            '\u{e80}'..='\u{eff}' => lao += 1,
            '\u{f00}'..='\u{fff}' => tibetan += 1,
            '\u{780}'..='\u{7bf}' => thaana += 1,
            _ => {}
        }
    }
    let of = [("lo", lao), ("bo", tibetan), ("dv", thaana)];
    let (code, count) = of.into_iter().max_by_key(|(_, count)| *count)?;
    if count >= 20 && count * 2 > letters { LanguageCode::parse(code) } else { None }
}

/// Whether detection is strong enough to overrule a declaration. English, which is declared by mistake more
/// than any other language, needs less: that its words are hardly there.
fn contradicts(declared: LanguageCode, found: Detected, english: Option<f64>) -> bool {
    let is_no_english = found.is_likely && english.is_some_and(|share| share < NO_ENGLISH_SHARE);
    (found.is_reliable || is_other_script(declared, found) || is_no_english) && !stands(declared, found)
}

/// Whether a declaration holds against reliable detection: it names the same language or one that
/// detection takes for its neighbour, or one that the detector cannot find. Those it takes for others
/// of their script, but hardly for English.
fn stands(declared: LanguageCode, found: Detected) -> bool {
    let (own, other) = (declared.as_str(), found.code.as_str());
    let same = |group: &[&str]| group.contains(&own) && group.contains(&other);
    if own == other || same(&["no", "nn"]) || same(&["hr", "sr", "bs"]) || same(&["id", "ms"]) {
        return true;
    }
    if is_detectable(own) {
        return false;
    }
    match found.script {
        Some(Script::Latin) => other != "en" && !WITHOUT_LATIN.contains(&own),
        Some(Script::Cyrillic) => {
            ["ab", "av", "ba", "ce", "cu", "cv", "kk", "ku", "kv", "ky", "mn", "os", "tg", "tt"].contains(&own)
        }
        Some(Script::Arabic) => ["dv", "ks", "kk", "ku", "ms", "ps", "sd", "ug"].contains(&own),
        Some(Script::Devanagari) => ["ks", "pi", "sa", "sd"].contains(&own),
        Some(Script::Ethiopic) => own == "ti",
        Some(Script::Bengali) => own == "as",
        Some(Script::Mandarin) => own == "za",
        _ => false,
    }
}

/// Languages that the detector does not know and that are not written in Latin letters.
const WITHOUT_LATIN: [&str; 21] = [
    "ab", "as", "av", "ba", "bo", "ce", "cu", "cv", "dv", "dz", "ks", "kv", "ky", "lo", "mn", "os", "ps", "sd", "ti",
    "tt", "ug",
];

/// Whether the text is in letters that the declared language is not written in. Latin letters are no
/// evidence: they stand in texts of every language.
fn is_other_script(declared: LanguageCode, found: Detected) -> bool {
    let Some(script) = found.script.filter(|script| *script != Script::Latin) else { return false };
    let own = declared.as_str();
    let writes = |lang: &whatlang::Lang| language_codes::parse(lang.code()) == Some(declared);
    !["az", "ja", "sr", "tk", "uz"].contains(&own) && !script.langs().iter().any(writes)
}

fn is_detectable(code: &str) -> bool {
    whatlang::Lang::all()
        .iter()
        .any(|lang| language_codes::parse(lang.code()).is_some_and(|known| known.as_str() == code))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GERMAN: &str = "Der Hund läuft über die Straße und sieht den Mann, der auf der anderen Seite steht und \
                          wartet, bis der Regen aufhört und die Sonne wieder über den Dächern der Stadt scheint.";
    const ENGLISH: &str = "The dog runs across the street and sees the man who is standing on the other side and \
                           waits until the rain stops and the sun shines over the roofs of the town again.";

    fn code(declared: Option<&str>, sample: &str) -> Option<String> {
        decide(declared, sample).map(|code| code.to_string())
    }

    #[test]
    fn reliable_detection_wins_over_a_declaration() {
        assert_eq!(code(Some("en-US"), GERMAN).as_deref(), Some("de"));
        assert_eq!(code(Some("de"), ENGLISH).as_deref(), Some("en"));
        assert_eq!(code(Some("en"), ENGLISH).as_deref(), Some("en"));
    }

    #[test]
    fn a_declaration_counts_where_text_says_little() {
        assert_eq!(code(Some("pt-BR"), "Menu 123").as_deref(), Some("pt"));
        assert_eq!(code(Some("sv"), "").as_deref(), Some("sv"));
        assert_eq!(code(None, "Menu 123"), None);
        assert_eq!(code(Some("x-default"), ""), None);
    }

    #[test]
    fn detection_helps_where_nothing_is_declared() {
        assert_eq!(code(None, GERMAN).as_deref(), Some("de"));
        assert_eq!(code(Some("{{lang}}"), ENGLISH).as_deref(), Some("en"));
    }

    #[test]
    fn a_language_that_the_detector_does_not_know_stands() {
        let basque = "Txakurrak kalea zeharkatzen du eta beste aldean dagoen gizona ikusten du, eta euria gelditu arte \
                      itxaroten du, eguzkia berriro hiriko teilatuen gainean agertu arte, gero etxera itzultzen da.";
        assert_eq!(code(Some("eu"), basque).as_deref(), Some("eu"));
        assert_eq!(code(Some("eu"), ENGLISH).as_deref(), Some("en"), "but English is not taken for Basque");
        assert_eq!(code(Some("ky"), GERMAN).as_deref(), Some("de"), "and not in these letters");
    }

    #[test]
    fn scripts_of_one_language_tell_it() {
        for (text, wanted) in [
            ("สุนัขวิ่งข้ามถนนและเห็นชายคนหนึ่งยืนอยู่อีกฝั่ง", "th"),
            ("Ο σκύλος τρέχει στον δρόμο και βλέπει τον άνθρωπο", "el"),
            ("הכלב רץ ברחוב ורואה את האיש שעומד בצד השני", "he"),
            ("개가 길을 건너 반대편에 서 있는 남자를 본다", "ko"),
            ("ძაღლი გადარბის ქუჩაზე და ხედავს კაცს", "ka"),
            ("Շունը վազում է փողոցով և տեսնում մարդուն", "hy"),
            ("ໝາແລ່ນຂ້າມຖະໜົນແລະເຫັນຜູ້ຊາຍຢືນຢູ່ອີກຟາກໜຶ່ງ", "lo"),
            ("犬が通りを渡って、向こう側に立っている男を見る。", "ja"),
            ("狗跑过街道，看见站在另一边的那个人。", "zh"),
        ] {
            assert_eq!(code(Some("en"), text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn neighbours_do_not_overrule_each_other() {
        let croatian = "Pas trči preko ulice i vidi čovjeka koji stoji na drugoj strani i čeka dok kiša ne prestane, a \
                        onda se vraća kući. Svi ljudi rađaju se slobodni i jednaki u dostojanstvu i pravima te bi \
                        trebali jedni prema drugima postupati u duhu bratstva. Nitko ne smije biti držan u ropstvu.";
        assert_eq!(code(Some("en"), croatian).as_deref(), Some("hr"), "detection is reliable");
        assert_eq!(code(Some("bs"), croatian).as_deref(), Some("bs"));
        assert_eq!(code(Some("sr-Latn"), croatian).as_deref(), Some("sr"));
    }
}
