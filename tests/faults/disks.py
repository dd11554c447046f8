"""A small disk that can be filled to its last byte: a tmpfs, where this process may mount one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MAY_NOT = "no tmpfs can be mounted here (it needs root, or `unshare -rm`)"
SHARED, MEGABYTES = Path("/dev/shm"), 48
INSIDE = "ROUNDS_TEST_UNSHARED"


@dataclass(frozen=True)
class Disk:
    """Its folder, and a file that takes the room away."""

    root: Path

    @property
    def free(self) -> int:
        return shutil.disk_usage(self.root).free

    def fill(self, *, leave: int = 0) -> None:
        """Until not a byte more fits, or `leave` bytes do."""
        with (self.root / "ballast").open("ab", buffering=0) as file:
            while self.free > leave:
                try:
                    file.write(bytes(min(1 << 16, max(4096, self.free - leave))))
                except OSError:
                    return

    def clear(self) -> None:
        """Take the ballast away."""
        (self.root / "ballast").unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk | None]:
    """A disk of that size: mounted at `folder`, else the container's own shared memory; None where neither can be."""
    folder.mkdir()
    output = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True, check=False
    )
    if output.returncode:
        with _shared_memory(megabytes) as disk:
            yield disk
        return
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def _shared_memory(megabytes: int) -> Iterator[Disk | None]:
    """Where nobody may mount, a container's /dev/shm is a tmpfs of 64 MB. A larger one is not ours to fill."""
    if not SHARED.is_dir() or not megabytes <= shutil.disk_usage(SHARED).total >> 20 <= 2 * megabytes:
        yield None
        return
    with tempfile.TemporaryDirectory(dir=SHARED) as place:
        yield Disk(Path(place))


def is_to_be_had() -> bool:
    """Whether a small disk can be had as we are: asked by taking one."""
    with tempfile.TemporaryDirectory() as place, small_disk(Path(place) / "disk", MEGABYTES) as disk:
        return disk is not None


def may_unshare() -> bool:
    """Whether a namespace of our own, in which a mount works, can be had."""
    try:
        result = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        return subprocess.run(result, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def is_inside() -> bool:
    """Whether this is the second go, in a namespace of its own."""
    return INSIDE in os.environ
