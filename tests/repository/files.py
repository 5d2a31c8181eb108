"""The files of the repository: what git has, and what it would take."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def project_files() -> list[Path]:
    """Return every file that is tracked, or would be by `git add`, as it is now."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return [ROOT / name for name in sorted(set(names)) if name and (ROOT / name).is_file()]


def python_files() -> list[Path]:
    """Return the Python files among them."""
    return [path for path in project_files() if path.suffix == ".py"]


def text_files() -> list[tuple[str, str]]:
    """Return each readable file's name in the repository and its text; binary files are left out."""
    found = []
    for path in project_files():
        data = path.read_bytes()
        if b"\0" not in data:
            found.append((str(path.relative_to(ROOT)), data.decode()))
    return found
