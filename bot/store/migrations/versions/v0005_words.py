"""What incidents are searched by."""

import sqlalchemy as sa
from alembic import op

from bot.store.codec import INCIDENT
from bot.store.searching import searchable

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = 500


def upgrade() -> None:
    words = op.create_table(
        "incident_words",
        sa.Column("number", ID, sa.ForeignKey("incident.number"), primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
    )
    connection, after = op.get_bind(), 0
    query = sa.text("SELECT number, facts FROM incident WHERE number > :after ORDER BY number LIMIT :most")
    while rows := connection.execute(query, {"after": after, "most": BATCH}).all():
        op.bulk_insert(
            words, [{"number": r.number, "words": searchable(INCIDENT.validate_json(r.facts))} for r in rows]
        )
        after = rows[-1].number
