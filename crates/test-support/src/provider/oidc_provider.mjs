// An OpenID provider of another project, npm's `oidc-provider`, with people and a clock that a test
// sets. It prints its issuer, and then waits to be told who its client is.

import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

// How far the clock of a test is ahead, in milliseconds. It has to be there before the library.
let ahead = 0;
const System = Date;
globalThis.Date = class extends System {
  constructor(...of) {
    super(...(of.length ? of : [System.now() + ahead]));
  }

  static now() {
    return System.now() + ahead;
  }
};
const { default: Provider } = await import('oidc-provider');

let issuer;
let people = {};
let provider;
// How long ago people gave their passwords, in seconds, whenever they sign in.
let ago = 0;
// What came of each logout token that was sent.
const logouts = [];

function key() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'first', use: 'sig', alg: 'RS256' };
}

function start({ client, claims, inIdToken }) {
  provider = new Provider(issuer, {
    clients: [client],
    jwks: { keys: [key()] },
    cookies: { keys: ['for tests'] },
    claims,
    conformIdTokenClaims: !inIdToken,
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => people[id] }),
    // It gives everything that is asked for. The company has consented for everybody.
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client.clientId,
        accountId: oidc.session.accountId,
      });
      grant.addOIDCScope(Object.keys(claims).join(' '));
      await grant.save();
      return grant;
    },
    // It refuses addresses of its own machine otherwise, where the service under test is. It gives up
    // after 2.5 seconds, which is short beside compilers.
    fetch: (url, { dispatcher, signal, ...options }) => globalThis.fetch(url, options),
  });
  for (const event of ['backchannel.success', 'backchannel.error']) {
    provider.on(event, (_, ...told) => {
      const error = told.find((it) => it instanceof Error);
      logouts.push(error ? String(error) : 'taken');
    });
  }
  provider.on('server_error', (_, error) => console.error(error));
}

const PAGE = `<!DOCTYPE html>
<html lang="en"><head><title>The company</title></head>
<body><h1>The company</h1>
<form method="post"><label for="account">Account</label>
<input id="account" name="account"><button>Go on</button></form></body></html>`;

// The page at which people say who they are, and its form.
async function interact(request, response) {
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(PAGE);
    return;
  }
  const accountId = new URLSearchParams(await read(request)).get('account');
  const ts = Math.floor(Date.now() / 1000) - ago;
  const login = { accountId, ts, remember: false };
  await provider.interactionFinished(request, response, { login });
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

// What a test asks for.
async function control(request, response) {
  const asked = JSON.parse(await read(request));
  if (asked.people) ({ people } = asked);
  if (asked.start) start(asked.start);
  if (asked.now !== undefined) ahead = asked.now - System.now();
  if (asked.ago !== undefined) ({ ago } = asked);
  response.end(JSON.stringify({ logouts }));
}

const server = createServer(async (request, response) => {
  try {
    if (request.url === '/control') await control(request, response);
    else if (request.url.startsWith('/interaction/')) await interact(request, response);
    else await provider.callback()(request, response);
  } catch (error) {
    console.error(error);
    response.statusCode = 500;
    response.end(String(error));
  }
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
issuer = `http://127.0.0.1:${server.address().port}`;
console.log(issuer);
