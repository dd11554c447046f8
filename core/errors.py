"""Every error a person can meet.

Law: one sentence that names the thing, the value, the expectation and the way out.
"""

import errno

SPACE, RIGHT = "free some space there", "give yourself the right to it"
WAYS_OUT = {
    errno.ENOSPC: SPACE,
    errno.EDQUOT: SPACE,
    errno.EACCES: RIGHT,
    errno.EPERM: RIGHT,
    errno.EROFS: "make it writable",
    errno.EIO: "see whether the disk is sound",
    errno.ENOMEM: "free some memory",
}


class UserError(Exception):
    """Shown as it stands, on the page and on the command line."""


class RejectedFile(UserError):
    """A file that cannot be taken in; its text is the reason in the import report."""


class NotFound(UserError):
    """An id or a name that the catalogue does not hold."""


class InvalidInput(UserError):
    """A value outside what is accepted; says what is."""


class LeakingSplit(UserError):
    """A patient stands in more than one split."""


class HomeUnusable(UserError):
    """The home folder cannot be written, or its catalogue belongs to a newer Rounds."""


class CatalogueUnusable(UserError):
    """The catalogue cannot be read or written now (locked, full, away); the same may work later."""


class PortInUse(UserError):
    """Another program listens where Rounds should."""


class NotTrainable(UserError):
    """A snapshot, spec or model that cannot be trained as asked."""


class AttemptSuperseded(UserError):
    """This process no longer owns its job: a newer attempt does, or it was ended."""


def describe_os_error(error: OSError) -> str:
    """What the machine would not do, in one sentence, with the way out."""
    reason = error.strerror or type(error).__name__
    at = f" at {error.filename}" if isinstance(error.filename, str) else ""
    way = WAYS_OUT.get(error.errno or 0, "see to it")
    return f"The machine refused to go on ({reason}{at}); {way}, then try again, or resume the job."
