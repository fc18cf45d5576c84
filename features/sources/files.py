"""Finds the YAML file that describes a source by its name, and refuses impossible names.

The name of a source becomes a folder of the landing area and of the local stack's state. So a name
is checked before a path is made of it, and two files never share a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from features.platform.errors import ConfigurationError

SHIPPED = Path(__file__).parent
SUFFIXES = (".yaml", ".yml")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
# folders that the project itself makes next to the folders of the sources
RESERVED = frozenset(
    ("bench", "env", "faults", "history", "landing", "objects", "published", "reports", "work")
)
RESERVED_PREFIX = "quality-"  # the temporary folders of `make quality`


def check_name(name: str) -> str:
    """Return the name of a source.

    Raises:
        ConfigurationError: no folder can have this name, or the project uses that folder.
    """
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no name of a source: use 1 to 63 letters (a-z), digits, _ and -, "
            "starting with a letter or a digit"
        )
    if name.casefold() in RESERVED or name.casefold().startswith(RESERVED_PREFIX):
        raise ConfigurationError(
            f"{name!r} is no name of a source: the project uses a folder of that name; "
            "choose another one"
        )
    return name


def find(name: str, folder: Path | None = None) -> Path:
    """Return the file that describes a source.

    Args:
        name: of the source, or the path of a YAML file.
        folder: the user's own descriptions, searched besides the shipped ones; may be absent.

    Raises:
        ConfigurationError: no file or several files describe it; names the existing ones.
    """
    if is_path(name):
        return _at(Path(name), folder)
    check_name(name)
    shipped, own = described(SHIPPED), described(folder)
    paths: list[Path] = [*shipped.get(name, ()), *own.get(name, ())]
    if len(paths) > 1:
        raise ConfigurationError(
            f"source {name!r} is described more than once: {_listed(paths)}; "
            "rename or remove your own file"
        )
    if not paths:
        raise ConfigurationError(unknown(name, {*shipped, *own}, folder))
    if folder is not None and paths[0].parent == folder:
        _check_no_clash(paths[0], shipped)
    return paths[0]


def is_path(name: str) -> bool:
    """Return whether a source is given as the path of its file."""
    return "/" in name or name.casefold().endswith(SUFFIXES)


def described(folder: Path | None) -> dict[str, list[Path]]:
    """Return the descriptions of a folder by name; none if the folder is absent.

    Raises:
        ConfigurationError: the folder cannot be read.
    """
    files: dict[str, list[Path]] = {}
    try:
        paths = sorted(folder.iterdir()) if folder is not None and folder.exists() else []
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be read: {error.strerror}") from error
    for path in paths:
        if path.suffix.casefold() in SUFFIXES and path.is_file() and path.name[0] != ".":
            files.setdefault(path.stem, []).append(path)
    return files


def unknown(name: str, known: Iterable[str], folder: Path | None) -> str:
    """Return the message for a name without a file: the nearest name, all names, the folders."""
    names = sorted(known)
    by_folded = {known_name.casefold(): known_name for known_name in names}
    nearest = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    hint = f"did you mean {by_folded[nearest[0]]!r}? " if nearest else ""
    places = [str(SHIPPED)]
    if folder is not None:
        places.append(f"{folder.absolute()}{'' if folder.is_dir() else ' (does not exist)'}")
    return (
        f"no source is named {name!r}: {hint}there are {', '.join(names)}; "
        f"searched for {name}.yaml in {' and in '.join(places)}"
    )


def _at(path: Path, folder: Path | None) -> Path:
    if path.is_file() and path.suffix.casefold() in SUFFIXES:
        check_name(path.stem)
        return path
    names = {*described(SHIPPED), *described(folder)}
    hint = f"; a name is given without its suffix: {path.stem}" if path.stem in names else ""
    raise ConfigurationError(
        f"there is no YAML file {path.absolute()}{hint}; there are the sources: "
        f"{', '.join(sorted(names))}"
    )


def _check_no_clash(path: Path, shipped: Iterable[str]) -> None:
    """Refuse `Synthetic.yaml`: some file systems keep one folder for it and for `synthetic`."""
    twin = next((name for name in shipped if name.casefold() == path.stem.casefold()), None)
    if twin is not None:
        raise ConfigurationError(
            f"{path} has the name of the shipped source {twin!r}: rename your own file"
        )


def _listed(paths: Iterable[Path]) -> str:
    return ", ".join(str(path) for path in paths)
