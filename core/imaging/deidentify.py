"""Pseudonyms and masks: what may be kept of who a patient is. Nothing here is reversible without the home's key."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

MASK = "…"
SHORTEST_TOKEN = 3

IDENTITY_COLUMNS = re.compile(
    r"(^|_)(name|surname|firstname|lastname|forename|patient_?name|patient_?id|pat_?id|mrn|birth\w*|dob|address|street|"
    r"phone|telephone|email|e_mail|ssn|accession\w*|insurance\w*|passport|initials)($|_)|^(patient|id_number)$"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Plain identity as a file states it. Lives in memory only: never stored, never logged."""

    patient_id: str = ""
    patient_name: str = ""
    birth_date: str = ""
    study_uid: str = ""
    series_uid: str = ""
    others: tuple[str, ...] = ()


def pseudonym(key: bytes, patient_id: str) -> str:
    """The patient's name in Rounds: 'P-' and ten characters of HMAC-SHA256."""
    digest = hmac.new(key, b"patient:" + patient_id.strip().encode(), hashlib.sha256).digest()
    return "P-" + base64.b32encode(digest).decode()[:10]


def keyed_hash(key: bytes, text: str) -> str:
    """A keyed hash (hex) of a file name or uid: it can be looked up, not read."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def scrub_name(name: str, identities: Iterable[Identity]) -> str:
    """The text with every token of the identities masked, whatever its case."""
    found = {token for identity in identities for token in _tokens_of(identity)}
    if not found or _plainly_without(name, found):
        return name
    tokens = sorted(found, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, tokens)), MASK, name, flags=re.IGNORECASE)


def _plainly_without(text: str, tokens: Iterable[str]) -> bool:
    """A pattern costs a hundred times the look; beyond ASCII, where case has its exceptions, it is the pattern's."""
    lower = text.lower()
    return text.isascii() and all(token.isascii() and token.lower() not in lower for token in tokens)


def is_identity_column(name: str) -> bool:
    """Whether a CSV's column names the patient and so is never kept."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return bool(IDENTITY_COLUMNS.search(re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")))


@lru_cache(maxsize=4)  # one image's facts are asked for in a row; no more of anybody is kept
def _tokens_of(identity: Identity) -> frozenset[str]:
    return frozenset(_tokens(identity))


def _tokens(identity: Identity) -> Iterator[str]:
    for text in (identity.patient_id, *identity.others):
        yield from _long(text, *re.split(r"[\^=\s]+", text))
    yield from _long(identity.patient_name, *re.split(r"[\^=,;\s]+", identity.patient_name))
    digits = re.sub(r"\D", "", identity.birth_date)
    if len(digits) == 8:
        year, month, day = digits[:4], digits[4:6], digits[6:]
        yield from (
            digits,
            f"{year}-{month}-{day}",
            f"{day}.{month}.{year}",
            f"{day}{month}{year}",
            f"{month}/{day}/{year}",
        )


def _long(*texts: str) -> Iterator[str]:
    return (text.strip() for text in texts if len(text.strip()) >= SHORTEST_TOKEN)
