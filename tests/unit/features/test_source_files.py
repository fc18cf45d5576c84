"""A source is found by its name, and an impossible name is refused in one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from features.platform.errors import ConfigurationError
from features.sources import descriptions, files
from tests.unit.features.test_sources import MINIMAL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder of the user with one source."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "corner-shop.yaml").write_text(yaml.safe_dump(MINIMAL))
    return own


def test_an_own_source_is_found_beside_the_shipped_ones(folder: Path) -> None:
    own = descriptions.load("corner-shop", folder=folder)

    assert own.name == "corner-shop"
    assert own.feeds["transactions"].folder == "landing/corner-shop/transactions"
    assert descriptions.load("synthetic", folder=folder).name == "synthetic"


def test_the_other_suffix_of_yaml_is_found_too(folder: Path) -> None:
    (folder / "corner-shop.yaml").rename(folder / "corner-shop.yml")

    assert descriptions.load("corner-shop", folder=folder).name == "corner-shop"


def test_a_path_needs_no_folder(folder: Path) -> None:
    assert descriptions.load(str(folder / "corner-shop.yaml")).name == "corner-shop"


def test_an_unknown_name_is_refused_with_the_nearest_name_all_names_and_the_folders(
    folder: Path,
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        descriptions.load("cornershop", folder=folder)

    message = str(caught.value)
    assert "\n" not in message
    assert "did you mean 'corner-shop'?" in message
    assert "complete_journey, corner-shop, fraud_handbook, lending_club, online_retail" in message
    assert str(folder) in message
    assert str(files.SHIPPED) in message


def test_a_folder_that_does_not_exist_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent \(does not exist\)"):
        descriptions.load("shop", folder=tmp_path / "absent")


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "-shop", "_shop", "a b", "a.b", "shop\n", "größe"),
        *("s" * 64, "$HOME", "a\0"),
        *("work", "Reports", "faults", "history", "quality-1", "env", "bench", "objects"),
    ],
)
def test_a_name_that_cannot_be_a_folder_of_its_own_is_refused(name: str, folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no name of a source"):
        descriptions.load(name, folder=folder)


@pytest.mark.parametrize("name", ["../own/corner-shop", "/etc/passwd", "a/../../b", "~/shop"])
def test_a_path_leads_to_a_file_or_nowhere(name: str, folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no YAML file"):
        descriptions.load(name, folder=folder)


@pytest.mark.parametrize("name", ["synthetic", "Synthetic", "LENDING_CLUB"])
def test_an_own_file_never_shares_a_name_with_a_shipped_source(name: str, folder: Path) -> None:
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(MINIMAL))

    with pytest.raises(ConfigurationError, match="rename"):
        descriptions.load(name, folder=folder)


def test_two_files_of_one_name_are_refused(folder: Path) -> None:
    (folder / "corner-shop.yml").write_text(yaml.safe_dump(MINIMAL))

    with pytest.raises(ConfigurationError, match="described more than once"):
        descriptions.load("corner-shop", folder=folder)


@pytest.mark.parametrize("stem", ["my shop", "work", "-shop"])
def test_the_name_of_a_file_given_by_path_is_checked_too(stem: str, tmp_path: Path) -> None:
    path = tmp_path / f"{stem}.yaml"
    path.write_text(yaml.safe_dump(MINIMAL))

    with pytest.raises(ConfigurationError, match="is no name of a source"):
        descriptions.load(str(path))


def test_a_description_cannot_state_another_name_than_that_of_its_file(folder: Path) -> None:
    (folder / "corner-shop.yaml").write_text(yaml.safe_dump(MINIMAL | {"name": "../elsewhere"}))

    with pytest.raises(
        ConfigurationError, match=r"corner-shop\.yaml: name: a source has the name of its file"
    ):
        descriptions.load("corner-shop", folder=folder)


def test_an_entry_that_is_not_a_file_is_skipped(folder: Path) -> None:
    (folder / "shop.yaml").mkdir()
    (folder / "gone.yaml").symlink_to(folder / "nowhere")
    (folder / ".hidden.yaml").write_text("a: 1")

    assert list(files.described(folder)) == ["corner-shop"]


@pytest.mark.parametrize("named", ["folder.yaml", "missing.yaml"])
def test_a_path_that_is_not_a_file_is_refused(named: str, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()

    with pytest.raises(ConfigurationError, match="there is no YAML file"):
        descriptions.load(str(tmp_path / named))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_file_is_refused_in_words(folder: Path) -> None:
    (folder / "corner-shop.yaml").chmod(0)

    with pytest.raises(ConfigurationError, match=r"cannot be read: Permission denied"):
        descriptions.load("corner-shop", folder=folder)


def test_the_user_s_folder_may_be_a_file_by_mistake(tmp_path: Path) -> None:
    (tmp_path / "sources").touch()

    with pytest.raises(ConfigurationError, match="cannot be read: Not a directory"):
        descriptions.load("shop", folder=tmp_path / "sources")
