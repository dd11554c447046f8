"""What keeps a catalogue from being used, by the database's own error codes; what to say of it is not ours."""

from collections.abc import Callable
from enum import StrEnum

from sqlalchemy.exc import DBAPIError, OperationalError


class Trouble(StrEnum):
    """Why the catalogue cannot be read or written now."""

    LOCKED = "locked"
    FULL = "full"
    DISK = "disk"
    READ_ONLY = "read only"
    DAMAGED = "damaged"
    AWAY = "away"


# SQLite's result codes (sqlite.org/rescode.html) by their first words; extended ones go on after these.
CODES = {
    "SQLITE_BUSY": Trouble.LOCKED,
    "SQLITE_LOCKED": Trouble.LOCKED,
    "SQLITE_FULL": Trouble.FULL,
    "SQLITE_IOERR": Trouble.DISK,
    "SQLITE_READONLY": Trouble.READ_ONLY,
    "SQLITE_PERM": Trouble.READ_ONLY,
    "SQLITE_CORRUPT": Trouble.DAMAGED,
    "SQLITE_NOTADB": Trouble.DAMAGED,
    "SQLITE_CANTOPEN": Trouble.AWAY,
}

Says = Callable[[Trouble], Exception]


def trouble_of(error: DBAPIError) -> Trouble | None:
    """None where the statement is at fault, not the catalogue's place."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is None:  # a database server
        return Trouble.AWAY if isinstance(error, OperationalError) or error.connection_invalidated else None
    return next((trouble for code, trouble in CODES.items() if name.startswith(code)), None)
