"""Names before numbers: a text names an image by path, name, stem or identifier, and never one of several."""

import pytest

from core.imaging.tables.file_names import NameIndex

INDEX = NameIndex(
    {
        1: "a/1.png",
        2: "a/2.png",
        3: "b/2.png",
        10: "10.dcm",
        24: "site/x/0024.nii.gz",
        30: "7.png",
        31: "7.dcm",
    },
    {10: ["1.2.840.10", "ab" * 32]},
)


@pytest.mark.parametrize(
    ("text", "key", "by"),
    [
        ("a/1.png", 1, "path"),
        ("a\\1.png", 1, "path"),
        ("./a/1.png", 1, "path"),
        ("1.png", 1, "name"),
        ("1", 1, "stem"),
        ("10", 10, "stem"),
        ("b/2.png", 3, "path"),
        ("x/0024.nii.gz", 24, "end of the path"),
        ("0024", 24, "stem"),
        ("7.dcm", 31, "path"),
        ("1.2.840.10", 10, "identifier"),
        ("AB" * 32, 10, "identifier"),
        ("24", None, ""),
        ("c/1.png", None, ""),
    ],
)
def test_a_text_names_one_image_or_none(text, key, by):
    match = INDEX.find(text)
    assert (match.key, match.by) == (key, by)


@pytest.mark.parametrize(("text", "candidates"), [("2.png", (2, 3)), ("2", (2, 3)), ("7", (30, 31))])
def test_several_candidates_are_no_match(text, candidates):
    match = INDEX.find(text)
    assert match.key is None
    assert match.candidates == candidates
