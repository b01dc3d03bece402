# The container starts as root only to give a bind-mounted data directory to PUID:PGID; docker/entrypoint then drops root.
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
COPY requirements/base.txt /tmp/base.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv /opt/venv \
 && /opt/venv/bin/pip install --disable-pip-version-check --require-hashes -r /tmp/base.txt \
 && /opt/venv/bin/pip uninstall --yes pip
WORKDIR /app
COPY . .
# Layers store times in whole seconds, and the server compares times to see whether static files are already collected.
# Files checked out under a strict umask or collected by root must be readable by the user that runs the server.
RUN find /app /opt/venv -type f -path '*/static/*' -exec touch --date=@1 {} + \
 && DATA_DIR=/tmp/data /opt/venv/bin/python manage.py shell --no-imports --command \
    'from config.serving.startup import collect_static; collect_static()' \
 && /opt/venv/bin/python -m compileall -q . \
 && ln -s docker/pocket-id pocket-id \
 && chmod -R u=rwX,go=rX .

FROM ${PYTHON_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends curl \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 1000 hearthkey \
 && useradd --uid 1000 --gid hearthkey --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin hearthkey \
 && install -d -o hearthkey -g hearthkey -m 0700 /app/data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    DATA_DIR=/app/data
WORKDIR /app
VOLUME /app/data
EXPOSE 1411
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["/app/pocket-id", "healthcheck"]
ENTRYPOINT ["/app/docker/entrypoint"]
CMD ["serve"]
