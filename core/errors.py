"""Every error a person can meet.

Law: one sentence that names the thing, the value, the expectation and the way out.
"""


class UserError(Exception):
    """Shown as it stands, on the page and on the command line."""


class RefusedFile(UserError):
    """A file that cannot be taken in; its text is the reason in the import report."""


class NotFound(UserError):
    """An id or a name that the catalogue does not hold."""


class InvalidInput(UserError):
    """A value outside what is accepted; says what is."""


class LeakingSplit(UserError):
    """A patient stands in more than one split."""


class HomeUnusable(UserError):
    """The home folder cannot be written, or its catalogue belongs to a newer Rounds."""


class PortInUse(UserError):
    """Another program listens where Rounds should."""


class NotTrainable(UserError):
    """A snapshot, spec or model that cannot be trained as asked."""


class FencedOff(UserError):
    """This process no longer owns its job: a newer attempt does, or it was ended."""
