// Fills a new server through its public interface: the set-up link, the forms of the pages, and the API.

const PASSWORD = "correct horse battery staple";
const TOKENS = "/api/personalaccesstoken";

export const ADMINISTRATOR = "root";
export const USER = "ada";
export const password = PASSWORD;

export class Site {
  constructor(link) {
    const { origin, hash } = new URL(link);
    this.origin = origin;
    this.code = hash.slice(1);
  }

  // Sends a form or, with `json`, a body of the API. Fails unless it is taken.
  async post(path, fields, { cookie = "", json = false } = {}) {
    const answer = await fetch(this.origin + path, {
      method: "POST",
      redirect: "manual",
      headers: {
        origin: this.origin,
        cookie,
        "content-type": json ? "application/json" : "application/x-www-form-urlencoded",
      },
      body: json ? JSON.stringify(fields) : new URLSearchParams(fields).toString(),
    });
    const text = await answer.text();
    if (answer.status >= 400 || text.includes("aria-invalid")) {
      throw new Error(`POST ${path} is refused with ${answer.status}: ${text.slice(0, 2000)}`);
    }
    return { answer, text };
  }

  async setUp() {
    await this.post("/setup", { code: this.code, user_name: ADMINISTRATOR, password: PASSWORD, password_repeat: PASSWORD });
  }

  async addUser(name, cookie) {
    await this.post("/settings/users", { user_name: name, display_name: "", password: PASSWORD, password_repeat: PASSWORD }, { cookie });
  }

  // Gives the cookie of a new session.
  async signIn(name) {
    const { answer } = await this.post("/api/session", { UserName: name, Password: PASSWORD }, { json: true });
    return answer.headers.getSetCookie()[0].split(";")[0];
  }

  // Gives the token's id.
  async addToken(name, days, cookie, more = {}) {
    const ExpiresAt = new Date(Date.now() + days * 86_400_000).toISOString();
    const { text } = await this.post(TOKENS, { Name: name, ExpiresAt, ...more }, { cookie, json: true });
    return JSON.parse(text).Data.Token?.Id ?? JSON.parse(text).Data.Id;
  }

  // One active token, one that ends soon, and one that is revoked; gives the id of the first.
  async addTokens(cookie) {
    const id = await this.addToken("Nightly build", 90, cookie, { Description: "Builds and tests every night", AllowedNetworks: ["10.0.0.0/8"] });
    await this.addToken("Label printer", 2, cookie);
    const revoked = await this.addToken("Old laptop", 30, cookie);
    await this.post(`${TOKENS}/${revoked}/revoke`, {}, { cookie, json: true });
    return id;
  }
}
