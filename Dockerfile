# One image for every part; the command chooses: npm run producer, npm run worker -- --target crm, npm run sandbox.
FROM node:26-slim
ENV NODE_ENV=production
WORKDIR /manifold

# Dependencies first: they change less often than the code. The image brings its own Node, so the pinned one is left out.
COPY package.json package-lock.json ./
COPY apps/cli/package.json apps/cli/
COPY apps/producer/package.json apps/producer/
COPY apps/sandbox/package.json apps/sandbox/
COPY apps/worker/package.json apps/worker/
COPY bench/package.json bench/
COPY packages/client/package.json packages/client/
COPY packages/config/package.json packages/config/
COPY packages/delivery/package.json packages/delivery/
COPY packages/domain/package.json packages/domain/
COPY packages/queue/package.json packages/queue/
COPY packages/redis-server/package.json packages/redis-server/
COPY packages/runtime/package.json packages/runtime/
COPY packages/store/package.json packages/store/
COPY packages/tracing/package.json packages/tracing/
RUN npm ci --omit=dev --omit=optional && npm cache clean --force

COPY apps apps
COPY packages packages
COPY targets targets
COPY manifold.config.ts ./

# Containers start from a filled compile cache: made by the user who runs it, and not left for that user to change.
RUN install -d -o node node_modules/.cache \
  && setpriv --reuid=node --clear-groups node apps/cli/src/main.ts worker --help > /dev/null \
  && chown -R root node_modules/.cache && chmod -R a+rX node_modules/.cache

USER node
EXPOSE 3000 3001 4000
CMD ["npm", "run", "--silent", "producer"]
