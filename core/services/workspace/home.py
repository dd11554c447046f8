"""Open a home: its folders, its catalogue at the newest schema, its one project."""

from sqlalchemy import select

from core.errors import CatalogueUnusable, HomeUnusable
from core.settings import Settings
from db import CatalogueProblem, Database, migrations
from db.queries import project_id
from db.tables import Project

SAYS = {
    CatalogueProblem.LOCKED: "is kept locked by another program; close what holds it (a database browser, a copy), then try "
    "again.",
    CatalogueProblem.FULL: "cannot be written, for its disk is full; free some space there, then try again.",
    CatalogueProblem.DISK: "cannot be used, for its disk refuses to (often it is full); free some space there, see whether "
    "it is sound, then try again.",
    CatalogueProblem.READ_ONLY: "cannot be written here; give yourself the right to write it and its folder, then try again.",
    CatalogueProblem.DAMAGED: "is damaged, or no catalogue; stop Rounds and bring back a backup with `rounds restore FILE`.",
    CatalogueProblem.AWAY: "cannot be opened; see that it is there and that you may use it, then try again.",
}


def open_home(settings: Settings) -> Database:
    """Make what is missing and bring the catalogue to the newest schema.

    Raises:
        HomeUnusable: the folder cannot be written, or a newer Rounds wrote the catalogue.
        CatalogueUnusable: it is locked, damaged or away, or its disk is full; so does every use of it later.
    """
    settings.make_home()
    db = Database(
        settings.database_url, says=lambda trouble: CatalogueUnusable(f"The catalogue {db.name} {SAYS[trouble]}")
    )
    try:
        migrations.upgrade(db)
    except migrations.NewerSchema as error:
        raise HomeUnusable(
            f"The catalogue in {settings.home} has schema {error}, newer than this Rounds knows ({migrations.head()}); "
            "install the newer Rounds, or choose another home with --home DIR."
        ) from error
    with db.read() as session:
        is_new = session.scalar(select(Project.id).limit(1)) is None
    if is_new:  # to look around must not wait for whoever writes
        with db.transaction() as session:
            project_id(session)
    return db
