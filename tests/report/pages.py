"""Holds the pages of `coop report` against what they promise, in Chromium.

Usage: pages.py COOP [FOLDER FOR PICTURES]
"""

import json
import os
import pathlib
import pty
import shutil
import subprocess
import sys
import tempfile
import time

import browser

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
ASKS = (HERE / "pages.js").read_text()
# 2 February 2027: one review of the example is past.
ENVIRONMENT = dict(os.environ, SOURCE_DATE_EPOCH="1801526400")
HOSTILE = "</title></svg><img src=x onerror='window.attacked=1'>\\\"><script>window.attacked=1</script>"
PAPER = 688  # A4 less the margins, in CSS pixels

failures = []


def check(complaints, where):
    for complaint in complaints[:5]:
        failures.append(f"{where}: {complaint}")
    if len(complaints) > 5:
        failures.append(f"{where}: and {len(complaints) - 5} more")


def report(coop, folder, out, *arguments):
    command = [coop, "report", "--dir", folder, "--out", out, *arguments]
    subprocess.run(command, check=True, env=ENVIRONMENT)
    return out


def unpack(text, folder):
    """A fleet from one of the test files, where `#=== PATH` begins another file."""
    path = folder / "coop.toml"
    lines = {}
    for line in text.splitlines(keepends=True):
        if line.startswith("#=== "):
            path = folder / line[5:].strip()
        else:
            lines.setdefault(path, []).append(line)
    for path, parts in lines.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(parts))
    return folder


def fleets(scratch):
    every_key = (TOP / "tests/fleets/valid/every-key.toml").read_text()
    hostile = every_key.replace("Unsolicited 'mentions' #{1 + 1} ${x}", HOSTILE)
    hostile = hostile.replace('Co-op \\"Zweig\\" ${HOME} \'\'', HOSTILE)
    hostile = hostile.replace("Our “social” ${web}", HOSTILE).replace("Garden e.V.", HOSTILE)
    assert hostile.count("onerror") == 4, "the fleet of every key has other texts now"
    large = ['[fleet]\nname = "Large"\ncontact = "support@coop.example"\nnixos = "26.05"\n']
    large.append('[allowlists.members]\ndomains = ["coop.example"]\n')
    large.append('[relays.main]\nserver = "smtp.coop.example:587"\nuser = "fleet"\n')
    large.append('password = { secret = "relay" }\n')
    large += [f'[hosts.h{host}]\nipv4 = "10.0.0.{host + 1}"\n' for host in range(60)]
    for number in range(150):
        mail = 'mail = { relay = "main" }\n' if number % 3 else ""
        large.append(
            f'[instances.i{number}]\nservice = "mastodon"\nstage = "development"\n'
            f'domain = "i{number}.example"\nhost = "h{number % 60}"\n'
            f'signup = {{ join = ["members"] }}\n{mail}'
        )
    return {
        "example": TOP,
        "every key": unpack(every_key, scratch / "every-key"),
        "hostile": unpack(hostile, scratch / "hostile"),
        "large": unpack("".join(large), scratch / "large"),
    }


def on_a_terminal(coop):
    """A page is nothing to read on a terminal."""
    ours, terminal = pty.openpty()
    command = [coop, "report", "--dir", TOP]
    done = subprocess.run(command, stdout=terminal, stderr=subprocess.PIPE, text=True)
    os.close(terminal)
    os.close(ours)
    if done.returncode != 2 or "coop report --out report.html" not in done.stderr:
        failures.append(f"on a terminal: {done.returncode}, {done.stderr}")


