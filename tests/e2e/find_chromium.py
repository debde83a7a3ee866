"""Prints the path of a Chromium that starts, bringing one where there is none: `python -m tests.e2e.find_chromium`.

In this order: $CHROMIUM, the search path, the distribution's package (as root), Playwright's own download.
What happens on the way goes to the error output.
"""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


def starts(path):
    # Some distributions put a script under the name that only says where to get the browser.
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def on_search_path():
    return next((path for name in NAMES if (path := shutil.which(name)) and starts(path)), None)


def run(*command, **environment):
    print("+", *command, file=sys.stderr)
    return subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, env=os.environ | environment).returncode


def from_distribution():
    if os.name == "nt" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    # An update may fail for a source that has nothing to do with this, so its outcome is the install's.
    run("apt-get", "update", "-q")
    run("apt-get", "install", "-q", "-y", "chromium", DEBIAN_FRONTEND="noninteractive")
    return on_search_path()


def from_playwright():
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not starts(path):
        run(sys.executable, "-m", "playwright", "install", "chromium")
    return path if starts(path) else None


def find():
    if chosen := os.environ.get("CHROMIUM"):
        if not starts(chosen):
            sys.exit(f"CHROMIUM is {chosen}, which does not start.")
        return chosen
    path = on_search_path() or from_distribution() or from_playwright()
    return path or sys.exit("No Chromium was found or could be installed; set CHROMIUM to the path of one.")


if __name__ == "__main__":
    print(find())
