//! Languages, charsets and the words that titles, anchors and paragraphs are made of.

use crate::random::Dice;

/// How the bytes of a host's pages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Latin1,
    Windows1251,
    ShiftJis,
}

impl Charset {
    /// The label that pages declare.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Latin1 => "iso-8859-1",
            Self::Windows1251 => "windows-1251",
            Self::ShiftJis => "shift_jis",
        }
    }

    /// The WHATWG name of the encoding that a reader uses for that label, in lower case.
    pub(crate) fn whatwg_name(self) -> &'static str {
        match self {
            Self::Latin1 => "windows-1252",
            other => other.label(),
        }
    }

    /// How many bytes [`Charset::encode`] gives.
    pub(crate) fn encoded_len(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Latin1 | Self::Windows1251 => text.chars().count(),
            // Two bytes for all that is not ASCII: our words have no half-width characters.
            Self::ShiftJis => text.chars().map(|character| 1 + usize::from(!character.is_ascii())).sum(),
        }
    }

    /// The text as bytes. Every character of our words exists in its charset.
    pub(crate) fn encode(self, text: String) -> Vec<u8> {
        let encoding = match self {
            Self::Utf8 => return text.into_bytes(),
            Self::Latin1 => encoding_rs::WINDOWS_1252,
            Self::Windows1251 => encoding_rs::WINDOWS_1251,
            Self::ShiftJis => encoding_rs::SHIFT_JIS,
        };
        encoding.encode(&text).0.into_owned()
    }
}

/// A language and its words.
#[derive(Debug)]
pub(crate) struct Language {
    /// As in `html lang`.
    pub(crate) code: &'static str,
    /// At least 32.
    pub(crate) words: &'static [&'static str],
    /// What many links say.
    pub(crate) generic: &'static [&'static str],
}

impl Language {
    /// Appends `count` words, with one space between two.
    pub(crate) fn phrase(&self, dice: &mut Dice, count: u64, out: &mut String) {
        for at in 0..count {
            if at > 0 {
                out.push(' ');
            }
            out.push_str(dice.pick(self.words));
        }
    }
}

/// The languages that can be written in a charset.
pub(crate) fn languages(charset: Charset) -> &'static [&'static Language] {
    match charset {
        Charset::Utf8 => UTF8,
        Charset::Latin1 => LATIN1,
        Charset::Windows1251 => WINDOWS_1251,
        Charset::ShiftJis => SHIFT_JIS,
    }
}

static UTF8: &[&Language] = &[&ENGLISH, &ENGLISH, &ENGLISH, &ENGLISH, &GERMAN, &FRENCH, &RUSSIAN, &JAPANESE];
static LATIN1: &[&Language] = &[&ENGLISH, &GERMAN, &FRENCH];
static WINDOWS_1251: &[&Language] = &[&RUSSIAN];
static SHIFT_JIS: &[&Language] = &[&JAPANESE];

/// Words for addresses: ASCII only.
pub(crate) const PATH_WORDS: &[&str] = ENGLISH_WORDS;

const ENGLISH_WORDS: &[&str] = &[
    "archive", "garden", "review", "market", "bridge", "winter", "engine", "coffee", "travel", "history", "music",
    "report", "science", "kitchen", "village", "network", "summer", "weather", "library", "station", "harbor",
    "museum", "mountain", "cycling", "pottery", "radio", "theater", "orchard", "railway", "camera", "forest",
    "journal", "lantern", "sailing", "recipe", "workshop", "festival", "notebook", "island", "school", "planet",
    "compass", "window", "painting", "software", "hardware", "gallery", "letters",
];

static ENGLISH: Language = Language {
    code: "en",
    words: ENGLISH_WORDS,
    generic: &["click here", "read more", "website", "here", "source", "Home & Garden", "learn more", "visit us"],
};

static GERMAN: Language = Language {
    code: "de",
    words: &[
        "Größe", "Gärten", "Müller", "Straße", "Bücher", "Zürich", "schöne", "Wälder", "Brücke", "Küche", "Häuser",
        "Übung", "Märkte", "Käse", "Flüsse", "Hütte", "Bäume", "Dörfer", "Mühle", "Äpfel", "Öfen", "Räder", "Züge",
        "Löwe", "König", "Glück", "Stück", "Maß", "Gruß", "Fuß", "Wörter", "Sätze", "Lärm", "Nähe",
    ],
    generic: &["hier klicken", "mehr lesen", "Webseite", "Quelle", "Haus & Hof", "für Sie"],
};

static FRENCH: Language = Language {
    code: "fr",
    words: &[
        "forêt",
        "été",
        "école",
        "château",
        "musée",
        "théâtre",
        "île",
        "marché",
        "crème",
        "fenêtre",
        "hôtel",
        "pêche",
        "rivière",
        "lumière",
        "société",
        "qualité",
        "santé",
        "beauté",
        "vélo",
        "métro",
        "café",
        "père",
        "mère",
        "frère",
        "élève",
        "étoile",
        "âme",
        "fête",
        "goût",
        "août",
        "garçon",
        "leçon",
        "façade",
        "reçu",
    ],
    generic: &["cliquez ici", "en savoir plus", "site officiel", "à lire", "Thé & café", "voir la vidéo"],
};

static RUSSIAN: Language = Language {
    code: "ru",
    words: &[
        "книга",
        "город",
        "мост",
        "зима",
        "лето",
        "музыка",
        "школа",
        "остров",
        "музей",
        "рынок",
        "театр",
        "поезд",
        "станция",
        "письмо",
        "лес",
        "гора",
        "река",
        "море",
        "кухня",
        "рецепт",
        "история",
        "наука",
        "погода",
        "радио",
        "картина",
        "окно",
        "планета",
        "сад",
        "деревня",
        "журнал",
        "камера",
        "мастер",
        "праздник",
        "статья",
    ],
    generic: &["нажмите здесь", "читать далее", "сайт", "источник", "подробнее", "Дом & сад"],
};

static JAPANESE: Language = Language {
    code: "ja",
    words: &[
        "図書館",
        "音楽",
        "学校",
        "歴史",
        "料理",
        "旅行",
        "天気",
        "庭園",
        "山道",
        "海岸",
        "駅前",
        "写真",
        "新聞",
        "映画",
        "祭り",
        "島々",
        "科学",
        "電車",
        "喫茶",
        "市場",
        "博物館",
        "手紙",
        "窓辺",
        "冬景色",
        "夏休み",
        "自転車",
        "カメラ",
        "ラジオ",
        "ソフト",
        "ノート",
        "レシピ",
        "コンパス",
        "ギャラリー",
        "フォレスト",
    ],
    generic: &["こちら", "続きを読む", "公式サイト", "詳細", "参考", "家 & 庭"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_survives_its_charset() {
        for charset in [Charset::Utf8, Charset::Latin1, Charset::Windows1251, Charset::ShiftJis] {
            for language in languages(charset) {
                for word in language.words.iter().chain(language.generic) {
                    let bytes = charset.encode((*word).to_owned());
                    assert_eq!(bytes.len(), charset.encoded_len(word));
                    let encoding = encoding_rs::Encoding::for_label(charset.label().as_bytes()).unwrap();
                    assert_eq!(encoding.name().to_ascii_lowercase(), charset.whatwg_name());
                    assert_eq!(encoding.decode(&bytes).0, *word);
                }
            }
        }
    }
}
