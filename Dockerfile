ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot
ARG BUILD=node:24-bookworm-slim

FROM ${BUILD} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts && npm rebuild esbuild
COPY tsconfig.json build.ts ./
COPY src src
RUN npm run build

FROM ${BASE}
LABEL org.opencontainers.image.title="evenkeel" \
      org.opencontainers.image.description="Orders, weights and scales the pods of a pool by the load they report." \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /app/dist .
USER 65532:65532
ENV NODE_ENV=production
ENTRYPOINT ["/nodejs/bin/node", "/app/main.mjs"]
CMD ["run"]
