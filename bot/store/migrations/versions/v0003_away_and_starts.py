"""Since when a chat is away, and the starts of the program."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chat", sa.Column("away_since", sa.Date))  # of those that are away now: from the next housekeeping on
    op.create_table(
        "run",
        sa.Column("started", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("told", sa.Integer),
    )
