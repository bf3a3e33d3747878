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
//! Texts in Latin letters are told by trigrams of our own ([`crate::trigrams`]: 47 languages, some microseconds a
//! text), all others by `whatlang`, by alphabets and trigrams too; scripts that belong to one language, and that it does
//! not know, by their characters. A declaration that the beginning of a text confirms is not looked into any further.

use model::LanguageCode;
use whatlang::Script;

use crate::context::clip;
use crate::language_codes;
use crate::trigrams::{self, Best, Likeness};

/// Text of this many bytes is enough to be sure of; more is not looked at.
pub const MAX_SAMPLE_BYTES: usize = 2048;

/// A beginning of so many bytes may confirm a declaration.
const CONFIRMING_BYTES: usize = 512;

/// A text that is told by fewer trigrams is not believed.
const MIN_TRIGRAMS: u32 = 30;

/// A text fits its language at least so well.
const MIN_FIT: f64 = 0.65;

/// The best language leads by at least this, and by so many trigrams' part of the text more.
const MIN_LEAD: f64 = 0.03;
const LEAD_TRIGRAMS: f64 = 3.0;

/// From so many characters on, `whatlang` is believed where nothing is declared.
const LIKELY_CHARS: usize = 200;

/// And with at least this confidence, if not reliable by itself.
const LIKELY_CONFIDENCE: f64 = 0.1;

/// The language of a page that declares `declared` and whose main text is `sample`.
pub fn decide(declared: Option<&str>, sample: &str) -> Option<LanguageCode> {
    let declared = declared.and_then(language_codes::parse);
    let sample = clip(sample, MAX_SAMPLE_BYTES);
    let beginning = clip(sample, CONFIRMING_BYTES);
    let mut likeness = Likeness::new();
    likeness.add(beginning);
    if declared.is_some() && declared == by_trigrams(&likeness, declared).map(|best| best.code) {
        return declared;
    }
    likeness.add(sample.get(beginning.len()..).unwrap_or_default());
    let detected = detect(sample, &likeness, declared);
    match (declared, detected) {
        (Some(declared), Some(found)) if contradicts(declared, found) => Some(found.code),
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

fn detect(sample: &str, likeness: &Likeness, declared: Option<LanguageCode>) -> Option<Detected> {
    if likeness.is_latin() {
        let code = by_trigrams(likeness, declared)?.code;
        return Some(Detected { code, script: Some(Script::Latin), is_reliable: true, is_likely: true });
    }
    if let Some(code) = by_script(sample) {
        return Some(Detected { code, script: None, is_reliable: true, is_likely: true });
    }
    let info = whatlang::detect(sample)?;
    let code = language_codes::parse(info.lang().code())?;
    let is_long = || sample.chars().filter(|character| character.is_alphabetic()).nth(LIKELY_CHARS - 1).is_some();
    let is_likely = info.is_reliable() || info.confidence() >= LIKELY_CONFIDENCE && is_long();
    Some(Detected { code, script: Some(info.script()), is_reliable: info.is_reliable(), is_likely })
}

/// The language of a text in Latin letters, if it is told from the others, or from the one that is declared.
fn by_trigrams(likeness: &Likeness, declared: Option<LanguageCode>) -> Option<Best> {
    let best = likeness.best(declared)?;
    let is_told = best.fit >= MIN_FIT && best.lead >= MIN_LEAD + LEAD_TRIGRAMS / f64::from(likeness.trigrams);
    (is_told && likeness.trigrams >= MIN_TRIGRAMS && likeness.is_latin()).then_some(best)
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

/// Whether detection is strong enough to overrule a declaration.
fn contradicts(declared: LanguageCode, found: Detected) -> bool {
    (found.is_reliable || is_other_script(declared, found)) && !stands(declared, found)
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
    if is_detectable(declared, found.script) {
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

/// Whether the detector would find the language in a text of this script.
fn is_detectable(code: LanguageCode, script: Option<Script>) -> bool {
    script == Some(Script::Latin) && trigrams::is_known(code)
        || whatlang::Lang::all().iter().any(|lang| language_codes::parse(lang.code()) == Some(code))
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
