"""What keeps a catalogue from being used, by the database's own error codes; what to say of it is not ours."""

from collections.abc import Callable
from enum import StrEnum

from sqlalchemy.exc import DBAPIError, OperationalError


class CatalogueProblem(StrEnum):
    """Why the catalogue cannot be read or written now."""

    LOCKED = "locked"
    FULL = "full"
    DISK = "disk"
    READ_ONLY = "read only"
    DAMAGED = "damaged"
    AWAY = "away"


# SQLite's result codes (sqlite.org/rescode.html) by their first words; extended ones go on after these.
CODES = {
    "SQLITE_BUSY": CatalogueProblem.LOCKED,
    "SQLITE_LOCKED": CatalogueProblem.LOCKED,
    "SQLITE_FULL": CatalogueProblem.FULL,
    "SQLITE_IOERR": CatalogueProblem.DISK,
    "SQLITE_READONLY": CatalogueProblem.READ_ONLY,
    "SQLITE_PERM": CatalogueProblem.READ_ONLY,
    "SQLITE_CORRUPT": CatalogueProblem.DAMAGED,
    "SQLITE_NOTADB": CatalogueProblem.DAMAGED,
    "SQLITE_CANTOPEN": CatalogueProblem.AWAY,
}

ErrorFactory = Callable[[CatalogueProblem], Exception]


def classify_error(error: DBAPIError) -> CatalogueProblem | None:
    """None where the statement is at fault, not the catalogue's place."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is None:  # a database server
        return CatalogueProblem.AWAY if isinstance(error, OperationalError) or error.connection_invalidated else None
    return next((problem for code, problem in CODES.items() if name.startswith(code)), None)
