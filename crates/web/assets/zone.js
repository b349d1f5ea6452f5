// The person's time zone, by a cookie: the server writes days and times in it, and takes a chosen day for one there.

const isSecure = location.protocol === "https:";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const pair = `${isSecure ? "__Host-ats_zone" : "ats_zone"}=${zone}`;
const isKnown = () => document.cookie.split("; ").includes(pair);

if (zone && !isKnown()) {
  document.cookie = `${pair}; Path=/; SameSite=Lax${isSecure ? "; Secure" : ""}`;
  // Once: the page that comes then finds the cookie. Without the attribute this page is there only once.
  const shown = document.documentElement.dataset.zone;
  if (shown !== undefined && shown !== zone && isKnown()) {
    location.reload();
  }
}
