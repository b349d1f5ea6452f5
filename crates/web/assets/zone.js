// Sends the person's time zone in a cookie. The server shows days and times in it, and reads chosen days in it.

const isSecure = location.protocol === "https:";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const pair = `${isSecure ? "__Host-ats_zone" : "ats_zone"}=${zone}`;
const isKnown = () => document.cookie.split("; ").includes(pair);

if (zone && !isKnown()) {
  document.cookie = `${pair}; Path=/; SameSite=Lax${isSecure ? "; Secure" : ""}`;
  // Reloads only once, because the next page has the cookie. A page without the attribute can't be reloaded.
  const shown = document.documentElement.dataset.zone;
  if (shown !== undefined && shown !== zone && isKnown()) {
    location.reload();
  }
}
