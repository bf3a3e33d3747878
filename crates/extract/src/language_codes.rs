//! Codes of languages as pages write them, and the two letters they stand for.

use model::LanguageCode;

/// A language a string: its two letters (ISO 639-1), then its other names: three letters (ISO 639-2 of
/// both kinds, ISO 639-3, and members of a macrolanguage that are written like it), and two letters out
/// of use. Bokmål is `no`, as most pages declare it.
#[rustfmt::skip]
const LANGUAGES: [&str; 182] = [
    "aa aar", "ab abk", "ae ave", "af afr", "ak aka", "am amh", "an arg", "ar ara arb arz apc ary", "as asm",
    "av ava", "ay aym", "az aze azj azb", "ba bak", "be bel", "bg bul", "bi bis", "bm bam", "bn ben", "bo bod tib",
    "br bre", "bs bos", "ca cat", "ce che", "ch cha", "co cos", "cr cre", "cs ces cze", "cu chu", "cv chv",
    "cy cym wel", "da dan", "de deu ger", "dv div", "dz dzo", "ee ewe", "el ell gre", "en eng", "eo epo", "es spa",
    "et est ekk", "eu eus baq", "fa fas per pes prs", "ff ful", "fi fin", "fj fij", "fo fao", "fr fra fre", "fy fry",
    "ga gle", "gd gla", "gl glg", "gn grn", "gu guj", "gv glv", "ha hau", "he heb iw", "hi hin", "ho hmo", "hr hrv",
    "ht hat", "hu hun", "hy hye arm", "hz her", "ia ina", "id ind in", "ie ile", "ig ibo", "ii iii", "ik ipk",
    "io ido", "is isl ice", "it ita", "iu iku", "ja jpn", "jv jav jw", "ka kat geo", "kg kon", "ki kik", "kj kua",
    "kk kaz", "kl kal", "km khm", "kn kan", "ko kor", "kr kau", "ks kas", "ku kur kmr ckb", "kv kom", "kw cor",
    "ky kir", "la lat", "lb ltz", "lg lug", "li lim", "ln lin", "lo lao", "lt lit", "lu lub", "lv lav lvs",
    "mg mlg plt", "mh mah", "mi mri mao", "mk mkd mac", "ml mal", "mn mon khk", "mr mar", "ms msa may zsm zlm",
    "mt mlt", "my mya bur", "na nau", "nd nde", "ne nep npi", "ng ndo", "nl nld dut", "nn nno", "no nor nb nob",
    "nr nbl", "nv nav", "ny nya", "oc oci", "oj oji", "om orm", "or ori ory", "os oss", "pa pan", "pi pli", "pl pol",
    "ps pus", "pt por", "qu que", "rm roh", "rn run", "ro ron rum mo mol", "ru rus", "rw kin", "sa san", "sc srd",
    "sd snd", "se sme", "sg sag", "si sin", "sk slk slo", "sl slv", "sm smo", "sn sna", "so som", "sq sqi alb als",
    "sr srp sh hbs", "ss ssw", "st sot", "su sun", "sv swe", "sw swa swh", "ta tam", "te tel", "tg tgk", "th tha",
    "ti tir", "tk tuk", "tl tgl fil", "tn tsn", "to ton", "tr tur", "ts tso", "tt tat", "tw twi", "ty tah", "ug uig",
    "uk ukr", "ur urd", "uz uzb uzn", "ve ven", "vi vie", "vo vol", "wa wln", "wo wol", "xh xho", "yi yid ydd ji",
    "yo yor", "za zha", "zh zho chi cmn yue wuu", "zu zul",
];

/// The language of a tag such as `de-AT`, `en_us`, `zh-Hant` or `iw`; of a list, its first one.
pub(crate) fn parse(declared: &str) -> Option<LanguageCode> {
    let first = declared.split([',', ';', ' ', '/']).map(str::trim).find(|tag| !tag.is_empty())?;
    let primary = first.split(['-', '_']).next()?;
    if !(2..=3).contains(&primary.len()) || !primary.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let names = LANGUAGES.iter().find(|names| names.split(' ').any(|name| name.eq_ignore_ascii_case(primary)))?;
    LanguageCode::parse(names.split(' ').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_give_two_letters() {
        for (tag, code) in [
            ("de-AT", "de"),
            ("EN_us", "en"),
            ("zh-Hant", "zh"),
            ("iw", "he"),
            ("in-ID", "id"),
            ("ji", "yi"),
            ("ger", "de"),
            ("deu", "de"),
            ("cmn-Hans-CN", "zh"),
            ("fil", "tl"),
            ("nb-NO", "no"),
            ("nn", "nn"),
            (" en, fr", "en"),
            ("fr;q=1", "fr"),
            ("mo", "ro"),
        ] {
            assert_eq!(parse(tag).map(|code| code.to_string()).as_deref(), Some(code), "{tag}");
        }
    }

    #[test]
    fn junk_is_no_language() {
        for tag in
            ["", "-", "x-default", "english", "e", "xx", "12", "{{lang}}", "UTF-8", "und", "mul", "zxx", "日本語"]
        {
            assert_eq!(parse(tag), None, "{tag}");
        }
    }

    #[test]
    fn no_name_stands_for_two_languages() {
        let mut names: Vec<&str> = LANGUAGES.iter().flat_map(|names| names.split(' ')).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
