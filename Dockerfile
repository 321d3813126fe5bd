# One image for every program; the command chooses: `run fraud`, `run api`, `start`, …
# The base is named once, where the update bot looks for it: it knows no ARG in FROM.
FROM node:24-slim AS node

FROM node AS page
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The base has Node already. Of the couchbase driver only what runs here stays: neither its C++ sources and what would
# compile them, nor other platforms. It finds its addon by a script in scripts/.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts \
  && rm -rf node_modules/node-linux-* node_modules/.bin \
    node_modules/couchbase/deps node_modules/couchbase/src node_modules/couchbase/tools \
    node_modules/cmake-js node_modules/node-addon-api node_modules/node-api-headers \
    node_modules/@couchbase/couchbase-linuxmusl-*

FROM node
LABEL org.opencontainers.image.title="Ordermill" \
  org.opencontainers.image.description="Real-time order processing that counts exactly" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=page /app/dashboard/dist dashboard/dist
COPY package.json LICENSE ./
COPY infra/docker/healthcheck.ts infra/docker/healthcheck.ts
COPY src src
# Where the embedded form keeps its data, when a volume is mounted there.
RUN mkdir /data && chown 1000:1000 /data
ENV ORDERMILL_DATA_DIR=/data
USER 1000:1000
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["node", "infra/docker/healthcheck.ts"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "src/main.ts"]
CMD ["start"]
