"""The tables. A change here needs a migration beside it; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    literal_column,
)

from bot.store.codec import ChangeJson, IncidentJson, UtcTime, Words

metadata = MetaData()

# SQLite counts up by itself only in a column declared INTEGER
Id = BigInteger().with_variant(Integer(), "sqlite")

EVERYWHERE = ""  # subscription.country of a chat that wants every country: a key column can't be null
READY: ColumnElement[str] = literal_column(
    "'ready'"
)  # in the text of the statement, so that the partial index can serve it

source_state = Table(
    "source_state",
    metadata,
    Column("source_id", Words, primary_key=True),
    Column("next_poll_at", UtcTime, nullable=False),
    Column("etag", Words),
    Column("last_modified", Words),
    Column("body_hash", Words),
    Column("first_ok_at", UtcTime),
    Column("last_ok_at", UtcTime),
    Column("last_item_at", UtcTime),
    Column("fails", Integer, nullable=False),
    Column("failed_at", UtcTime),
    Column("last_error", Words),
    Column("moved_to", Words),
)

incident = Table(
    "incident",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("country", Words),
    Column("place_key", Words),
    Column("categories", Words, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("state", Words, nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("opened", UtcTime, nullable=False),
    Column("updated", UtcTime, nullable=False),
    Column("facts", IncidentJson, nullable=False),
    Index("incident_by_state", "state", "country", "updated"),
    Index("incident_by_updated", "updated"),
    sqlite_autoincrement=True,  # a number is never given twice
)

incident_place = Table(
    "incident_place",
    metadata,
    Column("number", Id, ForeignKey("incident.number"), primary_key=True),
    Column("place_key", Words, primary_key=True),
    Index("incident_place_by_key", "place_key"),
)

item = Table(
    "item",
    metadata,
    Column("source_id", Words, primary_key=True),
    Column("item_key", Words, primary_key=True),
    Column("url", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("lang", Words, nullable=False),
    Column("published", UtcTime),
    Column("first_seen", UtcTime, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("incident", Id, ForeignKey("incident.number")),
    Index("item_by_fingerprint", "source_id", "fingerprint"),
)

change = Table(
    "change",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("number", Id, ForeignKey("incident.number"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("withheld", Words),
    Column("facts", ChangeJson, nullable=False),
    Index("change_by_number", "number"),
    sqlite_autoincrement=True,
)

chat = Table(
    "chat",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("active", Boolean, nullable=False),
    Column("paused_reason", Words),
    Column("created_day", Date, nullable=False),  # a day is enough to know: no time of day of a person is kept
)

subscription = Table(
    "subscription",
    metadata,
    Column("chat_id", BigInteger, ForeignKey("chat.chat_id"), primary_key=True),
    Column("country", Words, primary_key=True),
    Column("at_least", Integer, nullable=False),
    Index("subscription_by_country", "country", "at_least"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("change_id", Id, ForeignKey("change.id"), nullable=False),
    Column("chat_id", BigInteger, ForeignKey("chat.chat_id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("prio", Integer, nullable=False),
    Column("state", Words, nullable=False),
    Column("not_before", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("maybe_sent", Boolean, nullable=False),
    Column("claimed_at", UtcTime),
    Column("message_id", BigInteger),
    Column("sent_at", UtcTime),
    Column("last_error", Words),
    UniqueConstraint("change_id", "chat_id", "part", name="delivery_once"),
    CheckConstraint("state IN ('ready', 'sending', 'sent', 'dead')", name="delivery_state"),
    sqlite_autoincrement=True,
)
_is_ready = delivery.c.state == READY
Index(
    "delivery_ready",
    delivery.c.prio,
    delivery.c.not_before,
    delivery.c.id,
    sqlite_where=_is_ready,
    postgresql_where=_is_ready,
)
Index("delivery_by_chat", delivery.c.chat_id, delivery.c.state)

told = Table(
    "told",
    metadata,
    Column("chat_id", BigInteger, ForeignKey("chat.chat_id"), primary_key=True),
    Column("number", Id, ForeignKey("incident.number"), primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    Index("told_by_number", "number"),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", Words, primary_key=True),
    Column("at", UtcTime, nullable=False),
)
