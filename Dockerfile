# Two stages: what builds stays behind, what runs belongs to nobody. Data live in one volume, /data.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md ./
COPY db db
COPY core core
COPY dashboard dashboard
RUN python -m venv /opt/rounds && /opt/rounds/bin/pip install --no-cache-dir .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 rounds && install -d -o rounds -g rounds -m 700 /data
COPY --from=build /opt/rounds /opt/rounds
USER rounds
ENV ROUNDS_HOME=/data PATH=/opt/rounds/bin:$PATH
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
# Any address but this machine's own asks for a token: it is printed at start, or given as ROUNDS_TOKEN.
CMD ["rounds", "serve", "--host", "0.0.0.0", "--no-browser"]
