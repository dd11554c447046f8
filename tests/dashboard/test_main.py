"""The script `rounds` ends without a last search for garbage, which costs more than some of its commands."""

import subprocess
import sys

CODE = """
import atexit, gc, sys
from dashboard.__main__ import main

atexit.register(lambda: print("frozen" if gc.get_freeze_count() else "not frozen"))  # runs after those of main
sys.exit(main(["models"]))
"""


def test_what_ends_with_the_process_is_not_searched_for_garbage():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (0, "", "frozen")
