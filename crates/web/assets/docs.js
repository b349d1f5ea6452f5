// Trying an operation where it is described. What is filled in stays in the fields of this page.

const credentials = {
  personalAccessToken: document.getElementById("personalAccessToken"),
  bearer: document.getElementById("bearer"),
};
const brought = {
  personalAccessToken: (data) => data.Secret,
  bearer: (data) => data,
};

const address = (form) => {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in]")) {
    if (field.dataset.in === "path") {
      path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    } else if (field.value !== "") {
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

// The token that an answer brought is at hand for the operations that take one.
const keep = (form, text) => {
  const name = form.dataset.brings;
  if (name in credentials) {
    credentials[name].value = brought[name](JSON.parse(text).Data);
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
      keep(form, text);
    }
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`);
    reply.querySelector(".headers").textContent = headers.join("\n");
    reply.querySelector(".text").textContent = pretty(text);
    reply.hidden = false;
    outcome.textContent = `Status ${answer.status} ${answer.statusText}`;
  } catch (error) {
    outcome.textContent = `Not sent, or not answered: ${error.message}`;
  }
};

for (const form of document.querySelectorAll("[data-try]")) {
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

// No page that a browser keeps for going back holds a token.
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
