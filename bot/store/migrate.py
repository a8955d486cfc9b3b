"""Bring a database to the schema of this program, or refuse it; alembic is loaded only when there is work."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, inspect, select

from bot.errors import StoreError

HEAD = "0006"  # the newest file of migrations/versions; a test holds them equal
MIGRATIONS = Path(__file__).with_name("migrations")
_NEWER = (
    "this database was made by a newer version of Access Watch (schema {found}); "
    "upgrade the program or restore an older backup"
)


def revision(connection: Connection) -> str | None:
    """The schema revision of this database, None when it is empty; StoreError when it is somebody else's."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        if tables:
            raise StoreError("this database was not made by Access Watch; give another DATABASE_URL")
        return None
    version = Table("alembic_version", MetaData(), autoload_with=connection)
    return connection.execute(select(version.c.version_num)).scalar()


def check(connection: Connection) -> None:
    """StoreError unless the database has the schema of this program."""
    found = revision(connection)
    if found is None:
        raise StoreError("there is nothing in this database; is DATABASE_URL the service's?")
    if found > HEAD:
        raise StoreError(_NEWER.format(found=found))
    if found < HEAD:
        raise StoreError(
            f"this database is of an older version of Access Watch (schema {found}); start the service once, which "
            "brings it up to date"
        )


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, all in the caller's transaction: a crash leaves the old schema whole."""
    found = revision(connection)
    if found == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(_NEWER.format(found=found))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
