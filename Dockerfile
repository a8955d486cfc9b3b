# Two stages: the environment is built in the first, the second holds only what runs.
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /app/.venv && /app/.venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /app accesswatch && mkdir -p /app/data && chown accesswatch /app/data
WORKDIR /app
COPY --from=build /app/.venv /app/.venv
COPY bot bot
COPY handlers handlers
COPY config config
COPY LICENSE NOTICE ./
USER accesswatch
VOLUME /app/data
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LOG_FORMAT=json
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s CMD ["python", "-m", "bot", "health"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
