# Two stages: the environment is made in the first; the second holds only what runs, under a user that owns nothing but
# its data. docs/operating.md says how to start it; compose.yaml is the ready form.
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.txt ./
# Without pip in it: nothing that can fetch and install is left in the second stage.
RUN python -m venv --without-pip .venv \
    && python -m pip --python .venv/bin/python install --no-cache-dir --require-hashes -r requirements.txt
COPY bot bot
COPY handlers handlers
COPY config config
COPY LICENSE NOTICE ./
# Compiled here, for the root file system may be read-only there.
RUN .venv/bin/python -m compileall -q bot handlers

FROM python:3.12-slim
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Access Watch" \
      org.opencontainers.image.description="Tells Telegram chats, within minutes, when humanitarian access changes" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore pip \
    && groupadd --system --gid 10001 access-watch \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin access-watch \
    && install -d -o 10001 -g 10001 -m 0700 /app/data
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BOT_CONFIG=/app/config \
    DATABASE_URL=sqlite:////app/data/access-watch.db \
    LOG_FORMAT=json
# A number, so that a host can see that it is not root.
USER 10001:10001
VOLUME ["/app/data"]
HEALTHCHECK --interval=60s --timeout=20s --start-period=90s --retries=3 CMD ["python", "-m", "bot", "health"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
