"""Commands about images and labels: in, out and frozen."""

from dataclasses import asdict

from core.cli import context, output
from core.cli.output import Output
from core.cli.parser import Arguments
from core.settings import default_reader


def import_images(arguments: Arguments) -> Output:
    from core.services.images import import_files

    db, settings, _ = context.open_workspace(arguments)
    request = import_files.ImportRequest(
        path=arguments.path,
        metadata=arguments.metadata,
        file_column=arguments.file_column,
        patient_column=arguments.patient_column,
        task=arguments.task,
        label_column=arguments.label_column,
        reference=arguments.reference,
        dry_run=arguments.dry_run,
    )
    report = None
    for report in import_files.run(db, settings, request, by=default_reader()):
        output.progress(f"{report.done}/{report.found} files", end=report.finished)
    assert report is not None
    said = report.to_json()
    if not report.imported and not report.known:
        said["error"] = (
            f"None of the {report.found} files in {arguments.path} is an image Rounds can read; each has its reason."
        )
    return said


def task(arguments: Arguments) -> Output:
    from core.services.annotation import annotations, tasks
    from db.vocabulary import MirrorSymmetry, TaskKind, Unit

    db, _, _ = context.open_workspace(arguments)
    made = tasks.create(
        db,
        name=arguments.name,
        classes=arguments.classes.split(","),
        question=arguments.question,
        unit=Unit(arguments.unit),
        kind=TaskKind(arguments.kind),
        measure=arguments.measure,
        low=arguments.low,
        high=arguments.high,
        flips=MirrorSymmetry(arguments.flips),
    )
    return {
        "task": made.id,
        "name": made.name,
        "kind": made.kind,
        "unit": made.unit,
        "measure": made.measure,
        "low": made.low,
        "high": made.high,
        "flips": made.flips,
        "classes": [one.name for one in made.classes],
        "cases": annotations.progress(db, made.id).total,
    }


def label(arguments: Arguments) -> Output:
    from core.services.annotation import label_import

    db, settings, _ = context.open_workspace(arguments)
    return asdict(label_import.take(db, settings, task=arguments.task, path=arguments.csv, by=default_reader()))


def labels(arguments: Arguments) -> Output:
    from core.services.annotation import label_export, tasks

    db, _, _ = context.open_workspace(arguments)
    count = label_export.write(db, tasks.named(db, arguments.task).id, arguments.out)
    return {"file": str(arguments.out), "lines": count}


def snapshot(arguments: Arguments) -> Output:
    from core.curation.recipe import Recipe
    from core.services.annotation import tasks
    from core.services.datasets import snapshots

    db, _, _ = context.open_workspace(arguments)
    recipe = Recipe(
        val=arguments.val,
        test=arguments.test,
        split_fact=arguments.split_column,
        stratify=tuple(name for name in arguments.stratify.split(",") if name),
        balance=arguments.balance,
        seed=arguments.seed,
    )
    task = tasks.named(db, arguments.task)
    made = snapshots.freeze(db, task.id, recipe, name=arguments.name, by=default_reader())
    return snapshots.as_json(db, made)


def drawings(arguments: Arguments) -> Output:
    from core.services.annotation import drawing_export, drawing_import

    db, settings, _ = context.open_workspace(arguments)
    if arguments.verb == "import":
        return asdict(drawing_import.take(db, settings, task=arguments.task, path=arguments.file, by=default_reader()))
    return asdict(
        drawing_export.export(
            db,
            settings,
            task=arguments.task,
            format=arguments.format,
            out=arguments.out,
            pseudonyms=arguments.pseudonyms,
        )
    )
