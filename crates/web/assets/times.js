// Exact times in the reader's own time zone; the server writes UTC.

const short = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "long" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "full" });

for (const time of document.querySelectorAll("time")) {
  const then = new Date(time.dateTime);
  if (time.textContent.includes(":")) {
    time.textContent = short.format(then);
  }
  time.title = exact.format(then);
}

for (const option of document.querySelectorAll("option[data-day]")) {
  option.textContent = `${option.dataset.label} – ${day.format(new Date(option.dataset.day))}`;
}
