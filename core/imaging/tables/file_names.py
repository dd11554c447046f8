"""Match what a table calls an image to files: names before numbers, and never one of several."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from core.imaging import deidentify

Key = TypeVar("Key", bound=Hashable)
ROWS_FROM_0 = (
    "The rows of {} are counted from 0, no file is called 0, and all others would be taken for names of files. Write "
    "the names of the files with their ending, such as 1.png."
)


@dataclass(frozen=True, slots=True)
class NameMatch(Generic[Key]):
    """What a text names: the one image, or the candidates if there are several; `by` is what matched."""

    candidates: tuple[Key, ...] = ()
    by: str = ""

    @property
    def key(self) -> Key | None:
        """The image, None where none or several match."""
        return self.candidates[0] if len(self.candidates) == 1 else None


class NameIndex(Generic[Key]):
    """Images by path, name, stem and other exact names, such as a SOPInstanceUID or a sha256."""

    def __init__(
        self, paths: Mapping[Key, str], others: Mapping[Key, Iterable[str]] | None = None, *, above: str = ""
    ) -> None:
        """Take the path of each image, relative to its root with slashes, its other names, and the folders above."""
        self.levels: dict[str, dict[str, list[Key]]] = {level: defaultdict(list) for level in LEVELS}
        above = composed(above)
        self._root, near = f"/{above}/", PurePosixPath(above).parts[-FOLDERS_ABOVE:]
        for key, path in paths.items():
            for level, name in _names(PurePosixPath(composed(path)), near):
                self.levels[level][name].append(key)
        for key, names in (others or {}).items():
            for name in names:
                self.levels["identifier"][name.lower()].append(key)
        self._last_parts = {name.lower() for level in ("name", "stem", "identifier") for name in self.levels[level]}
        self.texts = frozenset[str]().union(*self.levels.values())  # what names an image, or one of several

    def may_name(self, text: str) -> bool:
        """Return whether a text may name an image: quicker than to look for it."""
        return text in self.texts or text.replace("\\", "/").rsplit("/", 1)[-1].lower() in self._last_parts

    def nearest(self, text: str) -> str:
        """Return the name of a file that is most like a text; any name if none is."""
        name = text.replace("\\", "/").rsplit("/", 1)[-1].lower()
        by_case = {one.lower(): one for one in islice(self.levels["name"], NEAREST)}
        near = get_close_matches(name, by_case, n=1) or [*by_case][:1]
        return by_case[near[0]] if near else ""

    def find(self, text: str) -> NameMatch[Key]:
        """Return what a text of a table names, by the first of the levels that knows it."""
        text = composed(text)
        path = PurePosixPath(text.replace("\\", "/").removeprefix("./").removeprefix(self._root))
        for level, name in (("path", str(path)), *_ends(path), ("identifier", text.lower())):
            if matching := self.levels[level].get(name):
                return NameMatch(tuple(dict.fromkeys(matching)), level)
        return NameMatch()


FORMATS = "dcm dicom ima png jpg jpeg jp2 j2k jxl tif tiff bmp gif nii hdr img npz"
ENDINGS = tuple(f".{one}{gz}" for one in FORMATS.split() for gz in ("", ".gz"))
ENDING = re.compile(rf"\.({FORMATS.replace(' ', '|')})(\.gz)?\Z", re.IGNORECASE)
NEAREST = 2_000  # names that are compared with one that fits none
FOLDERS_ABOVE = 3  # of the root, that a table may write before the path
LEVELS = ("path", "end of the path", "whole path", "name", "stem", "identifier")


def _names(path: PurePosixPath, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield "path", str(path)
    parts = (*above, *path.parts)
    for start in range(len(parts) - 1):
        yield "end of the path", "/".join(parts[start:])
        if start <= len(above):
            yield "whole path", "/".join(parts[start:])
    yield "name", path.name
    yield "stem", stem(path.name)


def _ends(path: PurePosixPath) -> Iterator[tuple[str, str]]:
    """Yield what a text can name besides a path below the root; a folder in it must fit.

    Of a path on another machine the folders above the root, and maybe those of the root, are other ones.
    """
    if len(path.parts) > 1:
        yield "end of the path", str(path).lstrip("/")
        yield from (("whole path", "/".join(path.parts[start:])) for start in range(1, len(path.parts) - 1))
        return
    yield "name", path.name
    yield "stem", path.name


def composed(name: str) -> str:
    """Return a name in Unicode's composed form (NFC), which tables have; macOS stores names decomposed."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def stem(name: str) -> str:
    """Return a file name without the ending of a format, and that of its compression.

    >>> stem("brain.nii.gz"), stem("1.2.840.113"), stem("chest.png")
    ('brain', '1.2.840.113', 'chest')
    """
    return name[: match.start()] if (match := ENDING.search(name)) else name


def catalogue_id(text: str) -> int | None:
    """Return the id that a text such as `id:24` gives; bare numbers are names.

    >>> catalogue_id("id:24"), catalogue_id("24")
    (24, None)
    """
    match = re.fullmatch(r"id:(\d{1,15})", text)
    return int(match[1]) if match else None


def fitting(text: str, images: Mapping[Key, str], coded: str = "") -> list[Key]:
    """Return the images, of those with one file name, whose path may be that of a text: all of a bare name.

    `coded` is the text as the catalogue writes names that look like a person.

    The folders of one must be the last folders of the other, for a path may begin above the imported folder; one that
    ends with the whole text counts alone. A folder that was masked in the catalogue may be any.

    >>> fitting("a/1.png", {1: "a/1.png", 2: "b/1.png", 3: "1.png"}), fitting("/data/a/1.png", {1: "a/1.png"})
    ([1], [1])
    """
    texts = tuple(dict.fromkeys(filter(None, (text, coded))))
    ends = tuple(f"/{one}" for one in texts)
    exact = [image for image, name in images.items() if f"/{name}".endswith(ends)]
    if exact and "/" in text:
        return exact
    return [image for image, name in images.items() if any(_in_same_folder(one, name) for one in texts)]


def _in_same_folder(text: str, name: str) -> bool:
    folders = [reversed(PurePosixPath(one.partition("#")[0].lstrip("/")).parts[:-1]) for one in (text, name)]
    return all(given == known or deidentify.MASK in known for given, known in zip(*folders, strict=False))


def are_rows_from_0(matched: Collection[str], missing: Collection[str]) -> bool:
    """Return whether names are the numbers of rows from 0: all are there as names of files but 0.

    Such a table fits files 1, 2, 3 … and would give each of them what belongs to its neighbour.

    >>> are_rows_from_0(["1", "2"], ["0"]), are_rows_from_0(["1", "2"], []), are_rows_from_0(["a"], ["0"])
    (True, False, False)
    """
    return list(missing) == ["0"] and len(matched) > 0 and set(matched) == {str(row + 1) for row in range(len(matched))}


def with_endings(name: str) -> tuple[str, ...]:
    """Return the file names that a stem may stand for: endings in small letters and in capitals."""
    return tuple(name + one for ending in ENDINGS for one in (ending, ending.upper()))
