# The image of `moothall serve`, `moothall work` and the commands. docs/running.md says how to run it.

FROM rust:1.95-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpq-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Cargo.toml Cargo.lock build.rs askama.toml ./
COPY assets assets
COPY migrations migrations
COPY src src
RUN cargo build --release --locked --bin moothall

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl libpq5 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin moothall \
 && install --directory --owner=10001 --mode=0700 /files
COPY --from=build /source/target/release/moothall /usr/local/bin/moothall
COPY LICENSE /usr/share/doc/moothall/LICENSE
COPY docs/licences /usr/share/doc/moothall/licences
USER 10001
# Within the container every address is its own; health stays on loopback until somebody asks for it elsewhere.
ENV LISTEN_ADDR=0.0.0.0:8080 \
    ADMIN_ADDR=127.0.0.1:9080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["curl", "--fail", "--silent", "--show-error", "http://127.0.0.1:9080/healthz"]
ENTRYPOINT ["moothall"]
CMD ["serve"]
