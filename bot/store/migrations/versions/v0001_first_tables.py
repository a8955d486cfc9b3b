"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _watching()
    _asking()
    _delivering()


def _watching() -> None:
    op.create_table(
        "source_state",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("next_poll_at", sa.BigInteger, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("body_hash", sa.Text),
        sa.Column("first_ok_at", sa.BigInteger),
        sa.Column("last_ok_at", sa.BigInteger),
        sa.Column("last_item_at", sa.BigInteger),
        sa.Column("fails", sa.Integer, nullable=False),
        sa.Column("failed_at", sa.BigInteger),
        sa.Column("last_error", sa.Text),
        sa.Column("moved_to", sa.Text),
    )
    op.create_table(
        "incident",
        sa.Column("number", ID, primary_key=True, autoincrement=True),
        sa.Column("country", sa.Text),
        sa.Column("place_key", sa.Text),
        sa.Column("categories", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("exercise", sa.Boolean, nullable=False),
        sa.Column("opened", sa.BigInteger, nullable=False),
        sa.Column("updated", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("incident_by_state", "incident", ["state", "country", "updated"])
    op.create_index("incident_by_updated", "incident", ["updated"])
    op.create_table(
        "incident_place",
        sa.Column("number", ID, sa.ForeignKey("incident.number"), primary_key=True),
        sa.Column("place_key", sa.Text, primary_key=True),
    )
    op.create_index("incident_place_by_key", "incident_place", ["place_key"])
    op.create_table(
        "item",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("item_key", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("published", sa.BigInteger),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("incident", ID, sa.ForeignKey("incident.number")),
    )
    op.create_index("item_by_fingerprint", "item", ["source_id", "fingerprint"])
    op.create_table(
        "change",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("number", ID, sa.ForeignKey("incident.number"), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("withheld", sa.Text),
        sa.Column("facts", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("change_by_number", "change", ["number"])


def _asking() -> None:
    op.create_table(
        "chat",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("paused_reason", sa.Text),
        sa.Column("created_day", sa.Date, nullable=False),
    )
    op.create_table(
        "subscription",
        sa.Column("chat_id", sa.BigInteger, sa.ForeignKey("chat.chat_id"), primary_key=True),
        sa.Column("country", sa.Text, primary_key=True),
        sa.Column("at_least", sa.Integer, nullable=False),
    )
    op.create_index("subscription_by_country", "subscription", ["country", "at_least"])
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _delivering() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("change_id", ID, sa.ForeignKey("change.id"), nullable=False),
        sa.Column("chat_id", sa.BigInteger, sa.ForeignKey("chat.chat_id"), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("prio", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("maybe_sent", sa.Boolean, nullable=False),
        sa.Column("claimed_at", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("last_error", sa.Text),
        sa.UniqueConstraint("change_id", "chat_id", "part", name="delivery_once"),
        sa.CheckConstraint("state IN ('ready', 'sending', 'sent', 'dead')", name="delivery_state"),
        sqlite_autoincrement=True,
    )
    ready = sa.text("state = 'ready'")
    op.create_index(
        "delivery_ready", "delivery", ["prio", "not_before", "id"], sqlite_where=ready, postgresql_where=ready
    )
    op.create_index("delivery_by_chat", "delivery", ["chat_id", "state"])
    op.create_table(
        "told",
        sa.Column("chat_id", sa.BigInteger, sa.ForeignKey("chat.chat_id"), primary_key=True),
        sa.Column("number", ID, sa.ForeignKey("incident.number"), primary_key=True),
        sa.Column("message_id", sa.BigInteger, nullable=False),
    )
    op.create_index("told_by_number", "told", ["number"])
