"""Store files by SHA-256: unchanged originals, decoded pixels and thumbnails."""

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
    """The image files of a home. Originals are never served; routes and training read decoded pixels."""

    home: Path

    def put_original(self, path: Path, sha256: str, data: bytes | None = None) -> None:
        """Copy an original, byte-identical; do nothing if an intact copy exists.

        `data` holds the hashed bytes if they are in memory.

        Raises:
            RejectedFile: the file changed since it was hashed.
        """
        target = self._path("originals", sha256)
        if target.exists() and _sha256(target) == sha256:
            return
        # Dropped from the page cache: a long import must not evict what others look at.
        with atomic_write(target, drop_cache=True, mode=0o400) as file:
            if data is not None:
                file.write(data)
            else:
                _copy(path, file, sha256)

    def put_reference(self, path: Path, sha256: str) -> None:
        """Link an original in place: write a note with its path, because no catalogue row may hold a path."""
        with atomic_write(self._note(sha256)) as file:
            file.write(str(path.absolute()).encode())

    def original(self, sha256: str) -> Path:
        """Return the path of the original, copied or linked.

        Raises:
            NotFound: the file is missing.
        """
        copied, note = self._path("originals", sha256), self._note(sha256)
        path = copied if copied.exists() else Path(note.read_text()) if note.exists() else copied
        if not path.exists():
            raise NotFound(f"The original {sha256[:12]} is missing; restore the file or import it again.")
        return path

    def find_original(self, sha256: str) -> Path | None:
        """Return the copy of an original in this home, else the note that links it, else None."""
        return next((path for path in (self._path("originals", sha256), self._note(sha256)) if path.exists()), None)

    def remove(self, sha256: str) -> bool:
        """Remove all files of an original that the catalogue no longer names; return whether there was one."""
        original = self.find_original(sha256)
        thumbnails = self._path("thumbnails", sha256).parent.glob(f"{sha256}*")
        for path in (original, self.pixels(sha256), *thumbnails):
            if path is not None:
                path.unlink(missing_ok=True)
        return original is not None

    def is_intact(self, sha256: str) -> bool:
        """Return whether the pixels exist and the original is unchanged."""
        try:
            return self.pixels(sha256).exists() and self.verify(sha256)
        except (NotFound, OSError):
            return False

    def verify(self, sha256: str) -> bool:
        """Return whether the original still has the SHA-256 it was imported with.

        Raises:
            NotFound: the file is missing.
        """
        return _sha256(self.original(sha256)) == sha256

    def pixels(self, sha256: str) -> Path:
        """Return the path of the decoded pixels of a file, all items one after another."""
        return self._path("pixels", sha256, ".raw")

    def link_pixels(self, sha256: str) -> bool:
        """Hard-link the pixels to the stored original, which contains them in store format: stored once, not twice.

        Returns False if the file system does not support hard links.
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
            draft.unlink(missing_ok=True)  # os.replace leaves it if both were already links to one file
        return True

    def write_pixels(self, sha256: str, chunks: "Iterable[Array]", *, start: int = 0) -> list[int]:
        """Write the samples of all items from byte `start` on, and return the offset of each."""
        offsets = []
        with atomic_write(self.pixels(sha256)) as file:
            file.seek(start)
            for chunk in chunks:
                offsets.append(file.tell())
                file.write(chunk.astype(chunk.dtype.newbyteorder("<"), order="C", copy=False).data)
        return offsets

    def thumbnail(
        self, sha256: str, item: str, offset: int, format: PixelFormat, *, edge: int = EDGE, window: str = ""
    ) -> Path:
        """Return the path of a JPEG of the middle frame at the format's window; draw it if it does not exist.

        `window` names a window that is not the image's own, such as that of its stack.
        """
        path = self._thumbnail(sha256, item, edge, window)
        if not _is_complete_jpeg(path):
            samples = voi_lut.read_samples(self.pixels(sha256), format, offset=offset, frame=format.frames // 2)
            self._draw(path, samples, format, edge)
        return path

    def make_thumbnail(
        self, sha256: str, item: str, samples: "Array", format: PixelFormat, *, edge: int = EDGE
    ) -> None:
        """Draw the thumbnail during import, from the samples of all frames in memory."""
        self._draw(self._thumbnail(sha256, item, edge), samples[format.frames // 2], format, edge)

    def _draw(self, path: Path, frame: "Array", format: PixelFormat, edge: int) -> None:
        picture = thumbnails.thumbnail(frame, format, edge=edge)
        with atomic_write(path, durable=False) as file:
            picture.save(file, format="JPEG", quality=85)

    def _thumbnail(self, sha256: str, item: str, edge: int, window: str = "") -> Path:
        name = "".join(f"-{part.replace('/', '-')}" for part in (item, window) if part)
        return self._path("thumbnails", sha256, f"{name}-{edge}.jpg")

    def _note(self, sha256: str) -> Path:
        return self._path("originals", sha256, ".ref")

    def _path(self, kind: str, sha256: str, ending: str = "") -> Path:
        return self.home / kind / sha256[:2] / f"{sha256}{ending}"


def _is_complete_jpeg(thumbnail: Path) -> bool:
    """Return whether the file ends as a JPEG does; after a power cut it may be incomplete."""
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
