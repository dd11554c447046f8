"""Open a home: its folders, its catalogue at the newest schema, its one project."""

from core.errors import HomeUnusable
from core.settings import Settings
from db import Database
from db.queries import project_id


def open_home(settings: Settings) -> Database:
    """Make what is missing and bring the catalogue to the newest schema.

    Raises:
        HomeUnusable: the folder cannot be written, or a newer Rounds wrote the catalogue.
    """
    from db import migrations

    settings.make_home()
    db = Database(settings.database_url)
    try:
        migrations.upgrade(db)
    except migrations.NewerSchema as error:
        raise HomeUnusable(
            f"The catalogue in {settings.home} has schema {error}, newer than this Rounds knows ({migrations.head()}); "
            "install the newer Rounds, or choose another home with --home DIR."
        ) from error
    with db.transaction() as session:
        project_id(session)
    return db
