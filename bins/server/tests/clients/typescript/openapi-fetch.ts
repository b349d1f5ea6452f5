// The tour by openapi-fetch, with the types of openapi-typescript.

import createClient from "openapi-fetch";

import type { components, paths } from "../schema.js";

const [baseUrl = "", password = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl });
const refused = (error: components["schemas"]["ErrorEnvelope"]) => `${error.ResponseCode} ${(error.ErrorParameters ?? []).join()}`.trim();

const signedIn = await client.POST("/api/session", { body: { UserName: "ada", Password: password } });
if (signedIn.error) throw new Error(refused(signedIn.error));
console.log(`signed in as ${signedIn.data.Data.UserName}`);
const cookie = signedIn.response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
const headers = { Cookie: cookie };

const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
const body: components["schemas"]["CreatePersonalAccessTokenRequest"] = { Name: "tour", ExpiresAt: tomorrow };
const created = await client.POST("/api/personalaccesstoken", { headers, body });
if (created.error) throw new Error(refused(created.error));
const { Token: token, Secret: secret } = created.data.Data;
if (secret === null) throw new Error("only a repeated request is answered without a secret");
console.log(`created ${token.Name}: ${token.Status}, last used ${token.LastUsedAt ?? "never"}`);

const again = await client.POST("/api/personalaccesstoken", { headers, body });
if (again.error) console.log(`refused: ${refused(again.error)}`);

const query = { Search: "TOUR", Status: "Active", Sort: "-CreatedAt" } as const;
const listed = await client.GET("/api/personalaccesstoken", { headers, params: { query } });
if (listed.error) throw new Error(refused(listed.error));
console.log(`listed ${listed.data.Data.Items.map((item) => item.Name).join()} of ${listed.data.Data.Total}`);

const exchange = () => client.GET("/api/personalaccesstoken/getAuthenticationToken", { headers: { personalAccessToken: secret } });
const exchanged = await exchange();
if (exchanged.error) throw new Error(refused(exchanged.error));
const identity = await client.GET("/api/identity", { headers: { Authorization: `Bearer ${exchanged.data.Data}` } });
if (identity.error) throw new Error(refused(identity.error));
console.log(`speaks for ${identity.data.Data.UserName} with ${identity.data.Data.Scopes.join()}`);

const revoked = await client.POST("/api/personalaccesstoken/{Id}/revoke", { headers, params: { path: { Id: token.Id } } });
if (revoked.error) throw new Error(refused(revoked.error));
console.log(`revoked: ${revoked.data.Data.Status}`);
const last = await exchange();
if (last.error) console.log(`refused: ${refused(last.error)}`);
