#!/usr/bin/env python3
"""Callsheet and its peers side by side, on the same work and in one run: prints the tables of docs/limits.md.

    cargo build --release --locked && python3 benches/peers/run.py [USERS…]

The peers come from PyPI and npm, into target/peers. Each step is a process of its own, and the median of three runs.
Numbers on a busy machine are noisy; the ratios of one run are not.
"""

import os
import platform
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import workspace

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target" / "peers"
CALLSHEET = Path(os.environ.get("CALLSHEET", ROOT / "target" / "release" / "callsheet"))
RUNS = int(os.environ.get("RUNS", 3))


def install():
    """The peers, once."""
    python = TARGET / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", TARGET / "venv"], check=True)
        packages = ["requests==2.34.2", "PyYAML==6.0.3", "octodns==1.22.0"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
    if shutil.which("npm") and not (TARGET / "node" / "node_modules" / "ajv").exists():
        (TARGET / "node").mkdir(parents=True, exist_ok=True)
        npm = ["npm", "install", "--prefix", TARGET / "node", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
        subprocess.run([*npm, "ajv@8.20.0", "js-yaml@5.5.0"], check=True)
    return python


def once(command):
    """Seconds and peak MB of one run; nothing if it failed."""
    began = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = process.stderr.read().strip()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    if status:
        print(f"{command[0]} failed: {error.decode()[-300:]}", file=sys.stderr)
        return None
    return seconds, usage.ru_maxrss / 1024


def measured(commands):
    """The median of several rounds of all commands, one after the other in each round, so that all share the noise."""
    rounds = [[once(command) for command in commands] for _ in range(RUNS)]
    medians = []
    for runs in zip(*rounds):
        runs = [run for run in runs if run]
        medians.append((statistics.median(run[0] for run in runs), max(run[1] for run in runs)) if runs else None)
    return medians


def serve(database):
    log = open(f"{database}.log", "w+")
    process = subprocess.Popen(
        [CALLSHEET, "sandbox", "serve", "--database", database, "--listen", "127.0.0.1:0"], stdout=log, stderr=log
    )
    for _ in range(600):
        found = re.search(r"http://127\.0\.0\.1:\d+", Path(log.name).read_text())
        if found:
            return process, found.group()
        time.sleep(0.1)
    raise SystemExit("the sandbox doesn't start")


def table(title, ours, rows):
    print(f"\n| {title} | seconds | peak MB | Callsheet is faster |\n|---|---|---|---|")
    for name, result in rows:
        if result is None:
            print(f"| {name} | – | – | – |")
            continue
        seconds, memory = result
        ratio = "" if result is ours or ours is None else f"{seconds / ours[0]:.1f} ×"
        print(f"| {name} | {seconds:.2f} | {memory:.0f} | {ratio} |", flush=True)


def main():
    python = install()
    os.environ["CALLSHEET_SANDBOX_TOKEN"] = secrets.token_hex(16)
    os.environ["PYTHONPATH"] = str(HERE)
    version = subprocess.run([CALLSHEET, "--version"], capture_output=True, text=True).stdout.split()[1]
    print(f"Callsheet {version}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, medians of {RUNS}")
    for count in [int(count) for count in sys.argv[1:]] or [1_000, 100_000]:
        # Outside of the repository, whose history says nothing about it.
        folder = Path(tempfile.mkdtemp(prefix="callsheet-peers-"))
        server, url = serve(folder / "sandbox.db")
        try:
            workspace.write(folder, count, url)
            workspace.write_zone(folder / "zone", count)
            apply = once([CALLSHEET, "-C", folder, "apply", "--yes", "--quiet", "--format", "json"])
            table(f"apply, {count:,} creates", apply, [("Callsheet", apply)])
            results = measured(
                [
                    [CALLSHEET, "-C", folder, "plan"],
                    [python, HERE / "python_plan.py", folder, url],
                    [python, HERE / "octodns_plan.py", folder / "zone", url],
                ]
            )
            names = ["Callsheet", "PyYAML with libyaml, and requests", "octoDNS"]
            table(f"a plan without changes, {count:,} users", results[0], list(zip(names, results)))
            results = measured(
                [
                    [CALLSHEET, "-C", folder, "validate"],
                    ["node", HERE / "ajv_validate.mjs", TARGET / "node" / "node_modules", ROOT / "schema" / "resources.schema.json", folder / "people.yaml"],
                ]
            )
            table(f"validate, {count:,} users", results[0], list(zip(["Callsheet", "ajv with js-yaml"], results)))
        finally:
            server.terminate()
            server.wait()
            shutil.rmtree(folder)


main()
