"""A password of any characters survives both libraries that parse the URL."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest

from expectations import checker
from features.platform.settings import Warehouse


@pytest.mark.parametrize("password", ["plain", "a$HOME/@:%41 +${X}?#", "ключ 'и\"знаки"])
def test_a_password_of_any_characters_is_quoted_whole(password: str) -> None:
    url = Warehouse(port=54321, score_password=password).url("score")

    quoted = checker._quoted(url)

    assert unquote(urlsplit(quoted).password or "") == password
    assert not set("$ +{}'\"") & set(urlsplit(quoted).password or "")
    assert quoted.endswith("@127.0.0.1:54321/warehouse")
