"""Pseudonyms and masks."""

import pytest

from core.imaging.deidentify import Identity, keyed_hash, pseudonym, scrub_name, scrub_names

KEY, OTHER = b"k" * 32, b"o" * 32
WHO = Identity(
    patient_id="ZID-778899",
    patient_name="Doe^Jane^Quirina",
    birth_date="19430217",
    others=("ACC5544", "Mueller^Eva"),
)


def test_a_pseudonym_is_short_stable_and_the_homes_own():
    made = pseudonym(KEY, "ZID-778899")
    assert made == pseudonym(KEY, " ZID-778899 ")
    assert made.startswith("P-")
    assert len(made) == 12
    assert made != pseudonym(OTHER, "ZID-778899")
    assert len({pseudonym(KEY, str(number)) for number in range(10_000)}) == 10_000


def test_a_keyed_hash_cannot_be_told_without_the_key():
    assert keyed_hash(KEY, "name.dcm") == keyed_hash(KEY, "name.dcm") != keyed_hash(OTHER, "name.dcm")


@pytest.mark.parametrize(
    "name",
    [
        "Doe_Jane/x.dcm",
        "JANE DOE.png",
        "quirina.dcm",
        "zid-778899.dcm",
        "1943-02-17.dcm",
        "17.02.1943.dcm",
        "19430217.dcm",
        "17021943.png",
        "acc5544.dcm",
        "eva.png",
    ],
)
def test_every_token_of_an_identity_is_masked(name: str):
    masked = scrub_name(name, [WHO]).lower()
    assert "…" in masked
    for token in ("doe", "jane", "quirina", "778899", "1943", "acc5544", "eva"):
        assert token not in masked


def test_what_names_nobody_stays():
    assert scrub_name("chest/AP_001.png", [WHO]) == "chest/AP_001.png"
    assert scrub_name("chest/AP_001.png", []) == "chest/AP_001.png"
    assert scrub_name("a.b", [Identity(patient_id="a.")]) == "a.b"  # two letters would mask everything


@pytest.mark.parametrize(
    "names", [[], ["DX", "PA"], ["DX", "of Jane", "Example"], ["Dö", "doe"], ["ends in Do", "e begins"]]
)
def test_several_texts_are_masked_as_each_of_them_is(names: list[str]):
    assert scrub_names(names, [WHO]) == [scrub_name(name, [WHO]) for name in names]
    across = Identity(patient_name="in Do\ne begins")  # of its words only "begins" is long enough to be a token
    assert scrub_names(names, [across]) == [scrub_name(name, [across]) for name in names]


def test_a_token_is_text_not_a_pattern():
    assert scrub_name("a+b*c", [Identity(patient_id="a+b*")]) == "…*c"
    assert scrub_name("aaabbb", [Identity(patient_id="a+b*")]) == "aaabbb"


def test_an_identity_prints_nothing_of_itself_where_it_is_held():
    from core.imaging.reader_pool import ReadImage

    assert ReadImage.__dataclass_fields__["identity"].repr is False


@pytest.mark.parametrize(
    ("name", "patient", "hidden"),
    [
        ("Smith.png", "\u017fmith", "….png"),
        ("\u212aarl.png", "karl", "….png"),
        ("KARL-1.png", "Karl", "…-1.png"),
        ("M\u00dcLLER.png", "m\u00fcller", "….png"),
        ("carla.png", "Karl", "carla.png"),
    ],
)
def test_case_has_its_exceptions_and_hides_nobody(name: str, patient: str, hidden: str):
    assert scrub_name(name, [Identity(patient_name=patient)]) == hidden
