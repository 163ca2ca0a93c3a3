# `docker build .` bundles inside a container. `npm run image` bundles here (target `prebuilt`), and makes a base from
# Debian's packages where no image registry answers. Nothing here needs BuildKit.
ARG BASE=gcr.io/distroless/nodejs24-debian13:nonroot
ARG BUILD=node:24-trixie-slim

FROM ${BASE} AS runtime
ARG VERSION=dev
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="evenkeel" \
      org.opencontainers.image.description="Orders, weights and scales the pods of a pool by the load they report." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
WORKDIR /app
# Each half of the heap for young objects, in MiB. By itself Node takes 1 where memory is limited to 512 MiB, and then spends
# half as much time again on collecting garbage; and 16 where it is not limited, which stays resident.
ENV NODE_OPTIONS=--max-semi-space-size=8
# Two places for all threads to take memory from. By itself glibc makes one for nearly each thread, where memory that is no
# longer needed stays resident.
ENV MALLOC_ARENA_MAX=2
# Distroless keeps node in /nodejs/bin, the official images in /usr/local/bin.
ENV NODE_ENV=production PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
USER 65532:65532
ENTRYPOINT ["node", "/app/main.mjs"]
CMD ["run"]

FROM runtime AS prebuilt
# A pattern, as the classic builder comes by here also where there is no dist/.
COPY LICENSE dis[t] /app/

FROM ${BUILD} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts && npm rebuild esbuild
COPY LICENSE tsconfig.json ./
COPY tools tools
COPY src src
# Without what people run on their own machines, as .dockerignore says of a dist/ made outside.
RUN npm run build && rm -r dist/kubectl* dist/client*.mjs dist/lab

FROM runtime
COPY --from=build /src/LICENSE /src/dist /app/
