# outrider on Debian slim: built in one stage, run in another that has only the libraries.
FROM debian:bookworm-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        gcc libc6-dev make pkg-config libpq-dev librdkafka-dev libyaml-dev uuid-dev libmicrohttpd-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make -j"$(nproc)" BUILD=/build

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libpq5 librdkafka1 libyaml-0-2 libuuid1 libmicrohttpd12 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/outrider /usr/bin/outrider
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
# Exec form: outrider is PID 1 and gets SIGTERM itself.
ENTRYPOINT ["/usr/bin/outrider"]
CMD ["run"]
# Only reachability and rights are probed; a large backlog is no reason to restart a relay.
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s --retries=3 \
    CMD ["/usr/bin/outrider", "status"]
