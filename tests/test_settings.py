"""Configuration: what is right loads, and each mistake has its sentence (config/bad/<mistake>/expected.txt)."""

from __future__ import annotations

import argparse
import gzip
import shutil
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from bot import settings
from bot.commands import check
from bot.errors import ConfigError
from bot.model import Affiliation, Source
from bot.settings import Settings
from bot.settings.environment import read_dotenv, read_environment
from bot.settings.problems import sentences
from bot.settings.rows import Known, SourceRow

REPOSITORY = Path(__file__).resolve().parents[1]
CASES = Path(__file__).parent / "config"
BAD = sorted(path.name for path in (CASES / "bad").iterdir())
OUR_FILES = {"expected.txt", "dotenv", "remove"}

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    """A copy of config/good that a test may spoil."""
    return Path(shutil.copytree(CASES / "good", tmp_path / "config"))


def load(root: Path, environ: dict[str, str] | None = None) -> Settings:
    """Loads with the .env beside the folder, so that the developer's own .env plays no part."""
    return settings.load(root, environ or {}, root.parent / ".env")


def problems_of(root: Path, environ: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(root, environ)
    return caught.value.problems


# --- what is right -------------------------------------------------------------------------------


def test_shipped_configuration_is_right() -> None:
    """What is in config/ loads, in three languages at least."""
    found = settings.load(REPOSITORY / "config", {}, REPOSITORY / "no.env")

    assert {"en", "ar", "ru"} <= {lang for source in found.sources for lang in source.languages}
    assert len(found.sources) >= 10
    assert found.token is None


def test_shipped_sources_speak_for_themselves() -> None:
    """A state outlet lists the countries it speaks for, and every address is encrypted."""
    found, _ = settings.examine(REPOSITORY / "config", {}, REPOSITORY / "no.env")

    assert [s.id for s in found.sources if s.affiliation is Affiliation.STATE and not s.speaks_for_party_in] == []
    assert [s.id for s in found.sources if not s.url.startswith("https://")] == []


def test_every_key_arrives(root: Path) -> None:
    """Each value of the files is found in the settings."""
    found = load(root)

    assert found.sources[0] == Source(
        id="valley-radio",
        name="Valley Radio",
        kind="feed",
        url="https://radio.example.org/rss.xml",
        languages=("en", "ar"),
        every=timedelta(minutes=5),
        grade="B",
        owner="example.org",
        affiliation=Affiliation.STATE,
        speaks_for_party_in=("SY", "UA"),
        encoding="cp1256",
    )
    assert found.bot == settings.BotSettings(
        operators=(123456789,),
        access="invite",
        contact="access@example.org",
        max_subscribers=500,
        keep_items=timedelta(days=60),
        keep_deliveries=timedelta(days=3),
        keep_threads=timedelta(days=45),
        keep_away=timedelta(days=100),
        allow_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")),
        stale_after=found.bot.stale_after,
        tick=timedelta(seconds=1),
    )
    assert found.config_root == root
    assert found.keyword_files == {"ar": 'language = "ar"\n', "en": 'language = "en"\n'}
    assert found.place_tables == {"towns": "key\tname\nvalley\tValley\n"}


def test_what_a_source_leaves_out_has_careful_defaults(root: Path) -> None:
    """A row without grade and affiliation is grade F and nobody's voice; open networks may be polled fast."""
    second = load(root).sources[1]

    assert (second.grade, second.affiliation, second.speaks_for_party_in) == ("F", Affiliation.LOCAL, ())
    assert second.every == timedelta(seconds=2)


def test_stale_after_falls_back(root: Path) -> None:
    """A kind of asset has its own time, the file's or ours; anything else has that of `other`."""
    bot = load(root).bot

    assert bot.stale("corridor") == timedelta(hours=12)
    assert bot.stale("bridge") == timedelta(days=30)
    assert bot.stale("ferry") == bot.stale(None) == timedelta(days=7)


def test_bot_toml_may_be_missing(root: Path) -> None:
    """Without bot.toml everything has its default; sources on loopback must then keep to a minute."""
    (root / "bot.toml").unlink()

    assert problems_of(root) == (
        'sources.toml, source "nearby": every = "2 s" is too often; write "1 min" or longer; '
        "shorter only for a host in allow_networks of bot.toml",
    )


def test_places_may_be_compressed(root: Path) -> None:
    """A .tsv.gz is decoded, under the name before the dot."""
    (root / "places" / "cities.tsv.gz").write_bytes(gzip.compress("key\tname\nmykolaiv\tМиколаїв\n".encode()))

    assert load(root).place_tables["cities"] == "key\tname\nmykolaiv\tМиколаїв\n"


def test_byte_order_mark_is_no_mistake(root: Path) -> None:
    """Files saved by Windows editors load."""
    for name in ("bot.toml", "sources.toml"):
        (root / name).write_bytes(b"\xef\xbb\xbf" + (root / name).read_bytes().replace(b"\n", b"\r\n"))

    assert len(load(root).sources) == 2


# --- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize("mistake", BAD)
def test_mistake(mistake: str, root: Path) -> None:
    """Each mistake gives exactly the sentences beside it."""
    case = CASES / "bad" / mistake
    shutil.copytree(case, root, dirs_exist_ok=True, ignore=lambda *_: OUR_FILES)
    if (case / "dotenv").exists():
        shutil.copy(case / "dotenv", root.parent / ".env")
    if (case / "remove").exists():
        for name in (case / "remove").read_text().split():
            (root / name).unlink()

    assert "\n".join(problems_of(root)) == (case / "expected.txt").read_text().rstrip("\n")


def test_missing_folder_is_one_mistake(tmp_path: Path) -> None:
    """A wrong --config is told once, not once for each file."""
    [problem] = problems_of(tmp_path / "cofnig")

    assert problem == f"{tmp_path}/cofnig: there is no such folder; name the right one with --config or BOT_CONFIG"


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@trials(deadline=None)
@given(st.dictionaries(st.sampled_from([*SourceRow.model_fields, "idd", ""]), _VALUES, max_size=6))
def test_any_row_gives_sentences(row: dict[str, object]) -> None:
    """Whatever stands in a row, the answer is sentences with a remedy, never a crash."""
    known = Known(kinds=("feed",), languages=("en",))
    try:
        SourceRow.model_validate(row, context=known)
    except ValueError as error:
        found = sentences("sources.toml, source 1", SourceRow, error)  # type: ignore[arg-type]
        assert found
        assert all(s.startswith("sources.toml, source 1: ") and "; " in s for s in found)


# --- the environment -----------------------------------------------------------------------------


def test_environment_has_defaults(root: Path) -> None:
    """With nothing set there is no token, a SQLite file under data/, Telegram's own server, logs for people."""
    found = load(root)

    assert (found.token, found.proxy_url, found.telegram_proxy_url) == (None, None, None)
    assert found.database_url == "sqlite:///data/access-watch.db"
    assert found.api_base_url == "https://api.telegram.org"
    assert found.log_format == "console"


def test_environment_wins_over_dotenv(root: Path) -> None:
    """.env is read by the program; what the environment sets, even to nothing, counts more."""
    (root.parent / ".env").write_text(f"TELEGRAM_BOT_TOKEN={TOKEN}\nLOG_FORMAT=json\nPROXY_URL=http://one.example:1\n")

    found = load(root, {"LOG_FORMAT": "console", "PROXY_URL": ""})

    assert (found.token, found.log_format, found.proxy_url) == (TOKEN, "console", None)


def test_secret_in_a_file(root: Path, tmp_path: Path) -> None:
    """NAME_FILE names a file with the secret; a token file of the environment wins over a token of .env."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (root.parent / ".env").write_text("TELEGRAM_BOT_TOKEN=987654321:zzzzzzzzzzzzzzzzzzzzzzzzz\n")

    assert load(root, {"TELEGRAM_BOT_TOKEN_FILE": str(tmp_path / "token")}).token == TOKEN


def test_dotenv_syntax(tmp_path: Path) -> None:
    """Comments, export, quotes, spaces around = and # inside values are read as people mean them."""
    (tmp_path / ".env").write_text(
        "# a comment\n\n"
        "export A=one\n"
        "B = two  # a remark\n"
        "C='three # not a remark' # a remark\n"
        'D="four \\"quoted\\""\n'
        "E=http://x.example/#five\n"
        "F=\n"
        "G=a=b\n"
    )

    values, problems = read_dotenv(tmp_path / ".env")

    assert problems == []
    assert values == {
        "A": "one",
        "B": "two",
        "C": "three # not a remark",
        "D": 'four "quoted"',
        "E": "http://x.example/#five",
        "F": "",
        "G": "a=b",
    }


def test_example_env_is_right() -> None:
    """.env.example has no mistake, also with every line switched on, and names only what the program reads."""
    example = REPOSITORY / ".env.example"
    switched_on = [
        line[1:] for line in example.read_text().splitlines() if line.startswith("#") and line[1:2].isupper()
    ]

    assert read_dotenv(example) == ({}, [])
    environ = dict(line.split("=", 1) for line in switched_on)
    assert set(environ) <= {*settings.environment.NAMES}
    assert read_environment(environ, REPOSITORY / "no.env")[1] == []


def test_config_folder_is_named_by_environment_or_dotenv(tmp_path: Path) -> None:
    """BOT_CONFIG of the environment, then of .env, then config/."""
    dotenv = tmp_path / ".env"

    assert settings.default_root({}, dotenv) == Path("config")
    dotenv.write_text("BOT_CONFIG=/etc/from-dotenv\n")
    assert settings.default_root({}, dotenv) == Path("/etc/from-dotenv")
    assert settings.default_root({"BOT_CONFIG": "/etc/from-environment"}, dotenv) == Path("/etc/from-environment")


def test_secrets_are_neither_shown_nor_told(root: Path) -> None:
    """No secret stands in the settings' repr, nor in any sentence about a wrong one."""
    environ = {"TELEGRAM_BOT_TOKEN": TOKEN, "PROXY_URL": "http://me:hunter2@proxy.example:1"}
    shown = repr(load(root, environ))
    told = "\n".join(problems_of(root, {"TELEGRAM_BOT_TOKEN": "hunter2", "DATABASE_URL": "x://me:hunter2@y"}))

    assert TOKEN not in shown
    assert "hunter2" not in shown + told


# --- check ---------------------------------------------------------------------------------------


def test_check_of_shipped_configuration(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` says how much is right, and exits 0."""
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "")

    assert check.run(argparse.Namespace(config=REPOSITORY / "config", online=False)) == 0
    said = capsys.readouterr().out
    assert said.startswith("Configuration is right: 56 sources (by language: ar 7, en 35, es 5, fr 7, ru 3, uk 3), ")


def test_variables_that_do_nothing_yet_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever sets a webhook must not believe that it is in use; its secret is not shown."""
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "")
    monkeypatch.setenv("WEBHOOK_SECRET", "hunter2")
    assert check.run(argparse.Namespace(config=REPOSITORY / "config", online=False)) == 0
    said = capsys.readouterr().out
    assert "WEBHOOK_SECRET is set, but this version does not use it" in said
    assert "hunter2" not in said


def test_check_lists_settings_and_words(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mistakes of the settings and those that the judge finds in words and rules come in one list; exit 2."""
    (root / "bot.toml").write_text('access = "public"\n[retention]\nitems = 5\n')
    shutil.copy(REPOSITORY / "config" / "patterns.toml", root)  # without concepts no word can be looked at

    assert check.run(argparse.Namespace(config=root, online=False)) == 2
    out = capsys.readouterr().out
    assert 'bot.toml: access = "public"' in out
    assert "bot.toml: retention.items = 5" in out
    assert "keywords/en.toml" in out
    assert "mistakes in" in out
