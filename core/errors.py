"""Define every error that a user can meet.

Law: one sentence that names the thing, the value, the expectation and the way out.
"""

import errno

SPACE, PERMISSION = "free some space there", "check its permissions"
WAYS_OUT = {
    errno.ENOSPC: SPACE,
    errno.EDQUOT: SPACE,
    errno.EACCES: PERMISSION,
    errno.EPERM: PERMISSION,
    errno.EROFS: "make it writable",
    errno.EIO: "check the disk for errors",
    errno.ENOMEM: "free some memory",
}


class UserError(Exception):
    """An error whose text is shown unchanged on the page and on the command line."""


class RejectedFile(UserError):
    """A file that cannot be imported; the text is the reason in the import report."""


class NotFound(UserError):
    """An ID or a name that is not in the catalogue."""


class InvalidInput(UserError):
    """A value outside the accepted range; the text names that range."""


class LeakingSplit(UserError):
    """A patient whose cases are in more than one split."""


class HomeUnusable(UserError):
    """A home folder that cannot be written, or whose catalogue was made by a newer Rounds."""


class CatalogueUnusable(UserError):
    """A catalogue that cannot be read or written now (locked, full, unreachable); a retry may succeed."""


class PortInUse(UserError):
    """A port on which another program already listens."""


class NotTrainable(UserError):
    """A snapshot, training spec or model that cannot be trained."""


class AttemptSuperseded(UserError):
    """A job that this process no longer owns: a newer attempt owns it, or it has ended."""


def describe_os_error(error: OSError) -> str:
    """Describe an operating system error in one sentence, with the way out."""
    reason = error.strerror or type(error).__name__
    at = f" at {error.filename}" if isinstance(error.filename, str) else ""
    way = WAYS_OUT.get(error.errno or 0, "resolve it")
    return f"The operating system reported an error ({reason}{at}); {way}, then try again or resume the job."
