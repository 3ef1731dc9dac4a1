# One image for every part; the argument chooses: producer, worker --target crm, sandbox, doctor …
# Your targets are in it: build it from your copy of this repository, or from an image of it (deploy/README.md).
# The version is the one that package.json pins.
ARG NODE_VERSION=26.10.0

FROM node:${NODE_VERSION}-slim AS dependencies
ENV NODE_ENV=production
WORKDIR /manifold

# Dependencies first: they change less often than the code. The image brings its own Node, so the pinned one is left out.
COPY package.json package-lock.json ./
COPY apps/cli/package.json apps/cli/
COPY apps/producer/package.json apps/producer/
COPY apps/sandbox/package.json apps/sandbox/
COPY apps/worker/package.json apps/worker/
COPY bench/package.json bench/
COPY faults/package.json faults/
COPY packages/client/package.json packages/client/
COPY packages/config/package.json packages/config/
COPY packages/delivery/package.json packages/delivery/
COPY packages/domain/package.json packages/domain/
COPY packages/queue/package.json packages/queue/
COPY packages/redis-server/package.json packages/redis-server/
COPY packages/runtime/package.json packages/runtime/
COPY packages/store/package.json packages/store/
COPY packages/tracing/package.json packages/tracing/
RUN npm ci --omit=dev --omit=optional

FROM node:${NODE_VERSION}-slim
LABEL org.opencontainers.image.title="manifold" \
  org.opencontainers.image.description="A durable event fan-out with retries, dead letters and replay" \
  org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
WORKDIR /manifold

# What runs here needs no package manager, and neither does whoever breaks in.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
  /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*

COPY --from=dependencies /manifold ./
COPY apps apps
COPY packages packages
COPY targets targets
COPY manifold.config.ts ./

# Containers start from a filled compile cache: made by the user who runs it, and not left for that user to change.
RUN install -d -o node node_modules/.cache \
  && setpriv --reuid=node --clear-groups node apps/cli/src/main.ts worker --help > /dev/null \
  && chown -R root node_modules/.cache && chmod -R a+rX node_modules/.cache

# By number, so that Kubernetes can see that it is not root. Nothing is written: the file system may be read-only.
USER 1000:1000
EXPOSE 3000 3001 4000
# Every part tells on its PORT whether it lives.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "apps/cli/src/main.ts"]
CMD ["producer"]
