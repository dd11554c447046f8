"""Files by content hash: originals as they came, decoded pixels, thumbnails."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import NotFound, RefusedFile
from core.imaging.files import written
from core.imaging.pixels import Array, PixelFormat, read_samples, to_grey


@dataclass(frozen=True, slots=True)
class Store:
    """The file side of a home. Originals are never served; pixels are what routes and training read."""

    home: Path

    def keep(self, path: Path, sha256: str) -> None:
        """Copy an original, byte-identical; nothing happens where it is there already.

        Raises:
            RefusedFile: its bytes are no longer those that were hashed.
        """
        target = self._at("originals", sha256)
        if target.exists():
            return
        copied = hashlib.sha256()
        with path.open("rb") as source, written(target) as file:
            while chunk := source.read(1 << 20):
                copied.update(chunk)
                file.write(chunk)
            if copied.hexdigest() != sha256:
                raise RefusedFile("changed while it was read; import it again once nothing writes to it.")
        target.chmod(0o400)

    def refer(self, path: Path, sha256: str) -> None:
        """Leave an original where it is and note where: the note lies here, no row of the catalogue holds a path."""
        with written(self._note(sha256)) as file:
            file.write(str(path.absolute()).encode())

    def original(self, sha256: str) -> Path:
        """Where the original lies.

        Raises:
            NotFound: it is gone.
        """
        kept, note = self._at("originals", sha256), self._note(sha256)
        path = kept if kept.exists() else Path(note.read_text()) if note.exists() else kept
        if not path.exists():
            raise NotFound(f"The original {sha256[:12]} is no longer there; put the file back, or import it again.")
        return path

    def kept(self, sha256: str) -> Path | None:
        """What of an original lies in this home: its bytes, else the note of where they are; None where neither."""
        return next((path for path in (self._at("originals", sha256), self._note(sha256)) if path.exists()), None)

    def is_whole(self, sha256: str) -> bool:
        """Whether original and pixels are there; what is in them is for `verify` to say."""
        try:
            return self.pixels(sha256).exists() and self.original(sha256).exists()
        except (NotFound, OSError):
            return False

    def verify(self, sha256: str) -> bool:
        """Whether the original is still what it was.

        Raises:
            NotFound: it is gone.
        """
        with self.original(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def pixels(self, sha256: str) -> Path:
        """The decoded pixels of all items of a file, one after another."""
        return self._at("pixels", sha256, ".raw")

    def write_pixels(self, sha256: str, chunks: Iterable[Array]) -> list[int]:
        """Write the items' samples; gives where each begins."""
        offsets = []
        with written(self.pixels(sha256)) as file:
            for chunk in chunks:
                offsets.append(file.tell())
                file.write(chunk.astype(chunk.dtype.newbyteorder("<"), order="C", copy=False).tobytes())
        return offsets

    def thumbnail(self, sha256: str, item: str, offset: int, format: PixelFormat, *, edge: int = 256) -> Path:
        """A JPEG of the middle frame at the default window, made when first asked for."""
        name = f"-{item.replace('/', '-')}" if item else ""
        path = self._at("thumbnails", sha256, f"{name}-{edge}.jpg")
        if not path.exists():
            from PIL import Image

            samples = read_samples(self.pixels(sha256), format, offset=offset, frame=format.frames // 2)
            step = max(1, min(format.rows, format.columns) // (edge * 2))
            picture = Image.fromarray(to_grey(samples[::step, ::step], format))
            picture.thumbnail((edge, edge), Image.Resampling.LANCZOS)
            with written(path) as file:
                picture.save(file, format="JPEG", quality=85)
        return path

    def _note(self, sha256: str) -> Path:
        return self._at("originals", sha256, ".ref")

    def _at(self, kind: str, sha256: str, ending: str = "") -> Path:
        return self.home / kind / sha256[:2] / f"{sha256}{ending}"
