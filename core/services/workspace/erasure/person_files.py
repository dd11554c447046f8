"""Remove the files of erased images, and caches with pixels or figures of them that are computed again when needed."""

import json
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from core.imaging.atomic_write import atomic_write
from core.imaging.store import Store
from core.services.imports.import_request import request_path
from core.services.training import runs
from core.settings import Settings
from core.training.pixel_cache import file_sha256

HEAD = 4_096  # bytes of a map with its description
FIGURES = ("features-*", "folds-*")  # of each case, in the folder of a run
STORES = ("originals", "pixels", "thumbnails")
Range = tuple[str, int, int]  # sha256, first byte, number of bytes


def of_images(settings: Settings, hashes: Iterable[str]) -> Iterator[Path]:
    """Yield the files of the store that belong to a sha256: finished ones, and those of a write that was killed."""
    for sha256 in hashes:
        for name in STORES:
            folder = settings.folder(name) / sha256[:2]
            yield from (*folder.glob(f"{sha256}*"), *folder.glob(f".{sha256}*"))


def of_items(settings: Settings, items: Iterable[tuple[str, str]]) -> Iterator[Path]:
    """Yield the thumbnails of items of files that have other items too."""
    for sha256, item in items:
        part = item.replace("/", "-")
        yield from (settings.folder("thumbnails") / sha256[:2]).glob(f"{sha256}-{part}-*")


def computed(
    settings: Settings, hashes: Collection[str], cases: Collection[int], run_ids: Iterable[int]
) -> Iterator[Path]:
    """Yield what is computed from images again when needed: maps, cached pixels and windows, features, folds."""
    for path in settings.folder("maps").glob("*.png"):
        if (of := map_of(path)) is None or of in hashes:
            yield path
    for path in settings.folder("cache").iterdir():
        if path.suffix != ".json" or _lists(path, cases):
            yield from (path, path.with_suffix(".u16"))
    for run_id in run_ids:
        for figures in FIGURES:
            yield from runs.folder(settings, run_id).glob(figures)


def inbox(settings: Settings, hashes: Collection[str]) -> Iterator[Path]:
    """Yield files of the inbox that are one of the images."""
    for path in settings.folder("inbox").rglob("*"):
        if path.is_file() and not path.is_symlink() and file_sha256(path) in hashes:
            yield path


def requests(settings: Settings, keys: Iterable[str]) -> Iterator[Path]:
    """Yield the sealed files of imports, with their folder and what their preview showed."""
    for key in keys:
        yield from settings.folder("imports").glob(request_path(settings, key).with_suffix(".*").name)


def logs(settings: Settings) -> Iterator[Path]:
    """Yield the logs of jobs and runs."""
    yield from settings.folder("jobs").glob("*.log")
    yield from settings.folder("runs").glob("*/log.txt")


def map_of(path: Path) -> str | None:
    """Return the sha256 of the file that a saliency map is of; None for maps of before it was written there."""
    with path.open("rb") as file:
        *_, of = file.read(HEAD).partition(b"tEXtimage\0")
    return of[:64].decode("ascii", "replace") or None


def remove(paths: Iterable[Path]) -> int:
    """Remove files and folders; return how many there were."""
    count = 0
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.exists() or path.is_symlink():
            path.unlink(missing_ok=True)
        else:
            continue
        count += 1
    return count


def blank(settings: Settings, ranges: Iterable[Range]) -> None:
    """Overwrite the pixels of items with zeros, in a new file: the old one may be a link to the original."""
    by_file: dict[str, list[tuple[int, int]]] = {}
    for sha256, start, length in ranges:
        by_file.setdefault(sha256, []).append((start, length))
    for sha256, parts in by_file.items():
        path = Store(settings.home).pixels(sha256)
        with suppress(FileNotFoundError), path.open("rb") as old, atomic_write(path) as new:
            shutil.copyfileobj(old, new)
            for start, length in parts:
                new.seek(start)
                new.write(bytes(length))


def _lists(index: Path, cases: Collection[int]) -> bool:
    """Return whether the index of cached pixels lists one of the cases, or cannot be read."""
    try:
        keys = json.loads(index.read_bytes())["keys"]
    except (OSError, ValueError, TypeError, KeyError):
        return True
    return not {str(case) for case in cases}.isdisjoint(keys)
