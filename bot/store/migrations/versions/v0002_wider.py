"""Places, categories and topics in subscriptions; settings, mutes, invitations; messages that are no alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ZERO = sa.text("0")


def upgrade() -> None:
    op.add_column("source_state", sa.Column("way", sa.Text))
    op.add_column("item", sa.Column("listed", sa.BigInteger))
    # as far as we know its source lists it still; what it lists must not be deleted, or it would be news again
    op.execute(
        "UPDATE item SET listed = (SELECT last_ok_at FROM source_state WHERE source_state.source_id = item.source_id)"
    )
    _chats()
    _subscriptions()
    _deliveries()
    _told()
    _new_tables()


def _chats() -> None:
    for column in (
        sa.Column("kind", sa.Text, nullable=False, server_default="private"),
        sa.Column("admitted", sa.Boolean, nullable=False, server_default=ZERO),
        sa.Column("at_least", sa.Integer, nullable=False, server_default=ZERO),
        sa.Column("tz", sa.Text, nullable=False, server_default="UTC"),
        sa.Column("daily", sa.Integer),
        sa.Column("daily_next", sa.BigInteger),
        sa.Column("daily_thread", sa.BigInteger, nullable=False, server_default=ZERO),
        sa.Column("discreet", sa.Boolean, nullable=False, server_default=ZERO),
        sa.Column("steward", sa.BigInteger),
    ):
        op.add_column("chat", column)
    op.execute("UPDATE chat SET admitted = 1")  # whoever is here was here before there were invitations
    op.execute("UPDATE chat SET kind = 'group' WHERE chat_id < 0")
    op.create_index("chat_by_daily", "chat", ["daily_next"])


def _subscriptions() -> None:
    op.drop_index("subscription_by_country", "subscription")
    op.rename_table("subscription", "old_subscription")
    op.create_table(
        "subscription",
        sa.Column("chat_id", sa.BigInteger, sa.ForeignKey("chat.chat_id"), primary_key=True),
        sa.Column("thread_id", sa.BigInteger, primary_key=True, server_default=ZERO),
        sa.Column("area", sa.Text, primary_key=True),
        sa.Column("at_least", sa.Integer, nullable=False),
        sa.Column("categories", sa.Integer, nullable=False),
        sa.Column("within", sa.Text, nullable=False),
    )
    op.execute(
        "INSERT INTO subscription (chat_id, thread_id, area, at_least, categories, within) "
        "SELECT chat_id, 0, country, at_least, 7, '' FROM old_subscription"  # 7: all three categories
    )
    op.drop_table("old_subscription")
    op.create_index("subscription_by_area", "subscription", ["area", "at_least"])


def _deliveries() -> None:
    for index in ("delivery_ready", "delivery_by_chat"):
        op.drop_index(index, "delivery")
    op.rename_table("delivery", "old_delivery")
    op.create_table(
        "delivery",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False, server_default="alert"),
        sa.Column("change_id", ID, sa.ForeignKey("change.id")),
        sa.Column("chat_id", sa.BigInteger, sa.ForeignKey("chat.chat_id"), nullable=False),
        sa.Column("thread_id", sa.BigInteger, nullable=False, server_default=ZERO),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("prio", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("silent", sa.Boolean, nullable=False, server_default=ZERO),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("maybe_sent", sa.Boolean, nullable=False),
        sa.Column("claimed_at", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("last_error", sa.Text),
        sa.Column("body", sa.Text),
        sa.Column("once", sa.Text, unique=True),
        sa.UniqueConstraint("change_id", "chat_id", "thread_id", "part", name="delivery_once"),
        sa.CheckConstraint("state IN ('ready', 'sending', 'sent', 'dead')", name="delivery_state"),
        sa.CheckConstraint("(kind = 'alert') = (change_id IS NOT NULL)", name="delivery_kind"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO delivery (id, change_id, chat_id, part, prio, state, not_before, attempts, maybe_sent, "
        "claimed_at, message_id, sent_at, last_error) SELECT id, change_id, chat_id, part, prio, state, not_before, "
        "attempts, maybe_sent, claimed_at, message_id, sent_at, last_error FROM old_delivery"
    )
    op.drop_table("old_delivery")
    ready = sa.text("state = 'ready'")
    op.create_index(
        "delivery_ready", "delivery", ["prio", "not_before", "id"], sqlite_where=ready, postgresql_where=ready
    )
    op.create_index("delivery_by_chat", "delivery", ["chat_id", "state"])


def _told() -> None:
    op.drop_index("told_by_number", "told")
    op.rename_table("told", "old_told")
    op.create_table(
        "told",
        sa.Column("chat_id", sa.BigInteger, sa.ForeignKey("chat.chat_id"), primary_key=True),
        sa.Column("thread_id", sa.BigInteger, primary_key=True, server_default=ZERO),
        sa.Column("number", ID, sa.ForeignKey("incident.number"), primary_key=True),
        sa.Column("message_id", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO told (chat_id, thread_id, number, message_id) SELECT chat_id, 0, number, message_id FROM old_told"
    )
    op.drop_table("old_told")
    op.create_index("told_by_number", "told", ["number"])


def _new_tables() -> None:
    op.create_table(
        "mute",
        sa.Column("chat_id", sa.BigInteger, sa.ForeignKey("chat.chat_id"), primary_key=True),
        sa.Column("area", sa.Text, primary_key=True),
        sa.Column("nightly", sa.Boolean, primary_key=True),
        sa.Column("until", sa.BigInteger),
        sa.Column("start", sa.Integer),
        sa.Column("end", sa.Integer),
    )
    op.create_table(
        "held",
        sa.Column("chat_id", sa.BigInteger, sa.ForeignKey("chat.chat_id"), primary_key=True),
        sa.Column("thread_id", sa.BigInteger, primary_key=True),
        sa.Column("change_id", ID, sa.ForeignKey("change.id"), primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("delivery_id", ID, sa.ForeignKey("delivery.id")),
    )
    op.create_index("held_by_due", "held", ["due_at"])
    op.create_index("held_by_delivery", "held", ["delivery_id"])
    op.create_table(
        "said",
        sa.Column("chat_id", sa.BigInteger, sa.ForeignKey("chat.chat_id"), primary_key=True),
        sa.Column("message_id", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("said_by_time", "said", ["at"])
    op.create_table(
        "invitation",
        sa.Column("code_hash", sa.Text, primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "trouble",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
    )
