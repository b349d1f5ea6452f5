// oidc-provider as somebody would use it for this: client credentials for a JWT that is signed with Ed25519.
// Arguments: the file for the description of its requests, how many clients.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";

import Provider from "oidc-provider";

const [descriptionFile, count] = process.argv.slice(2);
const AUDIENCE = "https://api.example";
const LIFETIME_SECONDS = 300;

// The issuer names the port.
const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const clients = Array.from({ length: Number(count) }, (_, number) => ({
  client_id: `client-${number}`,
  client_secret: randomBytes(32).toString("base64url"),
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: "client_secret_basic",
}));
const { privateKey } = generateKeyPairSync("ed25519");
const provider = new Provider(issuer, {
  clients,
  // There is no key for the default, RS256.
  clientDefaults: { id_token_signed_response_alg: "EdDSA" },
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "EdDSA", kid: "bench", use: "sig" }] },
  scopes: ["all"],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        accessTokenFormat: "jwt",
        accessTokenTTL: LIFETIME_SECONDS,
        audience: AUDIENCE,
        jwt: { sign: { alg: "EdDSA" } },
        scope: "all",
      }),
    },
  },
});
provider.on("server_error", (_, error) => console.error(error));
server.on("request", provider.callback());

const form = new URLSearchParams({ grant_type: "client_credentials", resource: AUDIENCE, scope: "all" });
writeFileSync(
  descriptionFile,
  JSON.stringify({
    issuer,
    audience: AUDIENCE,
    key_set: "/jwks",
    token: "/access_token",
    distinct: "client_id",
    requests: clients.map(({ client_id, client_secret }) => ({
      path: "/token",
      headers: { Authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}` },
      form: form.toString(),
    })),
  }),
  { mode: 0o600 },
);
console.log(`listening on ${issuer}`);