def plan(path):
    """A plan with everything that the page shows of one."""
    classes = "user_units packages users groups ports domains certificates timers tmpfiles boot"
    classes += " file_systems swap sysctl general lasting activation unit_packages"
    diff = "@@ -1 +1 @@\n-ExecStart=/old\n+ExecStart=/new " + "word " * 60 + "\n"
    unit = {"name": "coop-approve.service", "change": "changed", "diff": diff, "fields": []}
    lists = {name: [] for name in classes.split()}
    system = {
        "actions": {"restart": ["coop-approve.service"], "systemd": False}
        | {name: [] for name in ["stop", "start", "reload", "wait", "begin"]},
        "units": [unit],
        "files": [],
        "containers": {},
        "elsewhere": False,
    }
    host = {
        "state": "changed",
        "alarms": ["the state version changes"],
        "reboot": [],
        "system": system | lists,
        "texts": [{"name": "declared.json", "diff": diff, "used_by": ["coop-approve.service"]}],
    }
    content = {
        "against": {"kind": "file", "path": "deployed.json", "commit": None},
        "not_evaluated": None,
        "nixpkgs": "~/nixpkgs",
        "people": [{"title": "socialmedia", "lines": ["weavers.example may join"]}],
        "hosts": {"web1": host},
        "changes": True,
    }
    path.write_text(json.dumps(content))
    return path


def quiet(chromium, where):
    """Nothing was fetched, refused, or complained about."""
    for event in chromium.events:
        method, params = event["method"], event["params"]
        if method in ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"]:
            failures.append(f"{where}: {json.dumps(params)[:300]}")
        if method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if not (url.startswith("file:") and url.endswith(".html")):
                failures.append(f"{where}: it asks for {url}")


def look(chromium, url, where):
    least, texts = 99, 0
    for width in [1280, 768, 360, 320]:
        for dark in [False, True]:
            at = f"{where}, {width} wide, {'dark' if dark else 'light'}"
            chromium.open(url, width, 900, dark)
            quiet(chromium, at)
            chromium.run(ASKS)
            check(chromium.run("coop.overflow()"), at)
            if width in [1280, 360]:
                chromium.run("document.querySelectorAll('details').forEach(it => it.open = true)")
                check(chromium.run("coop.overflow()"), f"{at}, unfolded")
                answer = chromium.run("coop.contrast()")
                check(answer["found"], f"{at}, contrast")
                least, texts = min(least, answer["least"]), texts + answer["count"]
    chromium.run(ASKS)
    check(chromium.run("coop.structure()"), where)
    check(chromium.run("coop.targets()"), where)
    assert texts > 100, "the contrast of hardly anything was measured"
    return least, texts


def tables_stay_tables(chromium, url, where):
    """Cards on a telephone are tables to a screen reader all the same."""
    chromium.open(url, 360, 800)
    chromium.run("document.querySelectorAll('details').forEach(it => it.open = true)")
    wanted = chromium.run("document.querySelectorAll('table').length")
    nodes = chromium.call("Accessibility.getFullAXTree")["nodes"]
    roles = [node.get("role", {}).get("value") for node in nodes if not node.get("ignored")]
    if roles.count("table") != wanted or roles.count("rowheader") == 0:
        failures.append(f"{where}: {roles.count('table')} of {wanted} tables are left")
    images = [node for node in nodes if node.get("role", {}).get("value") in ["image", "img"]]
    named = [node for node in images if node.get("name", {}).get("value")]
    if not named or len(named) != len(images):
        failures.append(f"{where}: {len(named)} of {len(images)} drawings have names")


def keyboard(chromium, url, where):
    tabs = 0
    for width in [1280, 360]:
        chromium.open(url, width, 800)
        chromium.run(ASKS)
        number = chromium.run("coop.focusable().length")
        for place in range(number):
            chromium.press("Tab", "Tab", 9)
            complaints = chromium.run(f"coop.focus({place})")
            check(complaints, f"{where}, {width} wide")
            tabs += 1
            if complaints:
                return tabs
        chromium.run("document.activeElement.blur(); scrollTo(0, 0)")
        chromium.run("document.querySelector('summary').focus()")
        chromium.press("\r", "Enter", 13)
        if not chromium.run("document.querySelector('details').open"):
            failures.append(f"{where}: Enter does not unfold the table")
    chromium.open(url, 1280, 800)
    chromium.press("Tab", "Tab", 9)
    chromium.press("\r", "Enter", 13)
    if chromium.run("document.activeElement.id") != "main":
        failures.append(f"{where}: the first link does not lead to the content")
    return tabs


