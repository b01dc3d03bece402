# The runtime starts as root only to hand a bind-mounted data folder to PUID:PGID; docker/entrypoint then gives root up.
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
COPY requirements/base.txt /tmp/base.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv /opt/venv \
 && /opt/venv/bin/pip install --disable-pip-version-check --require-hashes -r /tmp/base.txt \
 && /opt/venv/bin/pip uninstall --yes pip
WORKDIR /app
COPY . .
# Layers keep whole seconds; the server compares times to know whether the static files are collected already.
# A checkout made under a strict umask, and what root collects here, must be readable to the user who serves it.
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
