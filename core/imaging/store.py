"""Files by content hash: originals as they came, decoded pixels, thumbnails."""

import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from core.errors import NotFound, RejectedFile
from core.imaging.atomic_write import atomic_write, replace_durably
from core.imaging.pixel_format import PixelFormat
from core.lazy_modules import LazyModule

if TYPE_CHECKING:
    from core.imaging import thumbnails, voi_lut
    from core.imaging.voi_lut import Array
else:
    voi_lut = LazyModule("core.imaging.voi_lut")
    thumbnails = LazyModule("core.imaging.thumbnails")

EDGE = 256  # of a thumbnail
END = b"\xff\xd9"  # of a JPEG


@dataclass(frozen=True, slots=True)
class Store:
    """The file side of a home. Originals are never served; pixels are what routes and training read."""

    home: Path

    def put_original(self, path: Path, sha256: str, data: bytes | None = None) -> None:
        """Copy an original, byte-identical; nothing happens where it lies there unchanged.

        `data` is what was hashed, where it is in memory.

        Raises:
            RefusedFile: its bytes are no longer those that were hashed.
        """
        target = self._path("originals", sha256)
        if target.exists() and _sha256(target) == sha256:
            return
        # Not kept in the machine's memory: a long import must not push out what others look at.
        with atomic_write(target, drop_cache=True, mode=0o400) as file:
            if data is not None:
                file.write(data)
            else:
                _copy(path, file, sha256)

    def put_reference(self, path: Path, sha256: str) -> None:
        """Leave an original where it is and note where: the note lies here, no row of the catalogue holds a path."""
        with atomic_write(self._note(sha256)) as file:
            file.write(str(path.absolute()).encode())

    def original(self, sha256: str) -> Path:
        """Where the original lies.

        Raises:
            NotFound: it is gone.
        """
        kept, note = self._path("originals", sha256), self._note(sha256)
        path = kept if kept.exists() else Path(note.read_text()) if note.exists() else kept
        if not path.exists():
            raise NotFound(f"The original {sha256[:12]} is no longer there; put the file back, or import it again.")
        return path

    def find_original(self, sha256: str) -> Path | None:
        """What of an original lies in this home: its bytes, else the note of where they are; None where neither."""
        return next((path for path in (self._path("originals", sha256), self._note(sha256)) if path.exists()), None)

    def is_intact(self, sha256: str) -> bool:
        """Whether the pixels are there, and the original with the bytes it had."""
        try:
            return self.pixels(sha256).exists() and self.verify(sha256)
        except (NotFound, OSError):
            return False

    def verify(self, sha256: str) -> bool:
        """Whether the original is still what it was.

        Raises:
            NotFound: it is gone.
        """
        return _sha256(self.original(sha256)) == sha256

    def pixels(self, sha256: str) -> Path:
        """The decoded pixels of all items of a file, one after another."""
        return self._path("pixels", sha256, ".raw")

    def link_pixels(self, sha256: str) -> bool:
        """Let the pixels be the kept original, in which they lie as they are wanted: stored once, not twice.

        False where the file system gives no file a second name.
        """
        target = self.pixels(sha256)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.link(self._path("originals", sha256), draft)
        except OSError:
            return False
        try:
            replace_durably(draft, target)
        finally:
            draft.unlink(missing_ok=True)  # it stays where both were names of one file already
        return True

    def write_pixels(self, sha256: str, chunks: "Iterable[Array]", *, start: int = 0) -> list[int]:
        """Write the items' samples, the first at `start`; gives where each begins."""
        offsets = []
        with atomic_write(self.pixels(sha256)) as file:
            file.seek(start)
            for chunk in chunks:
                offsets.append(file.tell())
                file.write(chunk.astype(chunk.dtype.newbyteorder("<"), order="C", copy=False).data)
        return offsets

    def thumbnail(self, sha256: str, item: str, offset: int, format: PixelFormat, *, edge: int = EDGE) -> Path:
        """A JPEG of the middle frame at the default window, made where the import did not."""
        path = self._thumbnail(sha256, item, edge)
        if not _is_whole(path):
            samples = voi_lut.read_samples(self.pixels(sha256), format, offset=offset, frame=format.frames // 2)
            self._draw(path, samples, format, edge)
        return path

    def make_thumbnail(
        self, sha256: str, item: str, samples: "Array", format: PixelFormat, *, edge: int = EDGE
    ) -> None:
        """The same, of all frames' samples while they are in memory."""
        self._draw(self._thumbnail(sha256, item, edge), samples[format.frames // 2], format, edge)

    def _draw(self, path: Path, frame: "Array", format: PixelFormat, edge: int) -> None:
        picture = thumbnails.thumbnail(frame, format, edge=edge)
        with atomic_write(path, durable=False) as file:
            picture.save(file, format="JPEG", quality=85)

    def _thumbnail(self, sha256: str, item: str, edge: int) -> Path:
        name = f"-{item.replace('/', '-')}" if item else ""
        return self._path("thumbnails", sha256, f"{name}-{edge}.jpg")

    def _note(self, sha256: str) -> Path:
        return self._path("originals", sha256, ".ref")

    def _path(self, kind: str, sha256: str, ending: str = "") -> Path:
        return self.home / kind / sha256[:2] / f"{sha256}{ending}"


def _is_whole(thumbnail: Path) -> bool:
    """It ends as a JPEG does: a power cut may have come before its bytes were on the disk."""
    try:
        with thumbnail.open("rb") as file:
            file.seek(-len(END), os.SEEK_END)
            return file.read() == END
    except OSError:
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(path: Path, file: BinaryIO, sha256: str) -> None:
    copied = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(1 << 20):
            copied.update(chunk)
            file.write(chunk)
    if copied.hexdigest() != sha256:
        raise RejectedFile("changed while it was read; import it again once nothing writes to it.")
