"""`python -m bot COMMAND`: reads the command line and hands over; a subcommand is imported only when called."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

from bot.errors import AccessWatchError, ConfigError

# name -> one line of help; the module bot.commands.<name> does the rest
COMMANDS = {
    "run": "the service: watch sources, alert subscribed chats",
    "chat": "the same program with a chat in this terminal instead of Telegram, on exercise sources",
    "check": "validate the configuration and list every mistake",
    "judge": "items as JSON lines in, judgements out",
    "eval": "judge a labelled file and print the figures",
    "replay": "run recorded items through the whole pipeline, sending nothing",
    "sources": "show what one source says, as items ready for judge",
    "export": "incidents for analysts: CSV, HXL, GeoJSON, JSON",
    "local": "a small Bot API of our own over HTTP, for trying and testing",
    "backup": "copy the database into one file while the service runs",
    "restore": "make a backup the database of this machine",
    "health": "exit 0 when the service is alive and on time",
}


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 failed, 2 wrong usage or configuration."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        from bot.settings import default_root
    except ModuleNotFoundError as e:
        print(
            f"{e.name} is not installed for this Python: run `make install` once, then .venv/bin/python -m bot ...",
            file=sys.stderr,
        )
        return 2
    name = next(
        (a for before, a in zip(["", *argv], argv, strict=False) if a in COMMANDS and before != "--config"), None
    )
    parser = argparse.ArgumentParser(prog="python -m bot", description="Access Watch")
    parser.add_argument(
        "--config",
        type=Path,
        default=default_root(os.environ),
        help="configuration folder (config)",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for key, line in COMMANDS.items():
        if key != name:
            commands.add_parser(key, help=line, add_help=False)
            continue
        module = importlib.import_module(f"bot.commands.{'eval_' if key == 'eval' else key}")
        sub = commands.add_parser(
            key, help=line, description=module.HELP, epilog=f"example: {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    args = parser.parse_args(argv)
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    try:
        return int(args.run(args))
    except ConfigError as e:
        for problem in e.problems:
            print(f"- {problem}", file=sys.stderr)
        return 2
    except AccessWatchError as e:
        print(e, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
