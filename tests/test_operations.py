"""What operators install: Dockerfile, compose.yaml, the systemd unit and docs/operating.md agree with each other and
with the program, and what they start runs with no rights and a source tree that can't be written to."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import COMMANDS
from bot.settings.environment import NAMES, SECRETS
from tests.test_service import Stage

ROOT = Path(__file__).resolve().parents[1]
UNIT = ROOT / "deploy" / "access-watch.service"
GUIDE = (ROOT / "docs" / "operating.md").read_text("utf-8")
PYTHONS_OWN = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
NO_RIGHTS = ["setpriv", "--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--"]


# --- reading the three files ---------------------------------------------------------------------


@dataclass
class Stages:
    """A Dockerfile: its stages as lists of (instruction, rest of the line)."""

    stages: list[list[tuple[str, str]]] = field(default_factory=list)

    @classmethod
    def read(cls, text: str) -> Stages:
        found = cls()
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        for line in "\n".join(lines).replace("\\\n", " ").splitlines():
            word, _, rest = line.strip().partition(" ")
            if word == "FROM":
                found.stages.append([])
            if word:
                found.stages[-1].append((word, rest.strip()))
        return found

    def all(self, word: str, stage: int = -1) -> list[str]:
        return [rest for w, rest in self.stages[stage] if w == word]

    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for rest in self.all("ENV") for pair in shlex.split(rest))


DOCKERFILE = Stages.read((ROOT / "Dockerfile").read_text("utf-8"))


def yaml(text: str) -> Any:
    """The part of YAML that compose.yaml uses: maps and lists of plain scalars by indentation, # comments."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    value, rest = _yaml(lines, 0)
    assert not rest, rest
    return value


def _yaml(lines: list[str], indent: int) -> tuple[Any, list[str]]:
    found: Any = None
    while lines and (depth := len(lines[0]) - len(lines[0].lstrip())) >= indent:
        assert depth == indent, f"indentation: {lines[0]!r}"
        line, lines = lines[0].strip(), lines[1:]
        if line.startswith("- "):
            found = [*(found or []), _scalar(line[2:])]
            continue
        key, colon, rest = line.partition(":")
        assert colon and (not rest or rest[0] == " "), f"no key: {line!r}"
        found = found or {}
        assert key not in found, f"twice: {key}"
        deeper = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        if not rest and deeper > indent:
            found[key], lines = _yaml(lines, deeper)
        else:
            found[key] = _scalar(rest.strip())
    return found, lines


def _scalar(text: str) -> Any:
    if text[:1] in "\"'" and text:
        return text[1:-1]
    return {"": None, "true": True, "false": False}.get(text, int(text) if text.isdigit() else text)


COMPOSE = yaml((ROOT / "compose.yaml").read_text("utf-8"))
BOT = COMPOSE["services"]["bot"]


def unit(text: str) -> list[tuple[str, str, str]]:
    """(section, key, value), in order: keys may come more than once."""
    section, found = "", []
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, line
            found.append((section, key, value))
    return found


def values(key: str, section: str = "Service") -> list[str]:
    return [v for s, k, v in unit(UNIT.read_text("utf-8")) if (s, k) == (section, key)]


def unit_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in values("Environment") for pair in line.split())


# --- the container -------------------------------------------------------------------------------


def test_the_last_stage_builds_nothing() -> None:
    """Two stages; hash-checked requirements in the first; no installer and no compiler used or left in the second."""
    assert len(DOCKERFILE.stages) == 2
    assert any("--require-hashes -r requirements.txt" in rest for rest in DOCKERFILE.all("RUN", 0))
    assert any("venv --without-pip" in rest for rest in DOCKERFILE.all("RUN", 0))
    runs = " ".join(DOCKERFILE.all("RUN"))
    assert not re.search(r"pip install|apt|gcc|curl|wget|make", runs)
    assert "pip uninstall" in runs
    assert DOCKERFILE.all("COPY") == ["--from=build /app /app"]


