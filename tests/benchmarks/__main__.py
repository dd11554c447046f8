"""`python -m tests.benchmarks [NAME …] [--rounds N] [--keys N]`: a line of JSON for each benchmark, as it is done."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.measure import Repetitions, Study, compare, shown
from tests.benchmarks.table import LONG, NAMES, benchmark


def main(argv: Sequence[str] | None = None) -> int:
    """Run the named benchmarks, or all; 1 where a goal is missed, 2 where a name is unknown."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--rounds", type=int, default=5, help="of each side, alternately")
    parser.add_argument(
        "--keys", type=int, default=60, help="keystrokes of both sides in a whole run, where keys count"
    )
    arguments = parser.parse_args(argv)
    unknown = next((name for name in arguments.names if name not in NAMES), None)
    if unknown is not None or arguments.rounds < 1 or arguments.keys < 1:
        wrong = f"There is no benchmark '{unknown}'; choose from {', '.join(NAMES)}." if unknown is not None else ""
        print(wrong or f"--rounds is {arguments.rounds} and --keys {arguments.keys}; give 1 or more.", file=sys.stderr)
        return 2
    met = True
    for name in arguments.names or [name for name in NAMES if name not in LONG]:
        with tempfile.TemporaryDirectory(prefix="rounds-") as folder:
            made = benchmark(name)()
            alone = isinstance(made, Study)
            line = (
                made.line(Path(folder))
                if alone
                else compare(made, Path(folder), Repetitions(arguments.rounds, arguments.keys))
            )
        print(shown(line), flush=True)
        met = met and line["holds"]
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
