"""Death at an exact moment: code that the processes of Rounds run at their start, before their own.

It is a `sitecustomize` on PYTHONPATH, so nothing of it is in the product.
"""

import os
from pathlib import Path

import pytest

HEAD = """\
import os, signal, sys

def doing(word, *more):
    at = sys.orig_argv.index(word) if word in sys.orig_argv else len(sys.orig_argv)
    return sys.orig_argv[at + 1 : at + 1 + len(more)] == list(more) and at < len(sys.orig_argv)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def wait_to_be_killed():
    os.kill(os.getpid(), signal.SIGSTOP)

def at_call(number, real, before=lambda *_: None, after=lambda *_: None):
    # The same function, and something more at that call.
    calls = 0
    def instead(*args, **options):
        nonlocal calls
        calls += 1
        if calls == number:
            before(*args)
        made = real(*args, **options)
        if calls == number:
            after(*args)
        return made
    return instead

"""

IN_A_STEP = """
if doing("work") and doing("--attempt", "1"):
    from core.training.mixed_precision import Precision
    Precision.step = at_call({step}, Precision.step, after=lambda *_: {end}())
"""

# An epoch's files come one after another: the name that is to appear and the how-manieth of that name is a moment.
IN_A_CHECKPOINT = """
if doing("work") and doing("--attempt", "1"):
    def halve(draft, _):
        os.truncate(draft, os.path.getsize(draft) // 2)
        die()
    renamed = os.replace
    trapped = at_call({number}, renamed, **{moment})
    os.replace = lambda draft, path: (trapped if os.path.basename(path) == {name!r} else renamed)(draft, path)
"""
MOMENTS = {
    "half written": "dict(before=halve)",
    "before": "dict(before=lambda *_: die())",
    "after": "dict(after=lambda *_: die())",
}

IN_A_PREDICTION = """
if doing("work") and doing("--attempt", "1"):
    from core.worker import handlers
    from core.services.predictions import predictions
    handlers.PREDICTIONS_AT_ONCE = {at_once}
    predictions.write_predictions = at_call({number}, predictions.write_predictions, after=lambda *_: die())
"""

# Once: the next dispatcher finds the mark.
BETWEEN_CLAIM_AND_START = """
if doing("dispatch") and not os.path.exists({mark!r}):
    from core.worker import dispatcher
    def detach(*_, **__):
        open({mark!r}, "w").close()
        die()
    dispatcher.detach = detach
"""


def lay(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Processes started from now on run into it."""
    folder.mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(HEAD + code)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))


def disarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes started from now on do not."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(os.environ["PYTHONPATH"].split(os.pathsep)[1:]))
