"""What DuckDB says of a report that cannot be read, as a sentence that names the file and the line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ec2kit.errors import Ec2kitError, UsageError

_LINE = re.compile(r"on Line: (\d+)")
_FILE = re.compile(r"file = (.+)")
_COUNT = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_VALUE = re.compile(
    r'Could not convert string "(.*?)" to (\w+)|field (?:format|value out of range): "(.*?)"', re.DOTALL
)
WHOLE_AGAIN = "download it again; reports are only ever written whole"
SHORTENED = 60
"""Characters of a cell that are shown."""


class NoAmount(UsageError):
    """A cell is no amount or no time; which one, only a look at each line tells."""


class Endless(UsageError):
    """A line is longer than any buffer; which one, only a look at each tells."""


@contextmanager
def told(names: Mapping[str, str]) -> Iterator[None]:
    """Given what a person calls each linked file: raises what DuckDB raises in the block as `Ec2kitError`."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise Ec2kitError(
            f"the reports need more room than there is: {_first(str(error))}",
            hint="--memory 4096 gives more memory; EC2KIT_CACHE_DIR names a disk with more room",
        ) from error
    except duckdb.ConversionException as error:
        raise _no_amount(str(error)) from error
    except duckdb.InvalidInputException as error:
        refused = _VALUE.search(str(error))
        raise (_no_amount(str(error)) if refused else _unreadable(str(error), names)) from error
    except duckdb.OutOfRangeException as error:
        raise NoAmount("the amounts of these reports add up to more than anybody's bill") from error
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise _unreadable(str(error), names) from error
    except RuntimeError as error:
        # How its Python module ends a query when a signal has come; the handler's own exception is lost on the way.
        if "interrupted" in str(error):
            raise KeyboardInterrupt from error
        raise


def _no_amount(text: str) -> NoAmount:
    found = _VALUE.search(text)
    if not found:
        return NoAmount(f"a cell cannot be read: {_first(text)}")
    value = next(part for part in (found[1], found[3]) if part is not None)
    return NoAmount(f"'{value[:SHORTENED]}' is no {'amount' if found[2] == 'DECIMAL' else 'time'}")


def _unreadable(text: str, names: Mapping[str, str]) -> Ec2kitError:
    shown = _file(text, names)
    if "Parallel CSV Reader" in text:
        return Endless(f"'{shown}': a line has no end within 2 MB", resource=shown)
    if "GZIP" in text or "gzip" in text:
        return UsageError(f"'{shown}' ends too early, or is damaged (gzip)", hint=WHOLE_AGAIN, resource=shown)
    if line := _LINE.search(text):
        return UsageError(f"'{shown}', line {line[1]}: {_why(text)}", hint=WHOLE_AGAIN, resource=shown)
    if "arquet" in text or "thrift" in text.lower() or "magic bytes" in text:
        return UsageError(f"'{shown}' is damaged (Parquet): {_first(text)}", hint=WHOLE_AGAIN, resource=shown)
    if "No space left" in text or ("write" in text.lower() and "disk" in text.lower()):
        return Ec2kitError(f"the disk is full: {_first(text)}", hint="EC2KIT_CACHE_DIR names another one")
    return UsageError(f"'{shown}' cannot be read: {_first(text)}", resource=shown)


def _why(text: str) -> str:
    if count := _COUNT.search(text):
        return f"{count[2]} columns where the header has {count[1]}"
    if "nicode" in text or "utf-8" in text.lower():
        return "it is not UTF-8"
    if "Maximum line size" in text:
        return "it has no end within 2 MB"
    if "quote" in text.lower():
        return "a quote is not closed"
    return _first(text.partition("\n")[2]) or _first(text)


def _file(text: str, names: Mapping[str, str]) -> str:
    found = _FILE.search(text)
    if found and found[1].strip() in names:
        return names[found[1].strip()]
    return next((shown for path, shown in names.items() if path in text), "a report")


def _first(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return re.sub(r"^[A-Z][\w ]*Error: ", "", line).rstrip(".")
