"""Limit what archives unpack to."""

from dataclasses import dataclass

from core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Limits:
    """What archives may unpack to: `files` and `size` (bytes) of all together, and `ratio` and `free` of each.

    These are bytes for each byte of the archive above a first gigabyte.
    """

    files: int = 1_000_000
    size: int = 200 << 30
    ratio: int = 100
    free: int = 1 << 30


@dataclass
class Room:
    """What the archives of an import may still write: `files` and `size` together, the present one `share` bytes."""

    files: int
    size: int
    limits: Limits
    share: int = 0

    @classmethod
    def of(cls, limits: Limits) -> "Room":
        """Return the room of which nothing is used yet."""
        return cls(limits.files, limits.size, limits)

    def begin(self, size: int) -> None:
        """Set the share of an archive of a size."""
        self.share = self.limits.free + self.limits.ratio * size

    def take(self, archive: str, *, files: int = 0, size: int = 0) -> None:
        """Count what an archive writes.

        Raises:
            InvalidInput: it exceeds a limit.
        """
        self.files, self.size, self.share = self.files - files, self.size - size, self.share - size
        what = "far more data than its size allows" if self.share < 0 else ""
        if self.files < 0 or self.size < 0:
            most = f"{self.limits.files:,} files, {self.limits.size / (1 << 30):,.3g} GB"
            what = f"more than the archives of an import may hold together ({most})"
        if what:
            raise InvalidInput(f"{archive} unpacks to {what}; unpack it yourself and import the folder.")
