"""Words of medical image sets stay readable in file names; names do not, or at least not beside another name."""

import re
import time
from pathlib import Path

import pytest

from core.imaging.deidentify import MASK
from core.imaging.identity.harmless_words import is_ambiguous, is_harmless
from core.imaging.identity.name_findings import find, hide

LIST = Path(__file__).with_name("harmless_file_words.txt")
# Persons of many countries that no list here was made of; among them words: colours, body parts, cities, makers.
FAMILIES = """
Abernathy Achterberg Aguirrezabala Bandyopadhyay Bielawski Brzeczkowski Castellanos Dimitrakopoulos Ekwueme Fitzwilliam
Gulbrandsen Haverkamp Hundertmark Iordanescu Jayawardena Katzenellenbogen Kowalczykiewicz Lachapelle Mbatha Nakashima
Oyelaran Papanikolaou Quattrocchi Rautiainen Schimmelpfennig Tchaikovsky Uzunoglu Vandenbossche Wojciechowska Yamazaki
Zaharieva Nguyen Okonkwo Hashemi Vlk Wu
""".split()  # noqa: SIM905
WORDS_TOO = "Bell Brown Chin Foot Frank Hand Hart Herz Iris Jordan Lange Long May Palma Paris Rose Sharp Zahn".split()  # noqa: SIM905


def words() -> list[str]:
    return re.sub("(?m)^#.*$", "", LIST.read_text(encoding="utf-8")).split()


def hidden(name: str) -> str:
    return hide(name, lambda _: MASK)


def test_at_most_two_percent_of_the_words_of_image_sets_are_coded():
    coded = [word for word in words() if find(f"{word}.png")]
    assert len(words()) > 1000
    assert len(coded) <= 0.02 * len(words()), coded


@pytest.mark.parametrize("way", ["{}.png", "{}_zwickelfried_pa.png", "scans/{}/IM0001.dcm", "CT_THORAX_{}.dcm"])
def test_no_family_name_is_readable(way: str):
    for family in FAMILIES:
        for spelling in (family, family.lower(), family.upper()):
            assert spelling not in hidden(way.format(spelling))


@pytest.mark.parametrize("way", ["{}_Zwickelfried_pa.png", "Zwickelfried {}/1.png", "{}^ZWICKELFRIED_19450312.dcm"])
def test_words_that_are_names_are_decided_on_the_safe_side_beside_a_name(way: str):
    assert [word for word in WORDS_TOO if word in hidden(way.format(word))] == []


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("MUELLER^HANS_19450312_CT_THORAX.dcm", "…^…_…_CT_THORAX.dcm"),
        ("Müller-Lüdenscheidt_H.png", "…-…_H.png"),
        ("IM0001_HansM.dcm", "IM0001_….dcm"),
        ("O'Brien, Sean (M) 45y.png", "…'…, … (M) 45y.png"),
        ("hansmueller.png", "….png"),
        ("knieLinksMeierKlaus.png", "knieLinks…….png"),
        ("张伟_胸片.png", "…_胸片.png"),
        ("前田_胸部.png", "…_胸部.png"),
        ("NOVAK_JAN_RTG_KOLANO_LEWE.png", "…_…_RTG_KOLANO_LEWE.png"),
        ("Nebenhöhlenentzündung_Verlaufskontrolle.png", "Nebenhöhlenentzündung_Verlaufskontrolle.png"),
        ("Röntgen Knie stehend links.png", "Röntgen Knie stehend links.png"),
        ("DXD_DRX_HNSCC.png", "DXD_DRX_HNSCC.png"),
        ("Mueller_DRX.png", "…_….png"),
    ],
)
def test_names_as_hospitals_write_them(name: str, result: str):
    assert hidden(name) == result


def test_a_word_without_a_vowel_or_like_a_known_term_is_harmless_unless_beside_a_name():
    assert [is_ambiguous(word) for word in ("HNSCC", "peritoneo", "Vlk", "Zwickel")] == [True, True, False, False]
    assert not is_harmless("HNSCC")


def test_a_token_is_looked_up_once():
    is_harmless("warm up")
    started = time.process_time()
    for _ in range(20_000):
        is_harmless("Nebenhöhlenentzündung")
    assert time.process_time() - started < 0.1
