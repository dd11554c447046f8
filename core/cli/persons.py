"""The command that shows who is the same person, and takes a reader's decisions about it."""

from dataclasses import asdict
from typing import Any

from core.cli import context
from core.cli.parser import Arguments, Handler, Parser, UsageError
from core.cli.printing.result import Output
from core.curation.persons.records import Question
from core.services.persons import decisions, overview, sides
from core.services.persons.sides import PatientSide
from core.settings import default_reader

PAIR = ("A", "B")


def add_persons_arguments(parser: Parser) -> None:
    """Add the options of `rounds persons`."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--join", nargs="+", metavar=PAIR, help="say that patients, by pseudonym, are one person")
    choice.add_argument("--apart", nargs="+", metavar=PAIR, help="say that patients are different persons")
    choice.add_argument("--undo", nargs=2, metavar=PAIR, help="withdraw what was decided about two patients")


def persons(arguments: Arguments) -> Output:
    """Take a decision if one is given; return joins, questions, doubtful IDs and decisions."""
    db, settings, _ = context.open_workspace(arguments)
    for patients, joined in ((arguments.join, True), (arguments.apart, False)):
        if patients and len(patients) < len(PAIR):
            raise UsageError(f"A decision is about two patients or more, and {patients[0]} is one; give another.")
        if patients:
            decisions.decide(db, *patients, joined=joined, by=default_reader())
    if arguments.undo:
        decisions.undo(db, *arguments.undo, by=default_reader())
    view = overview.overview(db, settings)
    named = [name for question in view.questions for name in question.patients]
    shown = sides.sides(db, [*named, *(doubtful.patient for doubtful in view.doubtful)])
    return {
        "patients": view.patients,
        "persons": view.persons,
        "questions": [_question(question, shown) for question in view.questions],
        "doubtful": [{**asdict(doubtful), "images": shown[doubtful.patient].images} for doubtful in view.doubtful],
        "joins": [asdict(join) for join in view.joins],
        "decisions": [decision.to_json() for decision in decisions.list_decisions(db)],
    }


def _question(question: Question, shown: dict[str, PatientSide]) -> dict[str, Any]:
    all_sides = [shown[name] for name in question.patients]
    return {
        "first": question.first,
        "second": question.second,
        "others": list(question.others),
        "joined": question.joined,
        "for": list(question.speaks_for),
        "against": list(question.speaks_against),
        "images": [side.images for side in all_sides],
        "studies": [side.studies for side in all_sides],
        "first_images": [[f"id:{image} {name}" for image, name in side.first_images] for side in all_sides],
    }


HANDLERS = {"persons": Handler(add_persons_arguments, persons)}
