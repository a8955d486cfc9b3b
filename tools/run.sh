#!/bin/sh
# `make run`: the service when a bot token is set (environment, .env or a file they name), else the terminal chat.
set -eu
python=$1
if [ -n "${TELEGRAM_BOT_TOKEN:-}${TELEGRAM_BOT_TOKEN_FILE:-}" ] ||
  grep -qsE '^[[:space:]]*(export[[:space:]]+)?TELEGRAM_BOT_TOKEN(_FILE)?[[:space:]]*=[[:space:]]*[^[:space:]#]' .env; then
  exec "$python" -m bot run
fi
exec "$python" -m bot chat
