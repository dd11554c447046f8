"""Name the ways to store file names that look like a person."""

from typing import Literal

NameHandling = Literal["keyed", "kept", "cut"]
