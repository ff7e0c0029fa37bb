"""Owners of leases can be told dead from alive, whatever clocks and PIDs do."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from audiotui.transfer.leases import Owner, boot_clock_s, lease_is_free, process_start


@pytest.fixture
def dead_owner() -> Owner:
    """An owner of this boot whose process has ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = process_start(process.pid)
    process.communicate(b"\n", timeout=30)
    return replace(Owner.this_process(), pid=process.pid, started=started)


def test_an_owner_survives_being_written_down() -> None:
    owner = Owner.this_process()

    assert Owner.parse(str(owner)) == owner


def test_a_running_process_is_alive() -> None:
    assert Owner.this_process().is_alive() is True


def test_a_process_that_ended_is_dead(dead_owner: Owner) -> None:
    assert dead_owner.is_alive() is False


def test_a_zombie_is_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    owner = replace(Owner.this_process(), pid=process.pid, started=process_start(process.pid))
    deadline_s = boot_clock_s() + 30
    while owner.is_alive() and boot_clock_s() < deadline_s:
        pass

    assert owner.is_alive() is False
    process.wait(timeout=30)


def test_another_process_with_the_same_pid_is_not_the_owner() -> None:
    assert replace(Owner.this_process(), started="1").is_alive() is False


def test_nobody_survives_a_restart_of_the_machine() -> None:
    assert replace(Owner.this_process(), boot_id="another boot").is_alive() is False


def test_an_owner_in_another_container_cannot_be_judged() -> None:
    assert replace(Owner.this_process(), pid_namespace="pid:[1]").is_alive() is None


def test_text_that_is_no_owner_is_dead() -> None:
    assert Owner.parse("nonsense").is_alive() is False


def test_the_lease_of_a_dead_owner_is_free_at_once(dead_owner: Owner) -> None:
    assert lease_is_free(str(dead_owner), 1_000_000.0, now_s=0.0)


def test_the_lease_of_a_live_owner_is_never_free_however_late_it_is() -> None:
    assert not lease_is_free(str(Owner.this_process()), 10.0, now_s=1_000_000.0)


@pytest.mark.parametrize(("now_s", "free"), [(9.0, False), (10.0, True)])
def test_time_decides_about_an_owner_that_cannot_be_judged(now_s: float, free: bool) -> None:
    owner = replace(Owner.this_process(), pid_namespace="pid:[1]")

    assert lease_is_free(str(owner), 10.0, now_s=now_s) is free


def test_a_lease_without_an_owner_is_free() -> None:
    assert lease_is_free("", 1_000_000.0, now_s=0.0)
