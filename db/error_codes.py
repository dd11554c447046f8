"""Classify why a catalogue is unavailable by the error codes of the database."""

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
    UNREACHABLE = "away"


# Prefixes of SQLite's result codes (sqlite.org/rescode.html); extended codes have a suffix.
CODES = {
    "SQLITE_BUSY": CatalogueProblem.LOCKED,
    "SQLITE_LOCKED": CatalogueProblem.LOCKED,
    "SQLITE_FULL": CatalogueProblem.FULL,
    "SQLITE_IOERR": CatalogueProblem.DISK,
    "SQLITE_READONLY": CatalogueProblem.READ_ONLY,
    "SQLITE_PERM": CatalogueProblem.READ_ONLY,
    "SQLITE_CORRUPT": CatalogueProblem.DAMAGED,
    "SQLITE_NOTADB": CatalogueProblem.DAMAGED,
    "SQLITE_CANTOPEN": CatalogueProblem.UNREACHABLE,
}

ErrorFactory = Callable[[CatalogueProblem], Exception]


def classify_error(error: DBAPIError) -> CatalogueProblem | None:
    """Return the problem of the catalogue, None if the statement itself is at fault."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is None:  # a database server
        return (
            CatalogueProblem.UNREACHABLE
            if isinstance(error, OperationalError) or error.connection_invalidated
            else None
        )
    return next((problem for code, problem in CODES.items() if name.startswith(code)), None)
