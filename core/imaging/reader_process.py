"""Run the reader process: set its limits, then read one file after another, a line of JSON each way."""

import ctypes
import gc
import hashlib
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.errors import RejectedFile
from core.imaging.importers import HEAD, Importer, find_importer
from core.imaging.ingest import SourceFile, image_metadata, store_file
from core.imaging.nifti.pair import join_pair
from core.imaging.store import Store

READ = "DICOM, PNG, JPEG, JPEG 2000, JPEG XL, TIFF, BMP, GIF, NIfTI, Analyze, MedMNIST npz"
KINDS = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"SQLite format": "a database",
}
MAX_IN_MEMORY = 64 << 20  # bytes; larger files are not read into memory as a whole
GC_THRESHOLD = 20_000  # allocations between garbage collections: about forty files
MEMORY = 4 << 30  # bytes of address space; a header that needs more is rejected


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if sys.platform == "linux":
        _die_with_parent()
        _keep_freed_memory()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # exit normally, so that unfinished files are removed
    home, mode = sys.argv[1], sys.argv[2]
    store = Store(Path(home)) if home else None
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # codecs print to stdout; the pipe carries messages only
    for line in sys.stdin:
        answer = _process_file(Path(json.loads(line)["path"]), store, mode == "reference", out)
        _send(out, answer)


def _die_with_parent() -> None:
    """End with the parent, even when stuck in a codec (Linux; elsewhere it ends at its next line)."""
    set_death_signal = 1  # PR_SET_PDEATHSIG of linux/prctl.h
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


def _keep_freed_memory() -> None:
    """Let malloc keep freed memory, which the next image needs again; returning it costs more than a thumbnail."""
    with suppress(AttributeError):  # a C library other than GNU's
        mallopt, trim_threshold, mmap_threshold = ctypes.CDLL(None).mallopt, -1, -3  # malloc.h
        mallopt(mmap_threshold, 32 << 20)
        mallopt(trim_threshold, 256 << 20)


def _send(out: Any, message: dict[str, Any]) -> None:
    try:
        line = json.dumps(message, allow_nan=False)
    except ValueError:  # what an importer lets through must cost one file, not this process
        line = json.dumps({"refused": "has values in its header that are no finite numbers; export it again."})
    out.write(line + "\n")
    out.flush()


def _process_file(path: Path, store: Store | None, reference: bool, out: Any) -> dict[str, Any]:
    try:
        joined = join_pair(path)
        data, head, sha256 = _read_bytes(path) if joined is None else _describe_bytes(joined)
        importer = _require_importer(path, head)
        _send(out, {"asked": sha256})
        reply = json.loads(sys.stdin.readline())
        if reply["known"]:
            return {"known": sha256}
        # A pair is stored as one file, which lies nowhere that could be linked.
        linked = reference and joined is None
        return _read_images(SourceFile(path, sha256, data, reply["at"]), importer, store, reference=linked)
    except RejectedFile as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"refused": f"needs more than {MEMORY >> 30} GB of memory to read; it is damaged or far too large."}
    except OSError as error:
        if error.filename and Path(error.filename) == path:
            return {"refused": f"cannot be opened ({error.strerror}); check its permissions."}
        return {
            "refused": f"could not be stored ({error.strerror or 'write failed'}); free some space and import again."
        }
    except Exception as error:
        return {"refused": f"cannot be read ({type(error).__name__}); it is damaged or of an unsupported kind."}


def _read_bytes(path: Path) -> tuple[bytes | None, bytes, str]:
    """Return the bytes of the file (None if larger than MAX_IN_MEMORY), its first bytes and its SHA-256."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= MAX_IN_MEMORY:
            return _describe_bytes(file.read())
        head = file.read(HEAD)
        file.seek(0)
        return None, head, hashlib.file_digest(file, "sha256").hexdigest()


def _describe_bytes(data: bytes) -> tuple[bytes, bytes, str]:
    return data, data[:HEAD], hashlib.sha256(data).hexdigest()


def _require_importer(path: Path, head: bytes) -> Importer:
    if not head:
        raise RejectedFile("is empty.")
    importer = find_importer(head)
    if importer is None:
        raise RejectedFile(_describe_unsupported(path, head))
    return importer


def _describe_unsupported(path: Path, head: bytes) -> str:
    for magic, description in KINDS.items():
        if head.startswith(magic):
            return f"is {description}, not an image format that Rounds reads ({READ})."
    try:
        text = head.decode("utf-8", "strict" if len(head) < HEAD else "ignore")
    except UnicodeDecodeError:
        text = "\x00"
    if text.isprintable() or not any(ord(letter) < 9 for letter in text):
        return "is a text file, not an image."
    if path.suffix.lower() == ".img":
        return (
            "has only voxels, if it is half of a NIfTI or Analyze pair, and no .hdr file of the same name lies beside "
            "it; put both files into one folder."
        )
    return f"is not an image format that Rounds reads ({READ})."


def _read_images(original: SourceFile, importer: Importer, store: Store | None, *, reference: bool) -> dict[str, Any]:
    images = importer.read(original.path, original.data)
    entries = (
        store_file(original, images, store, reference=reference)
        if store
        else [image_metadata(one, 0) for one in images]
    )
    return {"sha256": original.sha256, "importer": importer.name, "images": entries}


if __name__ == "__main__":
    main()
