"""Commands that look into a model: analyses of a run, and the saliency map of an image."""

import uuid
from pathlib import Path

from core.cli import context
from core.cli.options import add_run
from core.cli.parser import Arguments, Handler, Parser, one_of
from core.cli.printing.result import Output
from core.errors import InvalidInput
from core.explain import EXPLAINERS
from core.jobs import job_queue
from core.services.analysis import registry
from core.services.images import images
from core.services.saliency import maps, overlay_export
from core.services.training import runs
from core.settings import default_reader

KINDS = {
    "saliency-check": "check",
    "features": "features",
    "shortcuts": "probe",
    "label-errors": "suspects",
    "saliency-maps": "maps",
}
"""Names on the command line, and those in the catalogue and in the JSON."""


def add_analyze_arguments(parser: Parser) -> None:
    """Add the options of `rounds analyze`."""
    add_run(parser)
    parser.add_argument(
        "--kind",
        required=True,
        choices=list(KINDS),
        help="sanity check of the saliency maps; features of all cases; metadata that the features reveal; training "
        "labels that other models doubt; saliency maps of all cases",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="change a setting, such as cases=100; may be repeated",
    )
    parser.add_argument("--wait", action="store_true", help="return when the analysis has ended")


def analyze(arguments: Arguments) -> Output:
    """Queue an analysis of a run; return its job, and with --wait its result."""
    db, _, launcher = context.open_workspace(arguments)
    kind = KINDS[arguments.kind]
    submitted = registry.submit(
        db,
        launcher,
        run_id=arguments.run,
        what=kind,
        parameters=context.parse_settings(arguments.settings),
        by=default_reader(),
        key=uuid.uuid4().hex,
    )
    if arguments.wait:
        context.wait_for_job(db, launcher, submitted.job)
    job, newest = job_queue.get(db, submitted.job), registry.newest(db, arguments.run, kind)
    result = newest.result if newest is not None and job.state == "succeeded" else {}
    return {"run": arguments.run, "job": job.id, "what": kind, "state": job.state, **result}


def add_explain_arguments(parser: Parser) -> None:
    """Add the options of `rounds explain`."""
    add_run(parser)
    parser.add_argument("--image", required=True, metavar="ID", help="number of the image, or sha256 of its file")
    parser.add_argument(
        "--method",
        type=one_of("method", EXPLAINERS),
        metavar="METHOD",
        help="saliency method; `rounds models` lists those of each model (default: the model's first)",
    )
    parser.add_argument(
        "--class", dest="class_name", default="", metavar="CLASS", help="class to explain (default: the most probable)"
    )
    parser.add_argument(
        "--layer", default="", metavar="LAYER", help="layer to read, such as layer3, or ATTENTION:HEAD (default: last)"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.png", help="PNG to write")


def explain(arguments: Arguments) -> Output:
    """Save the saliency map of an image as an overlay."""
    db, settings, _ = context.open_workspace(arguments)
    image = images.find(db, arguments.image)
    run = runs.get(db, arguments.run)
    saliency = maps.explain(
        db,
        settings,
        run_id=run.id,
        image_id=image.id,
        method=arguments.method or "",
        class_index=_class_index(run, arguments.class_name),
        layer=arguments.layer,
    )
    overlay_export.save(settings, image, saliency.path, arguments.out)
    return {
        "file": str(arguments.out),
        "method": saliency.method,
        "layer": saliency.layer,
        "image": image.id,
        "class": (run.classes or (run.task,))[saliency.class_index],
        "probability": saliency.probability,
    }


def _class_index(run: runs.RunView, name: str) -> int | None:
    """Return the index of a class, known by its current name or the one that it had when it was frozen."""
    places = {**{title: at for at, title in enumerate(run.titles)}, **{old: at for at, old in enumerate(run.classes)}}
    if name and name not in places:
        raise InvalidInput(f"Run {run.id} has no class '{name}'; its classes are: {', '.join(run.titles)}.")
    return places.get(name)


HANDLERS = {
    "analyze": Handler(add_analyze_arguments, analyze),
    "explain": Handler(add_explain_arguments, explain),
}
