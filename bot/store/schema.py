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
    text,
)

from bot.store.codec import ChangeJson, IncidentJson, UtcTime, Words

metadata = MetaData()

# SQLite counts up by itself only in a column declared INTEGER
Id = BigInteger().with_variant(Integer(), "sqlite")

EVERYWHERE = ""  # the area of a subscription or mute for every country: a key column can't be null
NO_THREAD = 0  # thread_id of a message that stands in no forum topic
NO_MESSAGE = 0  # told.message_id where there is no message to reply to any more
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
    Column("way", Words),  # how it is read, where its kind knows more than one way
    Column("refused", Integer, nullable=False, server_default=text("0")),  # entries of its last list that can't be read
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

# what an incident is searched by, see bot/store/searching.py
incident_words = Table(
    "incident_words",
    metadata,
    Column("number", Id, ForeignKey("incident.number"), primary_key=True),
    Column("words", Words, nullable=False),
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
    Column("listed", UtcTime),  # the last day on which its source still listed it: until then it must be known
    Index("item_by_fingerprint", "source_id", "fingerprint"),
    Index("item_by_first_seen", "first_seen"),
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

# what a report said of a place's or a way's state; see bot.judge.ledger for what they add up to
statement = Table(
    "statement",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("number", Id, ForeignKey("incident.number"), nullable=False),
    Column("place_key", Words, nullable=False),
    Column("place_name", Words, nullable=False),
    Column("country", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("how", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("source_id", Words, nullable=False),
    Column("source_name", Words, nullable=False),
    Column("owner", Words, nullable=False),
    Column("grade", Words, nullable=False),
    Column("independent", Boolean, nullable=False),
    Column("url", Words, nullable=False),
    Index("statement_by_country", "country"),
    sqlite_autoincrement=True,
)

chat = Table(
    "chat",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("active", Boolean, nullable=False),
    Column("paused_reason", Words),
    Column("created_day", Date, nullable=False),  # a day is enough to know: no time of day of a person is kept
    Column("kind", Words, nullable=False, server_default="private"),
    Column("admitted", Boolean, nullable=False, server_default=text("0")),  # came by an invitation
    Column("at_least", Integer, nullable=False, server_default=text("0")),
    Column("tz", Words, nullable=False, server_default="UTC"),
    Column("daily", Integer),  # minute of the local day
    Column("daily_next", UtcTime),
    Column("digest", Words, nullable=False, server_default="line"),  # what comes then: a model.Digest
    Column("daily_thread", BigInteger, nullable=False, server_default=text("0")),
    Column("discreet", Boolean, nullable=False, server_default=text("0")),
    Column("steward", BigInteger),  # the private chat that set this group or channel up
    Column("away_since", Date),  # noted by housekeeping
    Index("chat_by_daily", "daily_next"),
)

subscription = Table(
    "subscription",
    metadata,
    Column("chat_id", BigInteger, ForeignKey("chat.chat_id"), primary_key=True),
    Column("thread_id", BigInteger, primary_key=True, server_default=text("0")),
    Column("area", Words, primary_key=True),  # EVERYWHERE, a country's code or a place's key
    Column("at_least", Integer, nullable=False),
    Column("categories", Integer, nullable=False),  # codec.mask
    Column("within", Words, nullable=False),  # "|key|key|" of the place's ancestors below the country, or ""
    Index("subscription_by_area", "area", "at_least"),
)

mute = Table(
    "mute",
    metadata,
    Column("chat_id", BigInteger, ForeignKey("chat.chat_id"), primary_key=True),
    Column("area", Words, primary_key=True),
    Column("nightly", Boolean, primary_key=True),
    Column("until", UtcTime),
    Column("start", Integer),  # minutes of the chat's local day
    Column("end", Integer),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", Words, nullable=False, server_default="alert"),  # or a model.NoteKind
    Column("change_id", Id, ForeignKey("change.id")),
    Column("chat_id", BigInteger, ForeignKey("chat.chat_id"), nullable=False),
    Column("thread_id", BigInteger, nullable=False, server_default=text("0")),
    Column("part", Integer, nullable=False),
    Column("prio", Integer, nullable=False),
    Column("state", Words, nullable=False),
    Column("silent", Boolean, nullable=False, server_default=text("0")),
    Column("not_before", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("maybe_sent", Boolean, nullable=False),
    Column("claimed_at", UtcTime),
    Column("message_id", BigInteger),
    Column("sent_at", UtcTime),
    Column("last_error", Words),
    Column("body", Words),  # of a notice; taken out once it is sent
    Column("once", Words, unique=True),  # names what is sent one time only, such as the line of a day
    UniqueConstraint("change_id", "chat_id", "thread_id", "part", name="delivery_once"),
    CheckConstraint("state IN ('ready', 'sending', 'sent', 'dead')", name="delivery_state"),
    CheckConstraint("(kind = 'alert') = (change_id IS NOT NULL)", name="delivery_kind"),
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
    Column("thread_id", BigInteger, primary_key=True, server_default=text("0")),
    Column("number", Id, ForeignKey("incident.number"), primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    Index("told_by_number", "number"),
)

# changes that a chat will be told of later, in one message: it was muted, or we were down
held = Table(
    "held",
    metadata,
    Column("chat_id", BigInteger, ForeignKey("chat.chat_id"), primary_key=True),
    Column("thread_id", BigInteger, primary_key=True),
    Column("change_id", Id, ForeignKey("change.id"), primary_key=True),
    Column("reason", Words, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("delivery_id", Id, ForeignKey("delivery.id")),  # the message that tells it, once there is one
    Index("held_by_due", "due_at"),
    Index("held_by_delivery", "delivery_id"),
)

# answers to a known chat, for two days: /forget takes them back
said = Table(
    "said",
    metadata,
    Column("chat_id", BigInteger, ForeignKey("chat.chat_id"), primary_key=True),
    Column("message_id", BigInteger, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Index("said_by_time", "at"),
)

invitation = Table(
    "invitation",
    metadata,
    Column("code_hash", Words, primary_key=True),  # the code itself is only in the link
    Column("expires", UtcTime, nullable=False),
)

# what operators were told is wrong, until they are told that it is right again
trouble = Table(
    "trouble",
    metadata,
    Column("key", Words, primary_key=True),
    Column("since", UtcTime, nullable=False),
    Column("sentence", Words, nullable=False),
)

# starts of the program, for a day
run = Table(
    "run",
    metadata,
    Column("started", UtcTime, primary_key=True, autoincrement=False),
    Column("ended", UtcTime),  # in order; null while it runs, and for good where it was killed or crashed
    Column("told", Integer),  # of how many starts operators were told in a notice, where the one before had no end
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", Words, primary_key=True),
    Column("at", UtcTime, nullable=False),
)
