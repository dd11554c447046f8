"""Signatures on URLs: bound to one browser's session, to what is asked, and to a time. Ids only, never a path."""

import hashlib
import hmac
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from core.settings import Settings

LASTS_S = 12 * 3600
STEP_S = (
    3600  # expiries fall on whole hours, so that a page drawn again has the same URLs and the browser's cache holds
)
SIGNED = ("task", "only", "by", "until")
MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one home; the key lies in its keys folder."""

    key: bytes

    @classmethod
    def of(cls, settings: Settings) -> "Signer":
        """The signer of a home."""
        return cls(settings.key("signing"))

    def url(self, path: str, session: str, *, now: float | None = None, **said: str | int) -> str:
        """`path` with what is said, an expiry and the signature; works in `session`'s browser only."""
        until = math.ceil(((time.time() if now is None else now) + LASTS_S) / STEP_S) * STEP_S
        asked = {**{name: str(value) for name, value in said.items()}, "until": str(until)}
        return f"{path}?{urlencode({**asked, 'sig': self._signature(path, session, asked)})}"

    def holds(self, path: str, session: str, query: Mapping[str, str], *, now: float | None = None) -> bool:
        """Whether the query's signature is ours, for this path and browser, and not too old."""
        until = query.get("until", "")
        is_time = until.isascii() and until.isdigit() and len(until) <= MOST_DIGITS
        if not session or not is_time or int(until) < (time.time() if now is None else now):
            return False
        return same(query.get("sig", ""), self._signature(path, session, query))

    @property
    def home(self) -> str:
        """Names this home to a browser: answers that wait there are sent to the home they were given in, no other."""
        return self._mac("home")[:12]

    def token_for(self, session: str, token: str) -> str:
        """The proof that this session once showed the token."""
        return self._mac(f"session|{session}|{token}")

    def _signature(self, path: str, session: str, asked: Mapping[str, str]) -> str:
        # As JSON no part can run into the next: a reader's name may hold any sign.
        return self._mac(json.dumps([path, session, *(asked.get(name, "") for name in SIGNED)]))

    def _mac(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:40]


def same(shown: str, right: str) -> bool:
    """Compare secrets in constant time; what is shown may hold any sign."""
    return hmac.compare_digest(shown.encode("utf-8", "replace"), right.encode())
