"""Everything that this program raises on purpose.

AccessWatchError
+-- ConfigError(problems)     config/ or the environment is wrong; each problem names file, key and the remedy
+-- SourceError(reason)       one source could not be read; the poll ends, the source is tried again later
|   +-- FetchError            the network or the server; may carry the HTTP status and `retry_after` seconds
|   +-- ParseError            the body is not what this kind of source sends
+-- StoreError                the database is locked by another instance, or newer than this program
+-- InputError                a person or script gave something unusable; the message says what to give instead
"""

from __future__ import annotations

from collections.abc import Sequence


class AccessWatchError(Exception):
    """The root of the tree above."""


class ConfigError(AccessWatchError):
    """`problems`: one sentence each, naming file, key and what to write instead."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class SourceError(AccessWatchError):
    """`reason` is a short sentence for health tables and logs; it holds no secret and no query string."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FetchError(SourceError):
    """`retry_after`: seconds that the server asked us to wait, if it did; `refused`: we would not even connect;
    `status`: HTTP's, when the server answered; `said`: how its answer to a request it did not understand begins, for a
    kind of source to look into and never to be shown."""

    def __init__(
        self,
        reason: str,
        *,
        retry_after: float | None = None,
        refused: bool = False,
        status: int | None = None,
        said: str = "",
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.refused = refused
        self.status = status
        self.said = said


class ParseError(SourceError):
    """Nothing could be read; a single bad entry is a model.Refused instead."""


class StoreError(AccessWatchError):
    """The message is one sentence with the remedy."""


class InputError(AccessWatchError):
    """The message says what was wrong and what to give instead."""
