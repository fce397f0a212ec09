# The server with its web client and its built-in PostgreSQL, as one image.
#
#   docker build --tag parley .
#   docker run --init --read-only --tmpfs /tmp --volume parley:/data --publish 127.0.0.1:3000:3000 parley
#
# Everything that must be kept is in /data. Debian, not Alpine: the built-in PostgreSQL needs glibc.

# The digest of the base image, as @sha256:…, from scripts/pin-images.mjs. Empty: the current image of the tag.
ARG NODE_DIGEST=

# The package manifests: needed by all stages, and cached until a dependency changes.
FROM node:24-slim${NODE_DIGEST} AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/protocol/package.json packages/protocol/
COPY packages/client/package.json packages/client/
COPY packages/server/package.json packages/server/
COPY packages/web/package.json packages/web/
COPY bench/package.json bench/
COPY chaos/package.json chaos/
COPY simulation/package.json simulation/

# Builds everything.
FROM manifests AS build
RUN npm ci --ignore-scripts
COPY . .
RUN node scripts/build.mjs

# Runs all tests: docker compose --profile test run --rm tests
FROM build AS test
RUN apt-get update \
  && apt-get install --yes --no-install-recommends chromium redis-server procps \
  && rm -rf /var/lib/apt/lists/*
RUN chown -R node:node /app
USER node
CMD ["npm", "test"]

# The server's production dependencies, without source maps, types and readmes. Licenses are kept.
FROM manifests AS modules
RUN npm ci --ignore-scripts --omit=dev --workspace packages/server \
  && find . -type f ! -iname 'licen*' \
    \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete

FROM node:24-slim${NODE_DIGEST}
LABEL org.opencontainers.image.title="Parley" \
  org.opencontainers.image.description="Self-hosted real-time messaging" \
  org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=modules /app ./
COPY --from=build /app/packages/protocol/dist packages/protocol/dist
COPY --from=build /app/packages/server/dist packages/server/dist
COPY --from=build /app/packages/web/dist packages/web/dist
COPY --from=build /app/docs/protocol.md docs/
COPY LICENSE ./
COPY --chmod=755 docs/deploy/parley /usr/local/bin/parley
# Makes the links that the built-in PostgreSQL needs: this folder is read-only at run time.
RUN node -e "import('/app/packages/server/dist/storage/binaries.js').then((m) => m.findBinaries())" \
  && mkdir --mode=700 /data \
  && chown node:node /data

ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 PARLEY_DATA=/data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# A stop takes at most 15 s: docker stop --time 20
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/parley"]
CMD ["start"]
