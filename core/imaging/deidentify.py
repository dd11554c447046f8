"""Replace patient identity by keyed pseudonyms and masks, irreversible without the key of the home."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.imaging import name_masking

MASK = "…"


@dataclass(frozen=True, slots=True)
class Identity:
    """Patient identity as stated by a file. Held in memory only: never stored, never logged."""

    patient_id: str = ""
    patient_name: str = ""
    birth_date: str = ""
    study_uid: str = ""
    series_uid: str = ""
    issuer: str = ""
    others: tuple[str, ...] = ()


def pseudonym(key: bytes, patient_id: str) -> str:
    """Return the patient's pseudonym: 'P-' and ten base32 characters of an HMAC-SHA256 of the patient ID."""
    digest = hmac.new(key, b"patient:" + patient_id.strip().encode(), hashlib.sha256).digest()
    return "P-" + base64.b32encode(digest).decode()[:10]


def keyed_hash(key: bytes, text: str) -> str:
    """Return the HMAC-SHA256 (hex) of a file name or UID, which can be compared but not reversed."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def scrub_name(name: str, identities: Iterable[Identity]) -> str:
    """Return the text with the names, numbers and birth date of the identities masked, however they are written."""
    return scrub_names([name], identities)[0]


def scrub_names(names: Sequence[str], identities: Iterable[Identity]) -> list[str]:
    """Return the texts masked, searched for a trace of the identities all at once."""
    traces = name_masking.Traces.of(names)
    possible = [identity for identity in identities if traces.may_name(*_trace_of(identity))]
    patterns = [pattern for identity in possible for pattern in _patterns(identity)]
    return [name_masking.mask(name, patterns, MASK) for name in names]


@lru_cache(maxsize=4)  # the facts of one image are scrubbed in a row; identities must not accumulate in memory
def _trace_of(identity: Identity) -> tuple[frozenset[str], frozenset[str], str]:
    texts = (identity.patient_id, identity.patient_name, *identity.others)
    anywhere, alone = name_masking.traces_of(texts)
    return anywhere, alone, re.sub(r"\D", "", identity.birth_date)


@lru_cache(maxsize=4)
def _patterns(identity: Identity) -> tuple[str, ...]:
    return tuple(_all_patterns(identity))


def _all_patterns(identity: Identity) -> Iterator[str]:
    yield from name_masking.name_patterns(identity.patient_name)
    for text in (identity.patient_id, *identity.others):
        yield from name_masking.number_patterns(text)
        yield from () if any(map(str.isdigit, text)) else name_masking.name_patterns(text)
    yield from name_masking.date_patterns(identity.birth_date)
