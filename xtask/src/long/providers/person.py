"""What a person does in a browser, by plain HTTP: follows redirects, fills forms, keeps cookies."""

import datetime
import http.cookiejar
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser


class Forms(HTMLParser):
    """The forms of a page, with what is in their fields."""

    def __init__(self, page):
        super().__init__()
        self.forms = []
        self.links = []
        self.feed(page)

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        if tag == "form":
            self.forms.append({"action": attributes.get("action"), "fields": {}, "buttons": []})
        elif tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if not self.forms or not attributes.get("name"):
            return
        form = self.forms[-1]
        name, value = attributes.get("name"), attributes.get("value") or ""
        if tag == "input" and attributes.get("type") not in ("submit", "button", "image"):
            if attributes.get("type") in ("checkbox", "radio") and "checked" not in attributes:
                return
            form["fields"][name] = value
        elif tag == "button" or tag == "input":
            form["buttons"].append((name, value))


class Page:
    """An answer at the end of all redirects."""

    def __init__(self, status, url, text, headers):
        self.status, self.url, self.text, self.headers = status, url, text, headers

    def form(self, field):
        """The form that has a field or a button of this name."""
        for form in Forms(self.text).forms:
            if field in form["fields"] or field in dict(form["buttons"]):
                return form
        raise SystemExit(f"{self.url} ({self.status}) has no form with {field}: {self.text[:2000]}")


class Person:
    """A browser with cookies of its own."""

    def __init__(self):
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(self.cookies),
        )

    def get(self, url):
        return self._send(urllib.request.Request(url))

    def submit(self, page, field, values, button=None):
        """Sends the form that has this field, with these values in it."""
        form = page.form(field)
        sent = {**form["fields"], **values}
        if button:
            sent[button[0]] = button[1]
        url = urllib.parse.urljoin(page.url, form["action"] or page.url)
        return self.post(url, urllib.parse.urlencode(sent), "application/x-www-form-urlencoded")

    def post(self, url, body, content_type):
        parts = urllib.parse.urlsplit(url)
        headers = {
            "Content-Type": content_type,
            "Origin": f"{parts.scheme}://{parts.netloc}",
            "Referer": url,
        }
        return self._send(urllib.request.Request(url, body.encode(), headers))

    def api(self, url, body=None, headers=None):
        """Calls the interface. Returns the status and the JSON of the answer."""
        request = urllib.request.Request(url, headers=headers or {})
        if body is not None:
            parts = urllib.parse.urlsplit(url)
            request.add_header("Origin", f"{parts.scheme}://{parts.netloc}")
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        page = self._send(request)
        return page.status, json.loads(page.text or "null")

    def _send(self, request):
        try:
            answer = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read().decode("utf-8", "replace")
        return Page(answer.status, answer.url, text, answer.headers)


class Ats:
    """The server that is tried, as one person uses it."""

    def __init__(self, origin, provider):
        self.origin, self.provider, self.person = origin, provider, Person()

    def begin(self):
        """Goes to the provider. Returns the page that it shows."""
        return self.person.get(f"{self.origin}/signin/{self.provider}?next=%2Fsettings%2Fsessions")

    def user(self):
        """Who is signed in, or nothing."""
        _, answer = self.person.api(f"{self.origin}/api/session")
        return answer["Data"]

    def make_token(self):
        """The secret of a new token."""
        new = {"Name": "ci", "ExpiresAt": tomorrow()}
        status, answer = self.person.api(f"{self.origin}/api/personalaccesstoken", new)
        assert status == 201, (status, answer)
        return answer["Data"]["Secret"]

    def exchange(self, secret):
        """The code of the answer to an exchange."""
        url = f"{self.origin}/api/personalaccesstoken/getAuthenticationToken"
        _, answer = Person().api(url, headers={"personalAccessToken": secret})
        return answer["ResponseCode"]

    def exchange_until(self, secret, wanted):
        """The same, asked again for ten seconds: a right that is given is seen a moment later."""
        for _ in range(100):
            code = self.exchange(secret)
            if code == wanted:
                break
            time.sleep(0.1)
        return code

    def sign_out(self):
        """Signs out here. Returns the address that the page goes on to."""
        page = self.person.post(f"{self.origin}/signout", "", "application/x-www-form-urlencoded")
        assert page.status == 200, (page.status, page.text)
        return page.headers["Refresh"].split("url=", 1)[1]


def tomorrow():
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def expect(what, found, wanted):
    """Says what was tried, and ends the run if it isn't so."""
    if found != wanted:
        raise SystemExit(f"{what}: {found!r} instead of {wanted!r}")
    print(f"  {what}: {found!r}", flush=True)
