"""A person of a company whose identity provider is LemonLDAP::NG.

Arguments: the port for its portal, the address of the server, the name of the provider there. Ends
with 1 if something is otherwise than it should be.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from person import Ats, expect

# It loads what draws captchas although nothing shows one, and Debian only recommends that package.
RUN = """
BEGIN { $INC{"GD/SecurityImage.pm"} = 1 }
use Lemonldap::NG::Portal::Main;
Lemonldap::NG::Portal::Main->run({});
"""


class LemonLdap:
    """The portal, in a process of its own, with files of its own. Its demonstration users have
    their names as passwords."""

    def __init__(self, folder, port, ats, provider):
        self.folder, self.port = folder, port
        self.issuer = f"http://127.0.0.1:{port}"
        for name in ("conf", "sessions", "psessions", "cache"):
            (folder / name / "lock").mkdir(parents=True)
        (folder / "portal.psgi").write_text(RUN)
        (folder / "lemonldap-ng.ini").write_text(
            "[all]\nlogLevel = error\n"
            f"[configuration]\ntype = File\ndirName = {folder}/conf\n"
            "[portal]\nstaticPrefix = /static\nlanguages = en\n"
            "templateDir = /usr/share/lemonldap-ng/portal/templates\n"
        )
        self.write(self.settings(ats, provider))

    def settings(self, ats, provider):
        private = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        public = openssl("pkey", "-pubout", text=private)
        sessions = {
            "Directory": f"{self.folder}/sessions",
            "LockDirectory": f"{self.folder}/sessions/lock",
            "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
        }
        return {
            "cfgNum": 1,
            "cfgAuthor": "this run",
            "cfgDate": "1",
            "portal": self.issuer,
            "domain": "127.0.0.1",
            "cookieName": "lemonldap",
            "securedCookie": 0,
            "key": "only for this run",
            "authentication": "Demo",
            "userDB": "Same",
            "passwordDB": "Null",
            "demoExportedVars": {"uid": "uid", "cn": "cn", "mail": "mail"},
            "macros": {"_whatToTrace": "$uid"},
            "whatToTrace": "_whatToTrace",
            "groups": {"staff": '$uid eq "dwho"'},
            "globalStorage": "Apache::Session::File",
            "globalStorageOptions": sessions,
            "persistentStorage": "Apache::Session::File",
            "persistentStorageOptions": {
                "Directory": f"{self.folder}/psessions",
                "LockDirectory": f"{self.folder}/psessions/lock",
            },
            "localSessionStorage": "Cache::NullCache",
            "localSessionStorageOptions": {},
            "tokenUseGlobalStorage": 1,
            "locationRules": {},
            "exportedHeaders": {},
            "issuerDBOpenIDConnectActivation": 1,
            "issuerDBOpenIDConnectPath": "^/oauth2/",
            "oidcServiceMetaDataIssuer": self.issuer,
            "oidcServiceAllowAuthorizationCodeFlow": 1,
            "oidcServicePrivateKeySig": private,
            "oidcServicePublicKeySig": public,
            "oidcServiceKeyIdSig": "key-of-this-run",
            "oidcRPMetaDataOptions": {
                "ats": {
                    "oidcRPMetaDataOptionsClientID": "ats",
                    "oidcRPMetaDataOptionsClientSecret": "secret-of-this-run",
                    "oidcRPMetaDataOptionsRedirectUris": f"{ats}/signin/{provider}/callback",
                    "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
                    "oidcRPMetaDataOptionsIDTokenForceClaims": 1,
                    "oidcRPMetaDataOptionsRequirePKCE": 1,
                    "oidcRPMetaDataOptionsBypassConsent": 1,
                    "oidcRPMetaDataOptionsUserIDAttr": "uid",
                }
            },
            "oidcRPMetaDataExportedVars": {
                "ats": {
                    "preferred_username": "uid",
                    "name": "cn",
                    "email": "mail",
                    "groups": "groups;string;always",
                }
            },
            "oidcRPMetaDataOptionsExtraClaims": {"ats": {"groups": "groups"}},
        }

    def write(self, settings):
        self.written = settings
        (self.folder / "conf" / "lmConf-1.json").write_text(json.dumps(settings))

    def start(self):
        environment = {**os.environ, "LLNG_DEFAULTCONFFILE": str(self.folder / "lemonldap-ng.ini")}
        command = ["plackup", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--env", "deployment", str(self.folder / "portal.psgi")]
        self.log = open(self.folder / "portal.log", "ab")
        self.process = subprocess.Popen(
            command, env=environment, cwd=self.folder, stdout=self.log, stderr=self.log
        )
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.issuer}/.well-known/openid-configuration", timeout=5)
                return
            except urllib.error.HTTPError as error:
                raise SystemExit(f"{error}: {error.read()[:500]}")
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit((self.folder / "portal.log").read_text()[-3000:])
                time.sleep(0.1)
        raise SystemExit("LemonLDAP::NG does not answer")

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def restart_with(self, edit):
        """Goes on with other settings."""
        self.stop()
        edit(self.written)
        self.write(self.written)
        self.start()


def openssl(*arguments, text=""):
    done = subprocess.run(
        ["openssl", *arguments], input=text, capture_output=True, text=True, check=True
    )
    return done.stdout


def sign_in(person, name):
    """The page of the portal. Returns the last one."""
    page = person.begin()
    return person.person.submit(page, "user", {"user": name, "password": name})


def main():
    port, ats, provider = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    with tempfile.TemporaryDirectory() as folder:
        company = LemonLdap(pathlib.Path(folder), port, ats, provider)
        try:
            company.start()
            tour(company, ats, provider)
        finally:
            company.stop()


def tour(company, ats, provider):
    here = f"{ats}/settings/sessions"
    who = Ats(ats, provider)
    expect("the doctor signs in and comes back", sign_in(who, "dwho").url, here)
    user = who.user()
    expect("who is signed in", (user["UserName"], user["DisplayName"]), ("dwho", "Doctor Who"))
    secret = who.make_token()
    expect("an exchange of the token", who.exchange(secret), 1)
    expect("somebody in no allowed group", sign_in(Ats(ats, provider), "rtyler").status, 403)

    # Signing out here goes on there. This release has no back-channel logout.
    there = who.sign_out()
    expect("nobody is signed in", who.user(), None)
    page = who.person.get(there)
    if "confirm" in page.text:
        who.person.submit(page, "confirm", {})
    expect("the provider asks again", sign_in(who, "dwho").url, here)

    # The doctor leaves the group.
    company.restart_with(lambda settings: settings.update(groups={"staff": '$uid eq "nobody"'}))
    expect("a sign-in without an allowed group", sign_in(Ats(ats, provider), "dwho").status, 403)
    expect("nobody is signed in", who.user(), None)
    expect("an exchange of the token", who.exchange(secret), 1205)
    company.restart_with(lambda settings: settings.update(groups={"staff": '$uid eq "dwho"'}))
    expect("with the group, the doctor comes back", sign_in(Ats(ats, provider), "dwho").url, here)
    expect("an exchange of the token", who.exchange_until(secret, 1), 1)


if __name__ == "__main__":
    main()
