# Three steps: the web front-end, the binary with the front-end inside, and an image that holds little else.
#
#   docker build -t switchboard .
#   docker run -p 8080:8080 -v switchboard:/data -e SWITCHBOARD_PUBLIC_URL=https://chat.example.com switchboard

FROM node:22-bookworm-slim AS front
WORKDIR /build
COPY web/ui/app/package.json web/ui/app/package-lock.json web/ui/app/.npmrc ./
RUN npm ci --ignore-scripts --omit=dev
COPY web/ui/app/ ./
RUN npm run build

FROM rust:1-slim-bookworm AS binary
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
COPY --from=front /build/dist /front
RUN SWITCHBOARD_UI_DIST=/front cargo build --release --locked -p switchboard-web

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl tzdata && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin switchboard \
    && install -d -o switchboard -g switchboard -m 0700 /data
COPY --from=binary /build/target/release/switchboard /usr/local/bin/switchboard
USER 10001:10001
VOLUME /data
ENV SWITCHBOARD_LISTEN=0.0.0.0:8080 SWITCHBOARD_DATA_DIR=/data SWITCHBOARD_LOG_FORMAT=json
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD curl -fs http://127.0.0.1:8080/health/live || exit 1
ENTRYPOINT ["/usr/local/bin/switchboard"]