def test_the_container_runs_as_a_number_that_is_not_root() -> None:
    """Kubernetes' runAsNonRoot and compose's secrets both need the number; the guide names it."""
    (user,) = DOCKERFILE.all("USER")
    assert re.fullmatch(r"[1-9][0-9]{3,}:[1-9][0-9]{3,}", user)
    assert user in GUIDE
    order = [word for word, _ in DOCKERFILE.stages[-1]]
    assert "RUN" not in order[order.index("USER") :]


def test_everything_that_is_copied_is_there_and_sent() -> None:
    """Each COPY names something of this tree that .dockerignore lets through, and secrets are not let through."""
    ignored = [
        line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and not line.startswith("#")
    ]
    for rest in DOCKERFILE.all("COPY", 0):
        for name in rest.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert not any(fnmatch(name, pattern) for pattern in ignored), name
    for secret in (".env", "secrets", "data", "access-watch.db", ".env.production"):
        assert any(fnmatch(secret, pattern) for pattern in ignored), secret


def test_what_the_image_starts_are_commands_of_ours() -> None:
    """ENTRYPOINT, CMD and HEALTHCHECK, in their exec form: signals reach the program, not a shell."""
    (entry,), (command,), (health,) = (DOCKERFILE.all(w) for w in ("ENTRYPOINT", "CMD", "HEALTHCHECK"))
    assert json.loads(entry) == ["python", "-m", "bot"]
    assert json.loads(command)[0] in COMMANDS
    assert json.loads(health.partition("CMD ")[2]) == ["python", "-m", "bot", "health"]


def test_the_environment_of_all_three_is_known_to_the_program() -> None:
    """A misspelt variable would be ignored in silence."""
    for names in (DOCKERFILE.environment(), BOT["environment"], unit_environment()):
        assert set(names) <= {*NAMES, *PYTHONS_OWN}
        assert not set(names) & set(SECRETS) - {"DATABASE_URL"}, "a secret stands in a file, by NAME_FILE"


def test_the_data_of_the_image_is_in_its_volume() -> None:
    """Or an upgrade would take the subscribers with it."""
    (volume,) = json.loads(DOCKERFILE.all("VOLUME")[0])
    assert DOCKERFILE.environment()["DATABASE_URL"].startswith(f"sqlite:///{volume}/")
    name, _, target = next(v for v in BOT["volumes"] if not v.startswith(".")).partition(":")
    assert target == volume
    assert name in COMPOSE["volumes"]
    assert f"./config:{DOCKERFILE.environment()['BOT_CONFIG']}:ro" in BOT["volumes"]


