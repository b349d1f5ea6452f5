// better-auth as somebody would use it for this: its API keys open a session, of which its JWT plugin makes a token.
// Arguments: the file for the description of its requests, how many keys.

import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

import { apiKey } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";
import Database from "better-sqlite3";

const [descriptionFile, count] = process.argv.slice(2);
const AUDIENCE = "https://api.example";
const FILE = "bench.db";

// The base URL names the port.
const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

for (const suffix of ["", "-wal", "-shm"]) rmSync(FILE + suffix, { force: true });
const database = new Database(FILE);
// Every request writes when its key was last used: with a rollback journal that is far slower.
database.pragma("journal_mode = WAL");
database.pragma("synchronous = NORMAL");

const options = {
  baseURL: issuer,
  database,
  secret: randomBytes(32).toString("base64"),
  logger: { level: "error" },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [
    apiKey({ enableSessionForAPIKeys: true, rateLimit: { enabled: false } }),
    jwt({
      disableSettingJwtHeader: true,
      jwt: {
        audience: AUDIENCE,
        expirationTime: "5m",
        issuer,
        definePayload: ({ session, user }) => ({
          client_id: session.id,
          preferred_username: user.name,
          scope: "all",
        }),
      },
    }),
  ],
};
const migrations = await getMigrations(options);
await migrations.runMigrations();
const auth = betterAuth(options);
const { internalAdapter } = await auth.$context;
const user = await internalAdapter.createUser({ email: "ada@example.com", name: "ada" });
const keys = [];
for (let number = 0; number < Number(count); number++) {
  const made = await auth.api.createApiKey({ body: { name: `key ${number}`, userId: user.id } });
  keys.push(made.key);
}
server.on("request", toNodeHandler(auth));

writeFileSync(
  descriptionFile,
  JSON.stringify({
    issuer,
    audience: AUDIENCE,
    key_set: "/api/auth/jwks",
    token: "/token",
    distinct: "client_id",
    requests: keys.map((key) => ({ path: "/api/auth/token", headers: { "x-api-key": key } })),
  }),
  { mode: 0o600 },
);
console.log(`listening on ${issuer}`);
