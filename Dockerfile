# outrider on Debian slim: built in one stage, run in another that has only what it links to.
# `make check-image` carries out these steps without a Docker engine and runs what comes of them.
ARG DEBIAN=debian:bookworm-20260918-slim@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251

FROM ${DEBIAN} AS build
WORKDIR /src
# First what changes seldom, so that a change of the sources installs no compiler anew.
COPY scripts/deps scripts/
RUN scripts/deps build
COPY . .
RUN make -j"$(nproc)" install BUILD=/build PREFIX=/usr DESTDIR=/out \
    && strip /out/usr/bin/outrider

FROM ${DEBIAN}
# Debian's stable packages get nothing but mends, and its mirrors keep no version that was mended.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libpq5 librdkafka1 libyaml-0-2 libuuid1 libmicrohttpd12 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/usr/bin/outrider /usr/bin/
COPY LICENSE /usr/share/doc/outrider/
# A library that is not there fails the build, not the first start.
RUN ["/usr/bin/outrider", "version"]
# `make image` fills these in.
ARG VERSION=
ARG REVISION=
LABEL org.opencontainers.image.title="outrider" \
      org.opencontainers.image.description="Relays a transactional outbox from PostgreSQL to Kafka" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
# Exec form: outrider is PID 1 and gets SIGTERM itself. It writes no file: --read-only is fine.
ENTRYPOINT ["/usr/bin/outrider"]
CMD ["run"]
# For whoever can reach the container; the default is its own loopback.
ENV OUTRIDER_HTTP_LISTEN=0.0.0.0:8467
EXPOSE 8467
# Asks the relay and no server: an outage makes nobody unhealthy. A command that is no relay ends by itself.
HEALTHCHECK --interval=10s --timeout=10s --start-period=10s --retries=3 \
    CMD ["/usr/bin/outrider", "health"]
