"""`ektp sync` ends well only when nothing that was checked failed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from station.cli import main
from station.cli.exit_codes import Exit
from station.web.owner_socket import owner_socket


def _synced(folder: Path, problems: list[str]) -> Result:
    """The command beside an owner whose turn came to this."""
    config = folder / "station.toml"
    config.write_text(f'data = "{folder}"\n')
    report = {"sent_bytes": 10, "receipts": 1, "print_ready_records": 0, "problems": problems}

    def turn(command: str, _: Mapping[str, Any]) -> Mapping[str, Any]:
        assert command == "sync"
        return report

    async def beside_the_owner() -> Result:
        async with owner_socket(folder, turn):
            return await asyncio.to_thread(CliRunner().invoke, main, ["sync", "--config", str(config)])

    return asyncio.run(beside_the_owner())


@pytest.mark.parametrize(
    ("problems", "code"), [([], Exit.DONE), (["forged_receipt record-1"], Exit.NOT_HELD)], ids=["well", "forged"]
)
def test_a_turn_with_a_problem_shows_it_and_does_not_end_well(tmp_path: Path, problems: list[str], code: Exit) -> None:
    done = _synced(tmp_path, problems)
    assert done.exit_code == code
    assert [line for line in done.stdout.splitlines() if line.startswith("!")] == [f"! {each}" for each in problems]
