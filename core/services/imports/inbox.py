"""Save files that a browser sent, each lot in a folder of its own, until they are read."""

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from core.imaging.atomic_write import atomic_write
from core.settings import Settings


def save(settings: Settings, files: Iterable[tuple[str, bytes | memoryview]]) -> Path:
    """Write (name, content) pairs into a new folder of the home, closed to others; of a name the last part counts.

    Raises:
        OSError: they cannot be written; none of them is left.
    """
    folder = settings.folder("inbox") / secrets.token_hex(8)
    try:
        for name, content in files:
            with atomic_write(folder / Path(name).name) as file:
                file.write(content)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def delete(path: Path) -> None:
    """Delete a folder with its files, or a file; it may be gone."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
