"""A person of a company whose identity provider is canaille.

Arguments: the port for canaille, the address of the server, the name of the provider there. Ends
with 1 if something is otherwise than it should be.
"""

import datetime
import logging
import sys
import threading

from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from person import Ats, expect

PASSWORD = "correct horse battery staple"
# Authlib does not decode the secret as RFC 6749, section 2.3.1 says, so it has nothing to decode.
SECRET = "secret-of-this-run"


def now():
    return datetime.datetime.now(datetime.timezone.utc)


class Canaille:
    """The provider, in this process."""

    def __init__(self, port):
        self.issuer = f"http://127.0.0.1:{port}"
        key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        config = {
            "SECRET_KEY": "only for this run",
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "SESSION_COOKIE_SECURE": False,
            "CANAILLE": {"DATABASE": "memory", "LOGGING": {"version": 1}},
            "CANAILLE_OIDC": {
                "ACTIVE_JWKS": [key.as_dict(private=True)],
                # A user name may be given to somebody else later.
                "USERINFO_MAPPING": {
                    "SUB": "{{ user.id }}",
                    "PREFERRED_USERNAME": "{{ user.user_name }}",
                },
            },
            # Its client makes users from the server's schema, and fails at each attribute of its
            # own that the schema lacks, such as `name.formatted`.
            "CANAILLE_SCIM": {"ENABLE_CLIENT": False, "ENABLE_SERVER": False},
        }
        self.app = create_app(config)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = make_server("127.0.0.1", port, self.app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def do(self, step):
        """Does a step of an administrator."""
        with self.app.app_context(), Backend.instance.session():
            return step()

    def register(self, ats, provider):
        """Makes the server a client."""

        def step():
            client = models.Client(
                client_id="ats",
                client_secret=SECRET,
                client_name="ATS",
                client_uri=ats,
                redirect_uris=[f"{ats}/signin/{provider}/callback"],
                grant_types=["authorization_code"],
                response_types=["code"],
                scope=["openid", "profile", "email", "groups"],
                token_endpoint_auth_method="client_secret_basic",
                id_token_signed_response_alg="RS256",
            )
            Backend.instance.save(client)
            client.audience = [client]
            Backend.instance.save(client)

        self.do(step)

    def add(self, name, shown, family_name):
        """Adds a user, in the group *staff*."""

        def step():
            user = models.User(
                user_name=name,
                formatted_name=shown,
                family_name=family_name,
                emails=[f"{name}@example.com"],
                password=PASSWORD,
            )
            Backend.instance.save(user)
            Backend.instance.save(models.Group(display_name="staff", members=[user]))

        self.do(step)

    def set(self, name, attribute, value):
        """Changes a user."""

        def step():
            user = Backend.instance.get(models.User, user_name=name)
            setattr(user, attribute, value)
            Backend.instance.save(user)

        self.do(step)

    def be_in(self, group):
        """The first user is in this group, and in no other."""

        def step():
            user = Backend.instance.query(models.User)[0]
            for before in list(user.groups):
                Backend.instance.delete(before)
            Backend.instance.save(models.Group(display_name=group, members=[user]))

        self.do(step)


def sign_in(person, name):
    """The pages of canaille. Returns the last one."""
    page = person.begin()
    page = person.person.submit(page, "login", {"login": name})
    return person.person.submit(page, "password", {"password": PASSWORD})


def main():
    port, ats, provider = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    company = Canaille(port)
    company.register(ats, provider)
    company.add("ada", "Ada Lovelace", "Lovelace")
    ada = Ats(ats, provider)
    here = f"{ats}/settings/sessions"
    expect("ada signs in and comes back", sign_in(ada, "ada").url, here)
    user = ada.user()
    expect("who is signed in", (user["UserName"], user["DisplayName"]), ("ada", "Ada Lovelace"))
    secret = ada.make_token()
    expect("an exchange of her token", ada.exchange(secret), 1)

    # Signing out here goes on there.
    there = ada.sign_out()
    expect("nobody is signed in", ada.user(), None)
    page = ada.person.get(there)
    ada.person.submit(page, "answer", {}, ("answer", "logout"))
    expect("the provider asks again", sign_in(ada, "ada").url, here)

    # The provider lets nobody in who is locked, and tells nobody of it.
    company.set("ada", "lock_date", now())
    locked = Ats(ats, provider)
    expect("a locked person comes back", sign_in(locked, "ada").url.startswith(ats), False)
    company.set("ada", "lock_date", None)

    company.be_in("guests")
    page = sign_in(Ats(ats, provider), "ada")
    expect("a sign-in without an allowed group", page.status, 403)
    expect("nobody is signed in", ada.user(), None)
    expect("an exchange of her token", ada.exchange(secret), 1205)
    company.be_in("staff")
    # The provider still knows her.
    expect("with the group, she comes back", ada.begin().url, here)
    expect("an exchange of her token", ada.exchange_until(secret, 1), 1)


if __name__ == "__main__":
    main()
