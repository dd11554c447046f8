"""Read the settings of an installation once, to be passed along: its home folder, catalogue and keys."""

import getpass
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import HomeUnusable

FOLDERS = ("originals", "pixels", "thumbnails", "runs", "maps", "jobs", "keys", "cache", "inbox", "imports", "weights")

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """The home folder (absolute) and the catalogue URL (by default an SQLite file in it) of one installation.

    `roots` are the folders below which the Import page may choose.
    """

    home: Path
    database_url: str
    roots: tuple[Path, ...] = ()

    @classmethod
    def read(cls, home: str | Path | None = None) -> "Settings":
        """Read the home: the argument, else ROUNDS_HOME, else ~/rounds. ROUNDS_DATABASE_URL sets the catalogue.

        ROUNDS_ROOTS has a root in each line; without it the one root is the home folder of who runs Rounds.
        """
        folder = Path(home or os.environ.get("ROUNDS_HOME") or "~/rounds").expanduser().resolve()
        url = os.environ.get("ROUNDS_DATABASE_URL") or f"sqlite:///{folder / 'catalogue.sqlite'}"
        roots = os.environ.get("ROUNDS_ROOTS", "").splitlines() or [os.path.expanduser("~")]
        return cls(home=folder, database_url=url, roots=tuple(Path(one).resolve() for one in roots))

    def make_home(self) -> None:
        """Create the folders, readable by this user only (mode 0700).

        Raises:
            HomeUnusable: the folder cannot be made or written.
        """
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in FOLDERS:
                (self.home / name).mkdir(mode=0o700, exist_ok=True)
            self.home.chmod(0o700)
        except OSError as error:
            raise HomeUnusable(
                f"The home folder {self.home} cannot be used ({error.strerror}); "
                "choose a writable one with --home DIR or ROUNDS_HOME."
            ) from error
        if not os.access(self.home, os.W_OK):
            raise HomeUnusable(
                f"The home folder {self.home} is not writable; choose another with --home DIR or ROUNDS_HOME."
            )

    def folder(self, name: str) -> Path:
        """Return the absolute path of one of FOLDERS."""
        return self.home / name

    def key(self, name: str) -> bytes:
        """Return a 32-byte secret of this home, created at first use and readable by its owner only."""
        path = self.folder("keys") / f"{name}.key"
        if not path.exists():
            draft = path.with_suffix(f".{secrets.token_hex(8)}")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # os.link is atomic: of two processes one key wins
                os.link(draft, path)
            draft.unlink()
        return path.read_bytes()


def default_reader() -> str:
    """Return the name that labels are saved under: ROUNDS_READER, else the user's account name."""
    try:
        return os.environ.get("ROUNDS_READER") or getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
