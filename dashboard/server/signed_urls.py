"""Signed URLs: bound to one browser session, to their parameters, and to a time. Ids only, never a file path."""

import hashlib
import hmac
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import itsdangerous

from core.settings import Settings

LASTS_S = 12 * 3600
STEP_S = 3600  # URLs expire on whole hours, so that a page drawn again has the same URLs and the browser's cache works
SIGNED = ("task", "only", "by", "until")
MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Signer:
    """The signer of one home; its key is in the keys folder."""

    key: bytes

    @classmethod
    def of(cls, settings: Settings) -> "Signer":
        """Return the signer of a home."""
        return cls(settings.key("signing"))

    def url(self, path: str, session: str, *, now: float | None = None, **query: str | int) -> str:
        """Return `path` with a query, its expiry and signature; it works in `session`'s browser only."""
        until = math.ceil(((time.time() if now is None else now) + LASTS_S) / STEP_S) * STEP_S
        values = {**{name: str(value) for name, value in query.items()}, "until": str(until)}
        signature = self._of("url").get_signature(_payload(path, session, values)).decode()
        return f"{path}?{urlencode({**values, 'sig': signature})}"

    def holds(self, path: str, session: str, query: Mapping[str, str], *, now: float | None = None) -> bool:
        """Return whether the query's signature is ours, for this path and browser, and has not expired."""
        until = query.get("until", "")
        is_time = until.isascii() and until.isdigit() and len(until) <= MOST_DIGITS
        if not session or not is_time or int(until) < (time.time() if now is None else now):
            return False
        return self._of("url").verify_signature(_payload(path, session, query), query.get("sig", ""))

    @property
    def home(self) -> str:
        """Name this home to a browser, which keeps unsent answers under that name, also over a new version."""
        return hmac.new(self.key, b"home", hashlib.sha256).hexdigest()[:12]

    def token_for(self, session: str, token: str) -> str:
        """Return the proof that this session once showed the token."""
        return self._of("session").get_signature(json.dumps([session, token])).decode()

    def _of(self, purpose: str) -> itsdangerous.Signer:
        # The purpose is the salt, so that a signature made for one purpose is not valid for another.
        return itsdangerous.Signer(self.key, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256)


def _payload(path: str, session: str, query: Mapping[str, str]) -> str:
    # JSON keeps the parts apart: a reader's name may contain any character.
    return json.dumps([path, session, *(query.get(name, "") for name in SIGNED)])


def constant_time_equal(shown: str, right: str) -> bool:
    """Compare secrets in constant time; `shown` may contain any character."""
    return hmac.compare_digest(shown.encode("utf-8", "replace"), right.encode())
