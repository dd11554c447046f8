"""Keep texts that can identify a patient in files that say nothing without the key of the home."""

import hashlib
import secrets
from pathlib import Path

from core.imaging.atomic_write import atomic_write
from core.settings import Settings

NONCE = 16  # bytes


def write_sealed(settings: Settings, path: Path, text: str) -> None:
    """Write a text; a search of the home, or a copy without its keys, does not find it."""
    nonce = secrets.token_bytes(NONCE)
    with atomic_write(path) as file:
        file.write(nonce + _mixed(settings, nonce, text.encode()))


def read_sealed(settings: Settings, path: Path) -> str:
    """Return the text of a file.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: another home wrote it.
    """
    data = path.read_bytes()
    return _mixed(settings, data[:NONCE], data[NONCE:]).decode()


def _mixed(settings: Settings, nonce: bytes, data: bytes) -> bytes:
    """Return the data, exclusive or with a stream of the key: applied twice, they are as they were."""
    stream = hashlib.shake_256(settings.key("requests") + nonce).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, stream, strict=True))
