"""Write the names of readers in one way, so that names that look alike are one reader, in a table too."""

import re
import unicodedata

UNSEEN = "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # soft hyphens, marks of width and of direction
AROUND = re.compile(rf"\A[\s{UNSEEN}]+|[\s{UNSEEN}]+\Z")


def plain_name(name: str) -> str:
    r"""Return a name as a table's cell is read: without blanks and unseen marks around it, in composed form (NFC).

    >>> plain_name(" Dr. Mu\u0308ller\u200b")
    'Dr. Müller'
    """
    return unicodedata.normalize("NFC", AROUND.sub("", name.replace("\N{NO-BREAK SPACE}", " ")))
