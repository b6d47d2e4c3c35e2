# The service as an image. Not built in this project's CI, which has no Docker; a test builds the wheel from what is
# copied here, and checks the rest by reading.
#
#   docker build -t sealtrack . && docker run --rm -e SEALTRACK_KAFKA_BOOTSTRAP=kafka:9092 -p 9464:9464 sealtrack

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY sealtrack sealtrack
COPY geofences geofences
COPY replay/scenarios/haiphong-huunghi replay/scenarios/haiphong-huunghi
RUN python -m venv /opt/sealtrack \
    && /opt/sealtrack/bin/pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt .

FROM python:3.13-slim
RUN groupadd --gid 10001 sealtrack \
    && useradd --uid 10001 --gid sealtrack --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin sealtrack \
    && install --directory --owner=sealtrack --group=sealtrack /var/cache/sealtrack
COPY --from=build /opt/sealtrack /opt/sealtrack
ENV PATH=/opt/sealtrack/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/var/cache/sealtrack \
    SEALTRACK_SERVICE_HTTP=0.0.0.0:9464 \
    SEALTRACK_SERVICE_LOG_FORMAT=json
USER 10001:10001
# Machine code for this processor: the first start need not compile. Another processor compiles once, in a minute.
RUN sealtrack warmup
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=10s --start-period=5m --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9464/healthz', timeout=5)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["sealtrack"]
CMD ["run"]
