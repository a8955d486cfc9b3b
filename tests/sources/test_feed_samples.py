"""Every payload in tests/samples/feed gives what stands in the .expected.json beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model import Body, Page, Source
from bot.sources import KINDS

SAMPLES = Path(__file__).parents[1] / "samples" / "feed"
PAYLOADS = sorted(path for path in SAMPLES.iterdir() if not path.name.endswith(".expected.json"))
NOW = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)


def told(page: Page) -> dict[str, Any]:
    """A page as the expected files write it."""
    return {
        "items": [
            {
                "id": item.id,
                "title": item.title,
                "text": item.text,
                "url": item.url,
                "lang": item.lang,
                "published": item.published.start.isoformat() if item.published else None,
            }
            for item in page.items
        ],
        "refused": [[refused.where, refused.reason] for refused in page.refused],
    }


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda path: path.name)
def test_sample_gives_its_expected_items(payload: Path) -> None:
    """The payload, fetched as `given` says, parses to exactly the items and refusals written beside it."""
    expected = json.loads(payload.with_name(f"{payload.name}.expected.json").read_text("utf-8"))
    given = expected.pop("given")
    source = Source("s", "Sample", "feed", given["url"], tuple(given["languages"]), encoding=given.get("encoding"))
    body = Body(given["url"], payload.read_bytes(), content_type=given.get("content_type", ""))

    page = KINDS["feed"].parse(source, body, NOW)

    assert told(page) == expected
    assert all(item.source == "s" and item.fetched == NOW for item in page.items)
    dated = [item.published.start for item in page.items if item.published]
    assert dated == sorted(dated)
    assert all(moment <= NOW + timedelta(minutes=10) for moment in dated)


def test_every_expectation_has_its_payload() -> None:
    """No expectation is left behind when a payload is renamed."""
    names = {path.name for path in PAYLOADS}
    assert names
    assert {path.name for path in SAMPLES.glob("*.expected.json")} == {f"{name}.expected.json" for name in names}
