# Where to get a CPU build of torch: without an index of CPU builds pip takes the CUDA one, several gigabytes larger.
#   docker build --build-arg TORCH_INDEX_URL=<index of CPU wheels> -t throughline .
FROM python:3.11-slim

ARG TORCH_INDEX_URL=""
ARG TORCH_SPEC="torch==2.13.0"

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# The largest layer first, then the locked rest: a change of our code rebuilds neither.
RUN pip install ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} "$TORCH_SPEC"
WORKDIR /build
COPY requirements.lock ./
RUN pip install -r requirements.lock
COPY pyproject.toml README.md ./
COPY memory memory
COPY tools tools
COPY agent agent
COPY server server
COPY evals evals
RUN pip install --no-deps . && rm -rf /build/*

# /data is made for this user before it becomes a volume, so that a new volume belongs to it.
RUN useradd --create-home --uid 10001 throughline \
    && install -d -o throughline -g throughline -m 0700 /data
USER throughline
WORKDIR /home/throughline
VOLUME /data
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]

# Every address is listened on, so THROUGHLINE_KEYS has to be set: the server refuses to start without.
ENTRYPOINT ["throughline"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--data-dir", "/data"]
