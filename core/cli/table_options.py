"""Options of the commands that read a table: how it is written."""

from core.cli.parser import Arguments, Parser
from core.imaging.tables.dialect import Dialect, chosen_dialect


def add_dialect(parser: Parser) -> None:
    """Add how a table is written, for one that would be read in another way than it is meant."""
    parser.add_argument("--encoding", metavar="NAME", help="encoding of the table (default: as found)")
    parser.add_argument("--separator", metavar="CHARACTER", help="separator of its cells, or 'tab' (default: as found)")
    parser.add_argument("--decimal", metavar="MARK", help="decimal mark: point or comma (default: as found)")
    parser.add_argument("--header-line", type=int, metavar="N", help="line of the header, from 1 (default: as found)")
    parser.add_argument("--sheet", metavar="NAME", help="sheet of a workbook (default: the first with cells)")


def dialect(arguments: Arguments) -> Dialect:
    """Return how a table is written, as far as it was given."""
    return chosen_dialect(arguments.encoding, arguments.separator, arguments.decimal, arguments.header_line)
