"""Check that links between the project's own pages lead somewhere: `make docs`.

Files and headings are looked up; addresses on the web are not, since whether
those answer says nothing about this checkout.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {".venv", ".git", ".gatepost", "build", "dist", "node_modules"}

FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(
    r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE
)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def main() -> int:
    found = (page.relative_to(ROOT) for page in ROOT.rglob("*.md"))
    pages = sorted(ROOT / page for page in found if SKIPPED.isdisjoint(page.parts))
    broken = [line for page in pages for line in broken_links(page)]
    print(*broken, f"{len(broken)} broken links in {len(pages)} pages", sep="\n")
    return 1 if broken else 0


def broken_links(page: Path) -> Iterator[str]:
    """One line for each link of a page to a file or a heading that does not exist."""
    # Blanked rather than cut, so that line numbers stay true.
    text = FENCED.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), page.read_text("utf-8"))
    for match in LINK.finditer(text):
        link = match[1] or match[2]
        if ELSEWHERE.match(link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = page.parent / name if name else page
        where = f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
        if not target.exists():
            yield f"{where}: {link}: there is no such file"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{where}: {link}: there is no such heading"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, formed as GitHub does; repeated ones get -1, -2, ..."""
    seen: dict[str, int] = {}
    found = set()
    for heading in HEADING.findall(FENCED.sub("", page.read_text("utf-8"))):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = seen.get(anchor, 0)
        seen[anchor] = count + 1
        found.add(f"{anchor}-{count}" if count else anchor)
    return found


if __name__ == "__main__":
    sys.exit(main())
