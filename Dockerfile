# Builds with all dependencies, runs with the production ones, as a user without privileges.
FROM node:22.14.0-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install scripts: the native modules carry prebuilt binaries, and the build below needs the sources first.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22.14.0-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/dist ./dist
# The networks that scaling begins with.
COPY --from=build /app/ml/models ./ml/models
# The simulator's model reads the schemas themselves.
COPY --from=build /app/schemas ./schemas
# Volumes that are mounted here for the first time take over the owner.
RUN mkdir -p /secrets /stores && chown node:node /secrets /stores
USER node
EXPOSE 8080
ENTRYPOINT ["node", "bin/rustorium.js"]
CMD ["--help"]
