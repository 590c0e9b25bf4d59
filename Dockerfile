# syntax=docker/dockerfile:1
# One image per process:
#   docker build --target runtime --tag intendant/runtime:0.1.0 .
#   docker build --target participant --build-arg EXAMPLE=content --tag intendant/example-content:0.1.0 .
# RUN lines after a WORKDIR name their files relative to it, so that tools/check-image.mjs can perform them in a folder.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY .npmrc package.json package-lock.json tsconfig.json tsconfig.base.json ./
COPY libs libs
COPY apps apps
COPY examples examples
RUN npm ci --ignore-scripts && node_modules/.bin/tsc -b

# What runs: production packages of one workspace, and the compiled code. No package here needs its install script.
FROM build AS runtime-files
RUN npm ci --omit=dev --ignore-scripts --workspace @intendant/runtime
# The Runtime serves a page for each of its error codes.
COPY docs/errors docs/errors
RUN mkdir image && cp -a --parents node_modules package.json libs/*/package.json libs/*/dist apps/runtime/package.json apps/runtime/dist docs/errors image

FROM build AS curator-files
RUN npm ci --omit=dev --ignore-scripts --workspace @intendant/curator
RUN mkdir image && cp -a --parents node_modules package.json libs/*/package.json libs/*/dist apps/curator/package.json apps/curator/dist image

FROM build AS smart-city-files
RUN npm ci --omit=dev --ignore-scripts --workspace @intendant/smart-city
RUN mkdir image && cp -a --parents node_modules package.json libs/*/package.json libs/*/dist apps/smart-city/package.json apps/smart-city/dist image

FROM build AS participant-files
ARG EXAMPLE=content
RUN npm ci --omit=dev --ignore-scripts --workspace @intendant/example-${EXAMPLE}
RUN mkdir image && cp -a --parents node_modules package.json libs/*/package.json libs/*/dist examples/documents/package.json examples/documents/dist examples/${EXAMPLE}/package.json examples/${EXAMPLE}/dist image

# The root file system may be read-only: only the data directory and /tmp are written to.
FROM ${NODE_IMAGE} AS process
RUN groupadd --gid 10001 intendant \
  && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin intendant \
  && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/intendant
ENV NODE_ENV=production INTENDANT_HOST=0.0.0.0 INTENDANT_DATA_DIR=/var/lib/intendant
USER 10001:10001

FROM process AS curator
WORKDIR /app
COPY --from=curator-files /app/image ./
WORKDIR /app/apps/curator
ENV INTENDANT_HEALTH_PORT=7480
EXPOSE 7410 7411 7480
HEALTHCHECK --interval=10s --timeout=3s --start-period=40s CMD ["node", "-e", "fetch('http://127.0.0.1:7480/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]

FROM process AS smart-city
WORKDIR /app
COPY --from=smart-city-files /app/image ./
WORKDIR /app/apps/smart-city
ENV INTENDANT_SMART_CITY_PORT=7420 INTENDANT_HEALTH_PORT=7480
EXPOSE 7420 7480
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:7480/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]

FROM process AS participant
ARG EXAMPLE=content
WORKDIR /app
COPY --from=participant-files /app/image ./
WORKDIR /app/examples/${EXAMPLE}
ENV INTENDANT_PARTICIPANT_PORT=7430 INTENDANT_HEALTH_PORT=7480
EXPOSE 7430 7480
HEALTHCHECK --interval=10s --timeout=3s --start-period=40s CMD ["node", "-e", "fetch('http://127.0.0.1:7480/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]

FROM process AS runtime
WORKDIR /app
COPY --from=runtime-files /app/image ./
WORKDIR /app/apps/runtime
EXPOSE 7400 7401
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:7400/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
