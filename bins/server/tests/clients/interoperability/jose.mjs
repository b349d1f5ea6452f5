// Says whether jose accepts the token on standard input: `jose.mjs JWKS ISSUER TYPE`.

import { text } from "node:stream/consumers";

import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const [jwks, issuer, typ] = process.argv.slice(2);
const token = (await text(process.stdin)).trim();
const expected = {
  "at+jwt": { audience: issuer, requiredClaims: ["exp", "iat", "sub"] },
  "statuslist+jwt": { requiredClaims: ["iat", "sub"] },
}[typ];
try {
  const keys = createRemoteJWKSet(new URL(jwks));
  const { payload } = await jwtVerify(token, keys, { issuer, typ, algorithms: ["EdDSA", "Ed25519"], ...expected });
  console.log("accepted", payload.sub);
} catch (error) {
  if (!(error instanceof errors.JOSEError)) {
    throw error;
  }
  console.log("refused");
}
