"""Names of persons in twelve scripts and spellings, joined in any order, are masked; views and sides stay."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import product

import pytest

from core.imaging.deidentify import MASK, Identity, scrub_name
from core.imaging.name_masking import SHORT

# Families and given names; a PN value has them as the file's header does.
PEOPLE = {
    "English": ("Smith O'Brien Lee Ng Doe Fox", "John Mary Ann Patrick Bo Eve"),
    "German": ("Müller Groß Schäfer Weiß Jörgens Mueller", "Jürgen Günther Käthe Eva Björn Max"),
    "French": ("Lefèvre Noël Garçon Dubois Hélou Roy", "François Zoé Chloé Luc Anaïs Guy"),
    "Nordic": ("Sørensen Ångström Ærø Lindqvist Þórsson Dahl", "Søren Åse Bjørn Ida Óli Per"),
    "Slavic": ("Łukasz Dvořák Šimić Žižek Wójcik Nowak", "Jiří Zofia Đorđe Ana Michał Ewa"),
    "Vietnamese": ("Nguyễn Trần Đặng Phạm Võ Lê", "Văn Thị Đức Hương Minh An"),
    "Russian": ("Иванов Пётр Щербаков Ким Юрьев Чехов", "Фёдор Анна Юрий Игорь Яна Лев"),
    "Greek": ("Παπαδόπουλος Γεωργίου Νίκας Δήμος Ρήγας Κώνστας", "Γιώργος Ελένη Άννα Νίκος Ζωή Ηλίας"),
    "Arabic": ("الحسن محمود خالد صالح منصور حداد", "محمد فاطمة علي زينب يوسف ليلى"),
    "Chinese": ("王 李 张 欧阳 陈 刘", "小东 伟 秀英 建国 丽 洋"),
    "Japanese": ("山田 鈴木 やまだ スズキ 林 佐藤", "太郎 花子 たろう ハナコ 一 健"),
    "Korean": ("김 이 박 최 남궁 정", "길동 민수 지현 서연 준 하은"),
}
WAYS = [
    "{family}_{given}_pa.dcm",
    "{given}{family}.png",
    "scan-{family}{given}-001.png",
    "{given} {family}/lat.png",
    "{family}, {given} left.jpg",
]
HARMLESS = """
chest PA AP lateral left right lat LL RL thorax abdomen knee hip spine skull hand foot wrist ankle pelvis brain liver
lung heart kidney MR CT US DX CR MG T1 T2 FLAIR axial coronal sagittal IM0001 series slice phase echo contrast normal
abnormal pneumonia fracture nodule effusion follow-up baseline scan image view site north south portable supine upright
erect inspiration expiration localizer scout test train val 001 0023 final v2 mask label
""".split()  # noqa: SIM905


def people() -> Iterator[tuple[str, str]]:
    for families, given in PEOPLE.values():
        yield from product(families.split(), given.split())


def readable(text: str, name: str) -> bool:
    """Whether a part of a name of two or more letters can still be read."""
    folded, letters = (unicodedata.normalize("NFC", one).casefold() for one in (text, name))
    if len(letters) > SHORT or not letters.isascii():
        return len(letters) > 1 and letters in folded
    return re.search(rf"(?<![^\W\d_]){letters}(?![^\W\d_])", folded) is not None


def spellings(text: str) -> Iterator[str]:
    yield from (text, text.upper(), text.lower(), unicodedata.normalize("NFD", text))
    yield text.replace("ü", "ue").replace("ö", "oe").replace("ä", "ae").replace("ß", "ss").replace("ø", "oe")


@pytest.mark.parametrize("way", WAYS)
def test_four_hundred_people_in_twelve_scripts_are_masked(way: str):
    names = list(people())
    assert len(names) > 400
    leaks = []
    for family, given in names:
        who = Identity(patient_name=f"{family}^{given}")
        for text in spellings(way.format(family=family, given=given)):
            masked = scrub_name(text, [who])
            if MASK not in masked or readable(masked, family) or readable(masked, given):
                leaks.append((text, masked))
    assert not leaks


def test_harmless_words_stay():
    names = list(people())
    masked = [
        (word, family, given)
        for family, given in names
        for word in HARMLESS
        if scrub_name(f"{word}.png", [Identity(patient_name=f"{family}^{given}")]) != f"{word}.png"
    ]
    assert len(masked) <= 0.02 * len(names) * len(HARMLESS), masked[:20]


DATES = """
1943-02-17 17.2.43 19430217 17Feb1943 430217 1943.2.17 1943年2月17日 17_02_1943 2.17.1943 17-Feb-1943
""".split()  # noqa: SIM905


@pytest.mark.parametrize("date", DATES)
def test_a_birth_date_in_any_form_is_masked(date: str):
    masked = scrub_name(f"scan_{date}_pa.png", [Identity(birth_date="19430217")])
    assert masked == f"scan_{MASK}_pa.png"


@pytest.mark.parametrize("number", ["ZID-778899", "zid_778899", "ZID778899", "778899"])
def test_a_number_with_other_signs_between_its_parts_is_masked(number: str):
    assert scrub_name(f"{number}.dcm", [Identity(patient_id="ZID-778899")]) == f"{MASK}.dcm"


@pytest.mark.parametrize("text", ["1944-02-17.png", "scan_2.png", "evaluation.png", "clinical.png"])
def test_what_only_resembles_a_person_stays(text: str):
    assert scrub_name(text, [Identity(patient_name="Li^Eva", birth_date="19430217", patient_id="77")]) == text
