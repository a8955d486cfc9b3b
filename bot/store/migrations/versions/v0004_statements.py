"""What reports said of the state that places and ways are in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    id_ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "statement",
        sa.Column("id", id_, primary_key=True, autoincrement=True),
        sa.Column("number", id_, sa.ForeignKey("incident.number"), nullable=False),
        sa.Column("place_key", sa.Text, nullable=False),
        sa.Column("place_name", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("grade", sa.Text, nullable=False),
        sa.Column("independent", sa.Boolean, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("statement_by_country", "statement", ["country"])
