// The tour by the client of @hey-api/openapi-ts.

import {
  createPersonalAccessToken,
  getAuthenticationToken,
  getIdentity,
  listPersonalAccessTokens,
  revokePersonalAccessToken,
  signIn,
} from "../index.js";
import type { CreatePersonalAccessTokenRequest, ErrorEnvelope } from "../index.js";
import { client } from "../client.gen.js";

const [baseUrl = "", password = ""] = process.argv.slice(2);
client.setConfig({ baseUrl });
const refused = (error: ErrorEnvelope) => `${error.ResponseCode} ${(error.ErrorParameters ?? []).join()}`.trim();

const signedIn = await signIn({ body: { UserName: "ada", Password: password } });
if (signedIn.error) throw new Error(refused(signedIn.error));
console.log(`signed in as ${signedIn.data.Data.UserName}`);
const cookie = signedIn.response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
const headers = { Cookie: cookie };

const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
const body: CreatePersonalAccessTokenRequest = { Name: "tour", ExpiresAt: tomorrow };
const created = await createPersonalAccessToken({ headers, body });
if (created.error) throw new Error(refused(created.error));
const { Token: token, Secret: secret } = created.data.Data;
if (secret === null) throw new Error("only a repeated request is answered without a secret");
console.log(`created ${token.Name}: ${token.Status}, last used ${token.LastUsedAt ?? "never"}`);

const again = await createPersonalAccessToken({ headers, body });
if (again.error) console.log(`refused: ${refused(again.error)}`);

const listed = await listPersonalAccessTokens({ headers, query: { Search: "TOUR", Status: "Active", Sort: "-CreatedAt" } });
if (listed.error) throw new Error(refused(listed.error));
console.log(`listed ${listed.data.Data.Items.map((item) => item.Name).join()} of ${listed.data.Data.Total}`);

const exchange = () => getAuthenticationToken({ auth: secret });
const exchanged = await exchange();
if (exchanged.error) throw new Error(refused(exchanged.error));
const identity = await getIdentity({ auth: exchanged.data.Data });
if (identity.error) throw new Error(refused(identity.error));
console.log(`speaks for ${identity.data.Data.UserName} with ${identity.data.Data.Scopes.join()}`);

const revoked = await revokePersonalAccessToken({ headers, path: { Id: token.Id } });
if (revoked.error) throw new Error(refused(revoked.error));
console.log(`revoked: ${revoked.data.Data.Status}`);
const last = await exchange();
if (last.error) console.log(`refused: ${refused(last.error)}`);
