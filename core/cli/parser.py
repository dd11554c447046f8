"""The command line's contract: the names of commands and options."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import InvalidInput

Arguments = argparse.Namespace
RULES = ["max", "mean", "noisy_or"]
SCREEN = {
    "serve": "open the dashboard",
    "demo": "make a workspace of drawn patients with two models in training, and open it",
}


class Parser(argparse.ArgumentParser):
    """Argparse whose complaint is one sentence of ours."""

    def error(self, message: str) -> Any:
        """Raise instead of exiting, so that --json holds for wrong arguments too."""
        raise InvalidInput(f"{self.prog}: {message}; `{self.prog} --help` shows what it takes.")


def common() -> Parser:
    """What every command takes, before and after its name."""
    here = Parser(add_help=False)
    told = "the workspace (default: ROUNDS_HOME or ~/rounds)"
    here.add_argument("--home", default=argparse.SUPPRESS, metavar="DIR", help=told)
    here.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print the result as JSON")
    return here


def command_of(argv: Sequence[str]) -> str:
    """The command that is asked for, "" where none is: the first word that is neither an option nor its home."""
    words = [word for before, word in zip(["", *argv], argv, strict=False) if before != "--home"]
    return next((word for word in words if not word.startswith("-")), "")


def build_parser() -> Parser:
    """The contract: names of commands and options."""
    top = Parser(
        prog="rounds", description="Rounds: label, freeze, train and review medical images.", parents=[common()]
    )
    subs = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, summary: str) -> argparse.ArgumentParser:
        return subs.add_parser(name, help=summary, description=summary.replace("%%", "%"), parents=[common()])

    for name, summary in SCREEN.items():
        command(name, summary)  # run by dashboard.__main__, listed here for --help
    one = command("import", "take in a file or a folder of images")
    one.add_argument("path", type=Path, metavar="PATH")
    one.add_argument("--metadata", type=Path, metavar="FILE.csv")
    one.add_argument("--file-column", default="file", metavar="COLUMN")
    one.add_argument("--patient-column", metavar="COLUMN")
    one.add_argument("--task", default="", metavar="NAME")
    one.add_argument("--label-column", metavar="COLUMN")
    one.add_argument("--reference", action="store_true", help="leave the originals where they are")
    one.add_argument("--dry-run", action="store_true", help="say what would be taken, take nothing")
    _task(command("task", "ask a new question about every image, series or study"))
    one = command(
        "label", "take labels or numbers from a CSV with the columns image, label, reader; of findings presence"
    )
    one.add_argument("--task", required=True, metavar="NAME")
    one.add_argument("--csv", required=True, type=Path, metavar="FILE")
    one = command("labels", "write every reader's labels of a task into a CSV")
    one.add_argument("--task", required=True, metavar="NAME")
    one.add_argument("--out", required=True, type=Path, metavar="FILE.csv")
    one = command("snapshot", "split by patient, balance and freeze")
    one.add_argument("--task", required=True, metavar="NAME")
    one.add_argument("--name", required=True, metavar="NAME")
    one.add_argument("--val", type=float, default=0.15)
    one.add_argument("--test", type=float, default=0.15)
    one.add_argument("--split-column", metavar="COLUMN")
    one.add_argument("--stratify", default="", metavar="COLUMN,…")
    one.add_argument("--balance", default="none", choices=["none", "weights", "oversample", "undersample"])
    one.add_argument("--seed", type=int, default=0)
    one = _training(command("train", "train a model on a snapshot"))
    one.add_argument("--wait", action="store_true", help="return when it has ended")
    one = _training(command("measure", "time a step of a training and weigh its memory (started by the Train page)"))
    one.add_argument("--pictures", action="store_true", help="in place of figures, eight augmented pictures as files")
    one = command("jobs", "list the jobs, or cancel or resume one")
    one.add_argument("verb", nargs="?", choices=["cancel", "resume"])
    one.add_argument("id", nargs="?", type=int)
    one = command("runs", "list the runs, or show one")
    one.add_argument("id", nargs="?", type=int)
    one = command("predict", "predict a split with a run's best checkpoint")
    one.add_argument("--run", required=True, type=int)
    one.add_argument("--split", default="test")
    one.add_argument("--wait", action="store_true", help="return when it has ended")
    one = command("examine", "look into a run's model: its saliency check, features, shortcuts, suspected labels, maps")
    one.add_argument("--run", required=True, type=int)
    one.add_argument("--what", required=True, metavar="check|features|probe|suspects|maps")
    one.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="asked")
    one.add_argument("--wait", action="store_true", help="return when it has ended")
    _point(command("operate", "choose a run's operating point on its validation split, or show the one that stands"))
    one = command("evaluate", "figures with 95 %% intervals of a predicted split, at the run's operating point")
    one.add_argument("--run", required=True, type=int)
    one.add_argument("--split", default="test")
    one.add_argument("--level", default="", choices=["image", "patient"], help="what is counted (default: as chosen)")
    one.add_argument("--rule", default="", choices=RULES, help="how a patient's score is made of those of the images")
    one.add_argument("--prevalence", type=float, metavar="SHARE", help="PPV and NPV where that share is ill")
    one = command("compare", "set a second run beside a first one, on the same cases")
    one.add_argument("--run", required=True, type=int, action="append", dest="runs", metavar="ID", help="twice")
    one.add_argument("--split", default="test")
    _answer(one)
    one = command("subgroups", "for which groups of patients a run does worse, the worst first")
    one.add_argument("--run", required=True, type=int)
    one.add_argument("--split", default="test")
    one.add_argument(
        "--figure",
        default="",
        metavar="FIGURE",
        help="auroc (usual), sensitivity, specificity, …; of numbers mae (usual), rmse, bias",
    )
    one.add_argument("--by", default="", metavar="FACT,…", help="these facts alone, such as site,sex")
    one.add_argument("--no-pairs", action="store_true", help="single facts, no pairs of them")
    one.add_argument("--finding", default="", metavar="NAME")
    _predictions(command("predictions", "write a run's predictions into a CSV, or take some that were made elsewhere"))
    one = command("explain", "write a map of where the model looked, over the image")
    one.add_argument("--run", required=True, type=int)
    one.add_argument("--image", required=True, metavar="ID", help="the catalogue's id or the file's sha256")
    one.add_argument("--method", default="", metavar="METHOD")
    one.add_argument("--class", dest="class_name", default="", metavar="CLASS")
    one.add_argument("--layer", default="", metavar="LAYER", help="such as layer3, or ATTENTION:HEAD")
    one.add_argument("--out", required=True, type=Path, metavar="FILE.png")
    _drawings(command("drawings", "write what was drawn as COCO, CSV, DICOM SEG or SR, or take it from such a file"))
    one = command("backup", "write all that cannot be made again into one file, while everybody goes on working")
    one.add_argument("file", type=Path, metavar="FILE")
    one = command("restore", "put a backup into an empty home, and compare")
    one.add_argument("file", type=Path, metavar="FILE")
    command("doctor", "look at everything and say what is not well")
    one = command("dispatch", "give waiting jobs a process (started by itself)")
    one.add_argument("--lock", type=int, metavar="N", help="the handle of the lock that was taken for it")
    one = command("work", "do one claimed job in this process (started by the dispatcher)")
    one.add_argument("id", type=int)
    one.add_argument("--attempt", type=int, required=True)
    one.add_argument("--device", default="cpu")
    return top


def _task(one: argparse.ArgumentParser) -> None:
    one.add_argument("--name", required=True, metavar="NAME")
    one.add_argument("--kind", default="single", choices=["single", "ordinal", "multi", "number"])
    one.add_argument("--classes", default="", metavar="CLASS,…", help="the answers, or findings, in order")
    one.add_argument("--unit", default="image", choices=["image", "series", "study"], help="what it is asked about")
    one.add_argument("--question", default="", metavar="TEXT")
    one.add_argument("--measure", default="", metavar="UNIT", help="of a number its unit, such as years")
    one.add_argument("--low", type=float, metavar="NUMBER", help="the least number that is taken")
    one.add_argument("--high", type=float, metavar="NUMBER", help="the most")
    told = "which mirror images have the same answer; training shows no others"
    one.add_argument("--flips", default="none", choices=["none", "left-right", "any"], help=told)


def _training(one: argparse.ArgumentParser) -> argparse.ArgumentParser:
    one.add_argument("--snapshot", required=True, metavar="NAME")
    one.add_argument("--model", required=True, metavar="MODEL")
    one.add_argument("--preset", default="", metavar="NAME")
    one.add_argument("--set", action="append", default=[], metavar="KNOB=VALUE", dest="knobs")
    one.add_argument("--also", action="append", default=[], metavar="NAME", help="a snapshot that is learned along")
    return one


def _answer(one: argparse.ArgumentParser) -> None:
    one.add_argument("--finding", default="", metavar="NAME", help="of several findings, which one")
    one.add_argument("--class", default="", metavar="CLASS", dest="positive", help="of many classes, which one is yes")


def _point(one: argparse.ArgumentParser) -> None:
    one.add_argument("--run", required=True, type=int)
    how = one.add_mutually_exclusive_group()
    how.add_argument("--threshold", type=float, metavar="SCORE", help="from which score on it says yes")
    how.add_argument("--sensitivity", type=float, metavar="SHARE", help="at least that, such as 0.95")
    how.add_argument("--specificity", type=float, metavar="SHARE", help="at least that")
    _answer(one)
    one.add_argument("--level", default="", choices=["image", "patient"], help="what is called (default: image)")
    one.add_argument("--rule", default="", choices=RULES, help="how a patient's score is made of those of the images")
    told = "make scores mean what they say, fitted on validation"
    one.add_argument("--calibrate", default="", choices=["temperature", "isotonic"], help=told)


def _predictions(one: argparse.ArgumentParser) -> None:
    verbs = one.add_subparsers(dest="verb", required=True, metavar="export|import", parser_class=Parser)
    out = verbs.add_parser("export", help="one line per case: truth, scores, call, facts", parents=[common()])
    out.add_argument("--run", required=True, type=int)
    out.add_argument("--split", default="test")
    out.add_argument("--out", required=True, type=Path, metavar="FILE.csv")
    taken = verbs.add_parser("import", help="make a run of a CSV with the columns image, CLASS …", parents=[common()])
    taken.add_argument("--snapshot", required=True, metavar="NAME")
    taken.add_argument("--name", required=True, metavar="NAME", help="what made them")
    taken.add_argument("file", type=Path, metavar="FILE.csv")


def _drawings(one: argparse.ArgumentParser) -> None:
    verbs = one.add_subparsers(dest="verb", required=True, metavar="export|import", parser_class=Parser)
    out = verbs.add_parser("export", help="write every standing drawing of a task", parents=[common()])
    out.add_argument("--task", required=True, metavar="NAME")
    out.add_argument("--format", required=True, choices=["coco", "csv", "seg", "sr"])
    out.add_argument("--out", required=True, type=Path, metavar="PATH", help="a file; of seg and sr a folder")
    out.add_argument("--pseudonyms", action="store_true", help="in seg and sr, the pseudonym in place of the patient")
    taken = verbs.add_parser("import", help="take the drawings of a file: all, or none and why", parents=[common()])
    taken.add_argument("--task", required=True, metavar="NAME")
    taken.add_argument("file", type=Path, metavar="FILE")
