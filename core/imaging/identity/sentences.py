"""Hide what looks like a person in error sentences and logs, which quote names of files and cells of tables."""

import re
import traceback
from collections.abc import Iterable

from core.imaging.identity.name_findings import masked

QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|\S*[/\\]\S*|\S+\.[A-Za-z]\w{1,4}\b")
CAPITAL = re.compile(r"(?<![\w'-])[^\W\d_a-z][\w'-]*")
OF_CODE = re.compile(r"(?:  |\t|Traceback |During handling |The above exception |\s*$)")


def hide_in_sentence(text: str, paths: Iterable[object] = ()) -> str:
    """Return a sentence in which quotes, paths and capital words name nobody; `paths` may have blanks.

    >>> hide_in_sentence("The folder /data/Anna Mueller has no files.", ["/data/Anna Mueller"])
    'The folder /data/… … has no files.'
    >>> hide_in_sentence("'Mueller.png' is labelled 'sick'; correct the CSV.")
    "'….png' is labelled 'sick'; correct the CSV."
    """
    for path in map(str, paths):
        text = text.replace(path, masked(path))
    for pattern in (QUOTED, CAPITAL):
        text = pattern.sub(lambda match: masked(match[0]), text)
    return text


def safe_traceback(error: BaseException) -> str:
    """Return a traceback for the log: its lines of code, and its messages without names."""
    lines = "".join(traceback.format_exception(error)).splitlines()
    return "\n".join(line if OF_CODE.match(line) else _message(line) for line in lines)


def _message(line: str) -> str:
    kind, colon, message = line.partition(": ")
    return f"{kind}: {hide_in_sentence(message)}" if colon and re.fullmatch(r"[\w.]+", kind) else hide_in_sentence(line)