def on_paper(chromium, url, where, path):
    chromium.open(url, PAPER, 900, dark=True, media="print")
    chromium.run(ASKS)
    check(chromium.run("coop.printed()"), f"{where}, printed")
    check(chromium.run("coop.contrast().found"), f"{where}, printed, contrast")
    if chromium.run("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)":
        failures.append(f"{where}: paper is not white")
    headings = "[...document.querySelectorAll('h1, h2, h3, caption')].map(it => it.innerText)"
    wanted = chromium.run(headings)
    cells = chromium.run("[...document.querySelectorAll('tbody th')].map(it => it.innerText)")
    chromium.open(url, 1280, 900)
    chromium.pdf(path)
    if not shutil.which("pdftotext"):
        print("!! SKIPPED the words on paper: pdftotext is missing", file=sys.stderr)
        return
    text = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True)
    printed = "".join(text.stdout.split())
    missing = [it for it in wanted + cells if "".join(it.split()[:1]) not in printed]
    check([f"“{it}” is not on paper" for it in missing], where)


def forbidden(chromium, url, where):
    """Markup that came in all the same would do nothing."""
    chromium.open(url, 1280, 900)
    script = "const it = document.createElement('script'); it.textContent = 'window.attacked = 1';"
    chromium.run(script + "document.body.append(it)")
    chromium.run("document.body.insertAdjacentHTML('beforeend', '<img src=x.png style=\"color:red\">')")
    time.sleep(0.2)
    chromium.run("0")
    refused = [event for event in chromium.events if event["method"] == "Log.entryAdded"]
    if len(refused) < 3 or chromium.run("window.attacked"):
        failures.append(f"{where}: its rules forbid only {len(refused)} of 3 things")


def pictures(chromium, url, name, folder):
    for width, dark in [(1280, False), (1280, True), (360, False), (360, True)]:
        chromium.open(url, width, 900, dark)
        scheme = "dark" if dark else "light"
        chromium.picture(folder / f"{name}-{width}-{scheme}.png")


def ended(start):
    for failure in failures:
        print(f"FAILED: {failure}", file=sys.stderr)
    print(f"{'FAILED' if failures else 'ok'} in {time.monotonic() - start:.0f} s")
    return 1 if failures else 0


def main():
    coop = pathlib.Path(sys.argv[1]).resolve()
    pictures_to = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    on_a_terminal(coop)
    path = browser.find()
    if not path:
        print("!! SKIPPED the pages of coop report: there is no Chromium here", file=sys.stderr)
        return ended(time.monotonic())
    start = time.monotonic()
    chromium = browser.Browser(path)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            last_plan = plan(scratch / "plan.json")
            for name, folder in fleets(scratch).items():
                for kind, arguments in [("", ["--plan", last_plan]), ("public ", ["--public"])]:
                    where = f"{kind}page of the fleet “{name}”"
                    file = scratch / f"{kind}{name}.html".replace(" ", "-")
                    url = report(coop, folder, file, *arguments).as_uri()
                    least, texts = look(chromium, url, where)
                    tables_stay_tables(chromium, url, where)
                    tabs = keyboard(chromium, url, where) if name != "large" else 0
                    on_paper(chromium, url, where, scratch / "page.pdf")
                    forbidden(chromium, url, where)
                    if pictures_to:
                        pictures_to.mkdir(parents=True, exist_ok=True)
                        pictures(chromium, url, file.stem, pictures_to)
                        shutil.copy(scratch / "page.pdf", pictures_to / f"{file.stem}.pdf")
                    print(
                        f"{where}: {texts} contrasts, the least {least:.2f} times what is wanted,"
                        f" {tabs} stops of the keyboard"
                    )
    finally:
        chromium.close()
    return ended(start)


if __name__ == "__main__":
    sys.exit(main())
