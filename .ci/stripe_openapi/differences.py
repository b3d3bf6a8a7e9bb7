"""DIFFERENCES.md: where the simulator is allowed to differ from the description, each with its reason."""

import sys

from .description import SIMULATOR

FILE = SIMULATOR / "DIFFERENCES.md"
# How many complaints are printed.
SHOWN_MAX = 200


def allowed(file, heading):
    """The rows of the table below a heading: where, what differs, why."""
    rows, within = {}, False
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            within = line.lstrip("# ") == heading
        if not within or not line.startswith("|") or set(line) <= set("|-: "):
            continue
        cells = [cell.strip().replace("`", "") for cell in line.strip("| ").split(" | ")]
        if len(cells) != 3:
            sys.exit(f"{file}: a row has the columns where, what differs and why: {line}")
        where, what, why = cells
        if where == "where":
            continue
        if not why:
            sys.exit(f"{file}: a difference needs a reason: {line}")
        if (where, what) in rows:
            sys.exit(f"{file}: twice: {line}")
        rows[where, what] = why
    return rows


def hold(file, heading, found):
    """Fails unless what was found, by (where, what) with its count and an example, is what is allowed."""
    rows = allowed(file, heading)
    new = {key: value for key, value in found.items() if key not in rows}
    for (where, what), (count, example) in sorted(new.items())[:SHOWN_MAX]:
        print(f"| {where} | {what} | ({count} times, such as {example})")
    gone = [key for key in rows if key not in found]
    for where, what in gone:
        print(f"no longer: | {where} | {what} |")
    if new or gone:
        sys.exit(f"{len(new)} differences that {file} ({heading}) does not explain, {len(gone)} that are no more")
    print(f"{heading}: {len(rows)} differences, all explained")
