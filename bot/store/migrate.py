"""Bring a database to the schema of this program, or refuse it; alembic is loaded only when there is work."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, inspect, select

from bot.errors import StoreError

HEAD = "0004"  # the newest file of migrations/versions; a test holds them equal
MIGRATIONS = Path(__file__).with_name("migrations")


def revision(connection: Connection) -> str | None:
    """The schema revision of this database, None when it is empty; StoreError when it is somebody else's."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        if tables:
            raise StoreError("this database was not made by Access Watch; give another DATABASE_URL")
        return None
    version = Table("alembic_version", MetaData(), autoload_with=connection)
    return connection.execute(select(version.c.version_num)).scalar()


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
        raise StoreError(
            f"this database was made by a newer version of Access Watch (schema {found}); "
            "upgrade the program or restore an older backup"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
