"""Every console block of the README, the tutorial, the how-to pages and the explanations, typed as it stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import matches, steps
from tests.docs.terminal import Terminal

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in (
        ROOT / "README.md",
        *sorted((ROOT / "docs" / "tutorial").glob("*.md")),
        *sorted((ROOT / "docs" / "how-to").glob("*.md")),
        *sorted((ROOT / "docs" / "explanation").glob("*.md")),
    )
    # That one wants a clock of the real speed, and a name server.
    if page.name != "names-at-boot.md" and steps(page, page.read_text())
]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path, {"EC2KIT_SANDBOX": "1"})
    (tmp_path / "run").mkdir(mode=0o700)
    try:
        # A minute in the sandbox is a second here; a page that starts it itself finds this one.
        code, shown = opened.run("ec2kit sandbox start --speed 60")
        assert code == 0, shown
        yield opened
    finally:
        opened.end()


@pytest.mark.docs
@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_page_shows_what_a_reader_will_see(page: Path, terminal: Terminal) -> None:
    for step in steps(page, page.read_text()):
        code, shown = terminal.run(step.command)
        where = f"{page.relative_to(ROOT)}:{step.line}: $ {step.command}"
        assert code == step.exit_code, f"{where}\nended with {code}, not {step.exit_code}:\n{shown}"
        assert matches(step.expected, shown), f"{where}\nshowed:\n{shown}"