def test_compose_gives_no_right_away() -> None:
    """Read-only root, no capability, nothing to gain, limits on memory, processes and logs, time to stop in order."""
    assert BOT["read_only"] is True
    assert BOT["cap_drop"] == ["ALL"]
    assert BOT["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "ports", "network_mode", "user"} & set(BOT)
    assert BOT["tmpfs"][0].startswith("/tmp:")
    assert BOT["restart"] == "unless-stopped"
    assert int(BOT["stop_grace_period"].rstrip("s")) >= 30
    assert {"max-size", "max-file"} <= set(BOT["logging"]["options"])
    assert {"mem_limit", "pids_limit"} <= set(BOT)


def test_the_token_comes_from_the_secret() -> None:
    """The variable, the secret's name and the file on the host fit together; the file is not part of the tree."""
    (secret,) = BOT["secrets"]
    assert BOT["environment"] == {"TELEGRAM_BOT_TOKEN_FILE": f"/run/secrets/{secret}"}
    assert COMPOSE["secrets"][secret] == {"file": f"./secrets/{secret}"}
    assert not (ROOT / "secrets").exists() or not _tracked("secrets")


def _tracked(name: str) -> bool:
    return bool(subprocess.run(["git", "ls-files", name], cwd=ROOT, capture_output=True, check=False).stdout)


# --- the unit ------------------------------------------------------------------------------------


def test_the_unit_runs_a_command_of_ours_from_where_the_guide_installs_it() -> None:
    """ExecStart, and every path of the unit stands in the guide that says who makes it."""
    (start,) = values("ExecStart")
    python, dash, module, command = start.split()
    assert (dash, module, command) == ("-m", "bot", "run")
    assert command in COMMANDS
    assert python == f"{values('WorkingDirectory')[0]}/.venv/bin/python"
    for path in set(re.findall(r"/(?:opt|etc|var)/[A-Za-z0-9_./-]+", UNIT.read_text("utf-8"))):
        folder = path.removesuffix("/.venv/bin/python")
        assert folder in GUIDE, path
    assert "useradd --system" in GUIDE and values("User")[0] in GUIDE


def test_the_unit_keeps_its_data_in_its_state_directory_and_its_token_out_of_the_environment() -> None:
    """StateDirectory is the one place that strict leaves writable; the credential is the token's file."""
    assert values("ProtectSystem") == ["strict"]
    assert unit_environment()["DATABASE_URL"].startswith(f"sqlite:////var/lib/{values('StateDirectory')[0]}/")
    (credential,) = values("LoadCredential")
    assert unit_environment()["TELEGRAM_BOT_TOKEN_FILE"] == f"%d/{credential.partition(':')[0]}"
    assert values("Restart") == ["on-failure"]
    assert values("StateDirectoryMode") == ["0700"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """systemd's own reader finds nothing wrong, and rates what the service could do at no more than 2 of 10."""
    text = UNIT.read_text("utf-8").replace("/opt/access-watch/.venv/bin/python", sys.executable)
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace("WorkingDirectory=/opt/access-watch", f"WorkingDirectory={ROOT}"), encoding="utf-8")
    told = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (told.returncode, _about(told.stderr, copy)) == (0, "")
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(copy)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert rated.returncode == 0, (rated.stdout + rated.stderr)[-600:]


def _about(said: str, unit_file: Path) -> str:
    """systemd-analyze also tells what it thinks of the other units of this machine."""
    return "\n".join(line for line in said.splitlines() if unit_file.name in line)


# --- the guide -----------------------------------------------------------------------------------


def test_every_command_of_the_guide_exists() -> None:
    """`python -m bot WORD`, or `aw WORD`, as people copy it."""
    words = set(re.findall(r"python -m bot ([a-z]+)", GUIDE)) | set(re.findall(r"\baw ([a-z]+)", GUIDE))
    assert {"check", "run", "health", "backup", "restore"} <= words <= {*COMMANDS, "export"}


def test_every_variable_of_the_guide_exists() -> None:
    """NAME=value and `NAME` in capitals with an underscore are variables of the program."""
    assert set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)\b", GUIDE)) <= {*NAMES}


@pytest.mark.parametrize("name", ["docs/operating.md", "SECURITY.md"])
def test_links_lead_somewhere(name: str) -> None:
    """Every relative link names a file of this tree, every anchor a heading of its page."""
    page = ROOT / name
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:")):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), target
        headings = {
            re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-")
            for h in re.findall(r"^#+ (.+)$", there.read_text("utf-8"), re.M)
        }
        assert not anchor or anchor in headings, target


# --- what they start, started --------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """A tree with only what the image holds, which nobody may write to."""
    tree = tmp_path / "app"
    tree.mkdir()
    for rest in DOCKERFILE.all("COPY", 0):
        for name in rest.split()[:-1]:
            source, target = ROOT / name, tree / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
    _writable(tree, False)
    yield tree
    _writable(tree, True)


def _writable(tree: Path, yes: bool) -> None:
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o200 if yes else mode & ~0o222)


def _without_rights(command: list[str]) -> list[str]:
    """As the container and the unit do: also root may then write only where the modes say so."""
    if os.geteuid() != 0:
        return command
    if shutil.which("setpriv") is None:
        pytest.skip("root without setpriv: modes would bind nobody")
    return [*NO_RIGHTS, *command]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["container", "unit"])
