// Tries an operation where it is described. Entries stay in the fields of this page.

// A page has only the fields that its operations need.
const credentials = {};
for (const id of ["personalAccessToken", "bearer"]) {
  const field = document.getElementById(id);
  if (field) {
    credentials[id] = field;
  }
}

const fillIn = (id, value) => {
  if (credentials[id]) {
    credentials[id].value = value;
  }
};

// The page's words for answers, in its language.
const words = document.querySelector(".credentials").dataset;

// Shows who is signed in, according to an answer. The menu at the top belongs to the person that the page was made for.
const showPerson = (user) => {
  document.getElementById("person").textContent = user?.DisplayName ?? "";
  document.getElementById("somebody").hidden = !user;
  document.getElementById("nobody").hidden = Boolean(user);
  const menu = document.getElementById("user-options");
  if (menu) {
    menu.hidden = menu.title !== user?.UserName;
  }
};

// Keeps the credential of an answer for the operations that need it.
const keep = {
  personalAccessToken: (data) => {
    // The answer to a request that was sent again has no secret.
    if (data.Secret !== null) {
      fillIn("personalAccessToken", data.Secret);
    }
  },
  bearer: (data) => {
    fillIn("bearer", data);
  },
  session: showPerson,
};

// The times in examples are in the past. The body to begin with gets times that are a week ahead.
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
for (const field of document.querySelectorAll("[data-times]")) {
  const body = JSON.parse(field.defaultValue);
  for (const name of field.dataset.times.split(" ")) {
    body[name] = new Date(Date.now() + WEEK_MS).toISOString();
  }
  field.defaultValue = JSON.stringify(body, null, 2);
}

const address = (form) => {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in]")) {
    if (field.dataset.in === "path") {
      path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    } else if (field.dataset.in === "query" && field.value !== "") {
      query.set(field.name, field.value);
    }
  }
  return query.size > 0 ? `${path}?${query}` : path;
};

const request = (form) => {
  const headers = new Headers();
  const shown = form.dataset.credential;
  if (shown === "personalAccessToken") {
    headers.set("personalAccessToken", credentials.personalAccessToken.value.trim());
  } else if (shown === "bearer") {
    headers.set("Authorization", `Bearer ${credentials.bearer.value.trim()}`);
  }
  for (const field of form.querySelectorAll('[data-in="header"]')) {
    if (field.value.trim() !== "") {
      headers.set(field.name, field.value.trim());
    }
  }
  const body = form.querySelector("[data-body]")?.value;
  if (body) {
    headers.set("Content-Type", "application/json");
  }
  return { method: form.dataset.method, headers, body: body || undefined, cache: "no-store", redirect: "error" };
};

const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

const send = async (form) => {
  const outcome = form.querySelector(".outcome");
  const reply = form.querySelector(".reply");
  reply.hidden = true;
  outcome.textContent = "";
  try {
    const answer = await fetch(address(form), request(form));
    const text = await answer.text();
    if (answer.ok) {
      keep[form.dataset.brings]?.(JSON.parse(text).Data);
    } else if (answer.status === 401 && form.dataset.credential === "session") {
      showPerson(null);
    }
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`);
    reply.querySelector(".headers").textContent = headers.join("\n");
    reply.querySelector(".text").textContent = pretty(text);
    reply.hidden = false;
    outcome.textContent = `${words.status} ${answer.status} ${answer.statusText}`;
  } catch (error) {
    outcome.textContent = `${words.notAnswered} ${error.message}`;
  }
};

// Makes the place for an answer. It is not in the page, to keep the page small.
const place = (form) => {
  const outcome = document.createElement("p");
  outcome.className = "outcome";
  outcome.setAttribute("role", "status");
  const reply = document.createElement("div");
  reply.className = "reply";
  reply.hidden = true;
  for (const part of ["headers", "text"]) {
    const pre = document.createElement("pre");
    pre.className = part;
    pre.tabIndex = 0;
    reply.append(pre);
  }
  form.append(outcome, reply);
};

for (const form of document.querySelectorAll("[data-try]")) {
  place(form);
  const button = form.querySelector("[type=submit]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") {
      return;
    }
    button.setAttribute("aria-disabled", "true");
    await send(form);
    button.removeAttribute("aria-disabled");
  });
}

// The page that a browser keeps for going back must not contain a token.
addEventListener("pagehide", () => {
  for (const field of Object.values(credentials)) {
    field.value = "";
  }
  for (const form of document.querySelectorAll("[data-try]")) {
    form.reset();
    form.querySelector(".outcome").textContent = "";
    form.querySelector(".reply").hidden = true;
    for (const text of form.querySelectorAll("pre")) {
      text.textContent = "";
    }
  }
});
