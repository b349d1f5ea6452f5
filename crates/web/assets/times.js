// Exact times in the reader's own time zone; the server writes UTC.

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "long" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "full" });

for (const time of document.querySelectorAll("time")) {
  const words = exact.format(new Date(time.dateTime));
  if (time.textContent === time.title) {
    time.textContent = words;
  }
  time.title = words;
}

for (const option of document.querySelectorAll("option[data-day]")) {
  option.textContent = `${option.dataset.label} – ${day.format(new Date(option.dataset.day))}`;
}
