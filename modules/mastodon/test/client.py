import json
import re
import shlex
import time


class Site:
    """An instance in a container of a machine, used as people and administrators use it."""

    def __init__(self, machine: "QemuMachine", container: str, domain: str) -> None:
        self.machine = machine
        self.container = container
        self.url = f"https://{domain}"

    def wait(self) -> None:
        """Until its web server answers and what is declared has been applied."""
        self.machine.wait_for_unit(f"container@{self.container}.service")
        self.machine.wait_until_succeeds(f"curl --fail {self.url}/health", timeout=900)
        self.unit("restart", "coop-reconcile")

    def unit(self, verb: str, name: str) -> None:
        self.machine.succeed(f"systemctl -M {self.container} {verb} {name}.service")

    def inside(self, command: str) -> str:
        return self.machine.succeed(f"nixos-container run {self.container} -- {command}")

    def sql(self, query: str) -> str:
        return self.inside(f"runuser -u mastodon -- psql -At -c {shlex.quote(query)} mastodon").strip()

    def post(self, path: str, token: str = "", **values: str) -> tuple[int, str]:
        """Sends a form, and gives the status and the body of the answer."""
        fields = " ".join(f"--data-urlencode {shlex.quote(f'{key}={value}')}" for key, value in values.items())
        # Without fields it is a POST all the same.
        answer = self.machine.succeed(
            f"curl --silent --request POST --write-out '\\n%{{http_code}}' {bearer(token)} {fields} {self.url}{path}"
        )
        body, _, status = answer.rpartition("\n")
        return int(status), body

    def get(self, path: str, token: str = "") -> "Any":
        return json.loads(self.machine.succeed(f"curl --silent --fail --globoff {bearer(token)} {shlex.quote(self.url + path)}"))

    def application(self) -> str:
        """A token with which an app signs people up."""
        _, body = self.post(
            "/api/v1/apps", client_name="test", redirect_uris="urn:ietf:wg:oauth:2.0:oob", scopes="write"
        )
        app = json.loads(body)
        _, body = self.post(
            "/oauth/token",
            grant_type="client_credentials",
            client_id=app["client_id"],
            client_secret=app["client_secret"],
            scope="write",
        )
        return str(json.loads(body)["access_token"])

    def sign_up(self, token: str, address: str, username: str, **more: str) -> bool:
        """Whether the address is taken. Who is not is told so."""
        status, body = self.post(
            "/api/v1/accounts",
            token,
            username=username,
            email=address,
            password="correct horse battery",
            agreement="true",
            locale="en",
            reason="I was told about it",
            **more,
        )
        assert status in (200, 403, 422), (status, body)
        return status == 200

    def confirm(self, address: str) -> None:
        """As if the link in the mail had been followed."""
        self.sql(f"update users set confirmed_at = now() where email = '{address}'")

    def is_approved(self, address: str) -> bool:
        approved = self.sql(f"select approved from users where email = '{address}'")
        assert approved in ("t", "f"), f"{address} has no account"
        return approved == "t"

    def create(self, name: str, address: str) -> str:
        """Makes an account that may log in, and gives its password."""
        created = self.inside(f"mastodon-tootctl accounts create {name} --email={address} --confirmed --approve")
        password = re.search(r"New password: (\S+)", created)
        assert password is not None, created
        return password.group(1)

    def log_in(self, address: str, password: str) -> str:
        """Logs in as a browser does, and gives the token of the session. Its cookies are in `jar`."""
        curl = "curl --silent --show-error --fail --cookie jar --cookie-jar jar"
        self.machine.succeed("rm -f jar")
        form = self.machine.succeed(f"{curl} {self.url}/auth/sign_in")
        csrf = re.search(r'name="csrf-token" content="([^"]+)"', form)
        assert csrf is not None, "the form has no token"
        self.machine.succeed(
            f"{curl} --data-urlencode 'authenticity_token={csrf.group(1)}'"
            f" --data-urlencode 'user[email]={address}'"
            f" --data-urlencode 'user[password]={password}' {self.url}/auth/sign_in"
        )
        home = self.machine.succeed(f"{curl} --location {self.url}/home")
        token = re.search(r'"access_token":"([^"]+)"', home)
        assert token is not None, f"{address} is not logged in"
        return token.group(1)


def bearer(token: str) -> str:
    return f"--header 'Authorization: Bearer {token}'" if token else ""


def eventually(holds: "Callable[[], bool]", what: str, seconds: int = 300) -> None:
    """Waits for what other servers and jobs in the background have to do."""
    for _ in range(seconds):
        if holds():
            return
        time.sleep(1)
    raise AssertionError(f"not within {seconds} seconds: {what}")
