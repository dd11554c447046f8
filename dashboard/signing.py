"""Signatures on URLs: bound to one browser's session, to what is asked, and to a time. Ids only, never a path."""

import hashlib
import hmac
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
        if not session or not until.isdigit() or int(until) < (time.time() if now is None else now):
            return False
        return hmac.compare_digest(self._signature(path, session, query), query.get("sig", ""))

    def token_for(self, session: str, token: str) -> str:
        """The proof that this session once showed the token."""
        return self._mac(f"session|{session}|{token}")

    def _signature(self, path: str, session: str, asked: Mapping[str, str]) -> str:
        return self._mac("|".join([path, session, *(f"{name}={asked.get(name, '')}" for name in SIGNED)]))

    def _mac(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:40]