async def test_it_runs_without_rights_on_a_tree_that_can_not_be_written(
    how: str, installed: Path, tmp_path: Path
) -> None:
    """The environment of the image, or of the unit, with its paths moved here: the service polls, alerts, is called
    healthy by the image's own health check, stops in order on SIGTERM, and nothing was written beside its data."""
    async with Stage(tmp_path / "stage") as stage:
        data, token = tmp_path / "data", tmp_path / "telegram_bot_token"
        data.mkdir(mode=0o700)
        token.write_text(stage.service.environ["TELEGRAM_BOT_TOKEN"] + "\n", encoding="utf-8")
        _writable(stage.service.config, False)
        before = _listing(installed, stage.service.config)
        moved = {"/app/config": stage.service.config, "/app/data": data, "/var/lib/access-watch": data, "/run/secrets": tmp_path, "%d": tmp_path}  # fmt: skip
        given = {**DOCKERFILE.environment(), **BOT["environment"]} if how == "container" else unit_environment()
        environ = {"BOT_API_BASE_URL": stage.service.environ["BOT_API_BASE_URL"], "PATH": os.environ["PATH"]}
        for name, value in given.items():
            if name != "PATH":
                environ[name] = _moved(value, moved)

        environ.setdefault("BOT_CONFIG", str(stage.service.config))  # the unit reads config/ where the program lies
        run = [sys.executable, *values("ExecStart")[0].split()[1:]]
        process = await asyncio.create_subprocess_exec(
            *_without_rights(run), cwd=installed, env=environ, stderr=(tmp_path / "log").open("wb")
        )
        stage.service.process, stage.service.log = process, tmp_path / "log"
        await stage.subscribed()
        stage.publish("Siege of Idlib", "Troops besieged Idlib in Syria; 50,000 civilians are trapped without food.")
        await stage.until(lambda: all(stage.alerts("Idlib").values()), "the siege told to three chats")

        health = json.loads(DOCKERFILE.all("HEALTHCHECK")[0].partition("CMD ")[2])
        checked = await asyncio.create_subprocess_exec(
            *_without_rights([sys.executable, *health[1:]]), cwd=installed, env=environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await checked.communicate()
        assert (checked.returncode, said.decode().strip()) == (0, "alive and on time")
        assert await stage.service.end(signal.SIGTERM) == 0
        assert _listing(installed, stage.service.config) == before
        assert {p.name for p in data.iterdir()} <= {f"access-watch.db{end}" for end in ("", "-wal", "-shm", ".lock")}
        _writable(stage.service.config, True)


def _moved(value: str, moved: dict[str, Path]) -> str:
    for old, new in moved.items():
        value = value.replace(old, str(new))
    return value


def _listing(*roots: Path) -> list[tuple[str, int, float]]:
    return sorted((str(p), p.stat().st_size, p.stat().st_mtime) for root in roots for p in root.rglob("*"))


@pytest.mark.slow
def test_a_tree_that_can_not_be_written_is_one(installed: Path) -> None:
    """The measure measures: the same user without rights can't make a file in it."""
    made = subprocess.run(
        _without_rights([sys.executable, "-c", "open('new', 'w')"]), cwd=installed, capture_output=True, check=False
    )
    assert b"PermissionError" in made.stderr


def test_the_small_yaml_reader_reads(tmp_path: Path) -> None:
    """Maps, lists, strings, numbers, booleans, nothing; a wrong indentation is no silent guess."""
    assert yaml("a:\n  b: 1\n  # no\n  c:\n    - x:y\n    - '2'\nd:\ne: true\n") == {
        "a": {"b": 1, "c": ["x:y", "2"]}, "d": None, "e": True,
    }  # fmt: skip
    with pytest.raises(AssertionError):
        yaml("a:\n    b: 1\n  c: 2\n")
