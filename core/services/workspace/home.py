"""Open a home: create its folders, upgrade its catalogue to the newest schema, add its project."""

from sqlalchemy import select

from core.errors import CatalogueUnusable, HomeUnusable
from core.services.images import older_catalogue
from core.services.persons import joining
from core.settings import Settings
from db import CatalogueProblem, Database, migrations
from db.queries import project_id
from db.tables import Project

SAYS = {
    CatalogueProblem.LOCKED: "is locked by another program. Close that program (a database browser, a copy), "
    "then try again.",
    CatalogueProblem.FULL: "cannot be written: its disk is full; free some space there, then try again.",
    CatalogueProblem.DISK: "cannot be used: its disk reports an error (often it is full); free some space, "
    "check the disk, then try again.",
    CatalogueProblem.READ_ONLY: "is read-only. Allow writing to the file and its folder, then try again.",
    CatalogueProblem.DAMAGED: "is damaged or is not a catalogue. Stop Rounds and restore a backup: "
    "`rounds restore FILE`.",
    CatalogueProblem.UNREACHABLE: "cannot be opened. Check that it exists and that you may read it, then try again.",
}


def open_home(settings: Settings) -> Database:
    """Create what is missing and upgrade the catalogue to the newest schema.

    Raises:
        HomeUnusable: the folder cannot be written, or a newer Rounds wrote the catalogue.
        CatalogueUnusable: it is locked, damaged or missing, or its disk is full; later uses raise the same.
    """
    settings.make_home()
    db = Database(
        settings.database_url,
        error_factory=lambda problem: CatalogueUnusable(f"The catalogue {db.name} {SAYS[problem]}"),
    )
    try:
        migrations.upgrade(db)
    except migrations.NewerSchema as error:
        raise HomeUnusable(
            f"The catalogue in {settings.home} has schema {error}, newer than this version's {migrations.head()}; "
            "install the newer Rounds, or choose another home with --home DIR."
        ) from error
    older_catalogue.group_older_catalogue(db)
    joining.join_older_catalogue(db)
    with db.read() as session:
        is_new = session.scalar(select(Project.id).limit(1)) is None
    if is_new:  # reading must not wait for a writer
        with db.transaction() as session:
            project_id(session)
    return db
