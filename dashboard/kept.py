"""What was reckoned for a page and holds for the next one: the newest few, shared by all sessions, never changed."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")
MOST = 64

_held: OrderedDict[Hashable, Any] = OrderedDict()
_lock = Lock()


def kept(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gave for the key; two who ask at once may both make it, and get equal things."""
    with _lock:
        if key in _held:
            _held.move_to_end(key)
            found: T = _held[key]
            return found
    made = make()
    with _lock:
        _held[key] = made
        while len(_held) > MOST:
            _held.popitem(last=False)
    return made
