// Times in the reader's own time zone; the server writes UTC.

const format = (options) => new Intl.DateTimeFormat("en-GB", options);
const exact = format({ dateStyle: "long", timeStyle: "long" });
const full = format({ dateStyle: "full" });
const clock = format({ timeStyle: "short" });
const formats = {
  date: (then) => format({ dateStyle: "medium" }).format(then),
  time: (then) => format({ dateStyle: "medium", timeStyle: "medium" }).format(then),
  full: (then) => `${full.format(then)} at ${clock.format(then)}`,
};

for (const time of document.querySelectorAll("time")) {
  const then = new Date(time.dateTime);
  if (time.dataset.as !== undefined) {
    time.textContent = formats[time.dataset.as](then);
  }
  time.title = exact.format(then);
}

for (const option of document.querySelectorAll("option[data-day]")) {
  option.textContent = `${option.dataset.label} – ${full.format(new Date(option.dataset.day))}`;
}
