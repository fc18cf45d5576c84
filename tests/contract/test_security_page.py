"""The grants on the security page equal the tested matrix of grants."""

from __future__ import annotations

import re

from tests.documents import PAGES
from tests.integration.infra.test_grants import ALLOWED, OWNS

PAGE = PAGES["docs/security.md"]


def test_the_table_of_grants_equals_the_matrix() -> None:
    section = PAGE.split("## Grants\n")[1].split("\n## ")[0]
    header, _, *rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|")
    ]

    granted = {
        (role, row[0]): OWNS if cell == "all" else set(re.findall(r"\w+", cell))
        for row in rows
        for role, cell in zip(header[1:], row[1:], strict=True)
        if cell
    }

    assert granted == ALLOWED
