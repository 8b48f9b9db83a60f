"""The workspace that all tools work on: so many users in one file, as benches/scale.rs writes them."""

FIRST = ["Ada", "Grace", "Alan", "Barbara", "Ken"]
LAST = ["Lovelace", "Hopper", "Turing", "Liskov", "Ng", "Orr", "Poe"]


def users(count):
    for at in range(count):
        yield f"""  u{at:06}:
    first_name: {FIRST[at % 5]}
    last_name: {LAST[at // 5 % 7]}
    email: u{at:06}@acme.example
    extension: {100000 + at:06}
    title: Engineer
    rings_before_voicemail: {2 + at % 7}
    voicemail: {{ enabled: true, mailbox: {100000 + at:06} }}
    phones:
      - {{ mac: 00:15:65:{at >> 16 & 255:02x}:{at >> 8 & 255:02x}:{at & 255:02x}, model: yealink_t54w }}
"""


def write(folder, count, url):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "callsheet.yaml").write_text(
        f"portal:\n  kind: sandbox\n  url: {url}\n  credentials: {{ token: {{ env: CALLSHEET_SANDBOX_TOKEN }} }}\n"
    )
    with open(folder / "people.yaml", "w") as out:
        out.write("users:\n")
        out.writelines(users(count))


def write_zone(folder, count):
    """The same users as records of a zone, which is what octoDNS knows."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "acme.example.yaml", "w") as out:
        out.write("---\n")
        for at in range(count):
            out.write(f"u{at:06}:\n  ttl: 300\n  type: TXT\n  value: {value(at)}\n")


def value(at):
    return f"{FIRST[at % 5]} {LAST[at // 5 % 7]} u{at:06}@acme.example {100000 + at:06} Engineer {2 + at % 7}"
