"""The form of what comes every day or week, and what a summary says of how much was read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chat", sa.Column("digest", sa.Text, nullable=False, server_default="line"))
    op.add_column("source_state", sa.Column("refused", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_index("item_by_first_seen", "item", ["first_seen"])
