"""Know an archive by its name."""

from pathlib import Path

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")


def is_archive(path: Path) -> bool:
    """Return whether a name is that of an archive that `unpack` opens.

    >>> [is_archive(Path(name)) for name in ("scans.ZIP", "brain.nii.gz", "set.npz", "labels.xlsx")]
    [True, False, False, False]
    """
    return path.name.lower().endswith(ENDINGS)


def archive_of(path: Path) -> Path | None:
    """Return the archive that a path such as `set.zip/labels.csv` leads into, None for other paths."""
    return next((one for one in path.parents if is_archive(one) and one.is_file()), None)
