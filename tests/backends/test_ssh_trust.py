"""Hosts are never trusted silently, no credential goes to a host that is not trusted, and refusals say what to do."""

from __future__ import annotations

import base64
import logging
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import paramiko
import pytest

from audiotui.backends import again
from audiotui.backends.hostkeys import HostKey, KeyState, seen_key, trust
from audiotui.backends.options.scp import OPENSSH, PARAMIKO, ScpOptions
from audiotui.backends.scp import ScpBackend
from audiotui.errors import AccessDenied, HostKeyChanged, LocationError, NotSupported, UnknownHostKey, Unreachable
from audiotui.model import SecretStr
from tests.backends.sshhosts import changed, host_line, open_once
from tests.contracts.samples import content_of
from tests.faults import read_only
from tests.servers.openssh import make_key
from tests.servers.process import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from tests.servers.openssh import OpenSsh

CANARY = "canary-passphrase-5c1d"

both = pytest.mark.parametrize("transport", [PARAMIKO, OPENSSH])


@pytest.fixture
def known(tmp_path: Path) -> Path:
    return tmp_path / "ssh" / "known_hosts"


@pytest.fixture
def options(openssh: OpenSsh, sshd: ExitStack, tmp_path: Path, known: Path) -> ScpOptions:
    del sshd
    return openssh.options(tmp_path / "nas", known_hosts=known)


@both
def test_an_unknown_host_is_refused_with_the_way_out(options: ScpOptions, known: Path, transport: str) -> None:
    with pytest.raises(UnknownHostKey) as caught:
        open_once(changed(options, transport=transport))

    assert "audiotui locations trust nas" in caught.value.hint
    assert not known.exists()


@both
def test_a_key_that_was_looked_at_and_trusted_lets_us_in(options: ScpOptions, known: Path, transport: str) -> None:
    key = seen_key(options, location="nas")
    assert key.state is KeyState.UNKNOWN
    assert key.fingerprint.startswith("SHA256:")

    assert trust(options, key, location="nas") == known
    trust(options, key, location="nas")

    assert seen_key(options, location="nas").state is KeyState.TRUSTED
    assert known.read_text().count("\n") == 1
    assert known.stat().st_mode & 0o777 == 0o600
    open_once(changed(options, transport=transport))


def test_a_link_to_nowhere_in_the_place_of_the_trusted_keys_is_told(options: ScpOptions, known: Path) -> None:
    known.parent.mkdir()
    known.symlink_to("gone/known_hosts")

    with pytest.raises(LocationError, match="the trusted host key of nas") as caught:
        trust(options, HostKey("nas", "ssh-ed25519", b"key"), location="nas")

    assert f"a link to {known.parent}/gone/known_hosts" in caught.value.hint


def test_trusted_keys_in_a_folder_that_cannot_be_written_are_told(options: ScpOptions, known: Path) -> None:
    known.parent.mkdir()

    with read_only(known.parent), pytest.raises(LocationError, match="the trusted host key of nas") as caught:
        trust(options, HostKey("nas", "ssh-ed25519", b"key"), location="nas")

    assert "known_hosts" in caught.value.hint


@pytest.mark.parametrize(
    ("kind", "name"),
    [("ssh-ed25519", "ed25519"), ("ssh-rsa", "rsa"), ("rsa-sha2-512", "rsa"), ("ecdsa-sha2-nistp256", "ecdsa")],
)
def test_a_key_is_compared_with_the_file_of_its_own_kind(kind: str, name: str) -> None:
    assert HostKey("nas", kind, b"key").host_file == f"/etc/ssh/ssh_host_{name}_key.pub"


@both
def test_a_changed_key_stops_everything(openssh: OpenSsh, options: ScpOptions, known: Path, transport: str) -> None:
    known.parent.mkdir()
    known.write_text(host_line(openssh, key="stranger"))

    with pytest.raises(HostKeyChanged, match="another key than the one that was trusted") as caught:
        open_once(changed(options, transport=transport))

    way_out = "ssh-keygen -R" if transport == PARAMIKO else "how to remove the old key: audiotui locations trust nas"
    assert way_out in caught.value.hint
    with pytest.raises(HostKeyChanged):
        trust(options, seen_key(options, location="nas"), location="nas")
    assert known.read_text() == host_line(openssh, key="stranger")


@both
def test_a_revoked_key_stops_everything(openssh: OpenSsh, options: ScpOptions, known: Path, transport: str) -> None:
    known.parent.mkdir()
    known.write_text(host_line(openssh) + "@revoked " + host_line(openssh, names="*"))

    with pytest.raises(HostKeyChanged):
        open_once(changed(options, transport=transport))


def test_names_may_be_hashed_patterns_or_many(openssh: OpenSsh, options: ScpOptions, known: Path) -> None:
    known.parent.mkdir()
    name = f"[127.0.0.1]:{openssh.port}"
    hashed = paramiko.HostKeys.hash_host(name)
    for names in (hashed, f"other,{name}", f"[127.0.0.*]:{openssh.port}", "*"):
        known.write_text(f"# a comment\n\nnonsense\n{host_line(openssh, names=names)}")
        open_once(options)
    for names in (f"!{name},*", "127.0.0.1", paramiko.HostKeys.hash_host("127.0.0.1"), "|1|bad|=="):
        known.write_text(host_line(openssh, names=names))
        with pytest.raises(UnknownHostKey):
            open_once(options)


@both
def test_lines_that_make_no_sense_hide_no_others(
    openssh: OpenSsh, options: ScpOptions, known: Path, transport: str
) -> None:
    known.parent.mkdir()
    nonsense = (
        b"\x00\xff\xfe junk\nhost ssh-ed25519 \xc3\xa9\xc3\xa9\n|1|\xc3\xa9|x ssh-rsa AAAA\n@odd h k b\nh ssh-rsa !!\n"
    )
    known.write_bytes(nonsense + host_line(openssh).encode())

    open_once(changed(options, transport=transport))


def test_a_host_that_shows_a_key_of_another_kind_than_the_known_one_is_asked_for_that_kind(
    openssh: OpenSsh, options: ScpOptions, known: Path
) -> None:
    known.parent.mkdir()
    make_key(openssh.folder / "ecdsa", kind="ecdsa")
    known.write_text(host_line(openssh, key="ecdsa"))

    with pytest.raises(HostKeyChanged):
        open_once(options)


def test_no_credential_is_sent_to_a_host_whose_key_has_changed(openssh: OpenSsh, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    with listening_host(openssh) as (port, seen):
        known.write_text(host_line(openssh, key="host_key", names=f"[127.0.0.1]:{port}"))
        options = openssh.options(tmp_path, known_hosts=known, port=port)
        with pytest.raises(HostKeyChanged):
            open_once(options)
        with pytest.raises(HostKeyChanged):
            open_once(changed(options, transport=OPENSSH))

    assert seen == []


def test_a_host_with_old_algorithms_alone_is_refused_in_words(openssh: OpenSsh, tmp_path: Path) -> None:
    with (
        listening_host(openssh, ciphers=("aes128-cbc",), macs=("hmac-sha1",)) as (port, seen),
        pytest.raises(NotSupported, match="no longer safe"),
    ):
        open_once(openssh.options(tmp_path, port=port))

    assert seen == []


@both
def test_a_host_that_nobody_answers_at_is_unreachable(options: ScpOptions, transport: str) -> None:
    with pytest.raises(Unreachable, match="refused"):
        open_once(changed(options, port=free_port(), transport=transport))


@both
def test_a_host_that_accepts_and_says_nothing_is_unreachable(options: ScpOptions, transport: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Unreachable):
            open_once(changed(options, port=port, transport=transport, connect_timeout=1))


def test_a_port_of_another_service_is_told_as_such(options: ScpOptions) -> None:
    def hang_up() -> None:
        for _ in range(1 + len(again.PAUSES_S)):
            service.accept()[0].close()

    with socket.create_server(("127.0.0.1", 0)) as service:
        port = service.getsockname()[1]
        hangs_up = threading.Thread(target=hang_up)
        hangs_up.start()
        with pytest.raises(Unreachable, match="no SSH server answers there"):
            open_once(changed(options, port=port))
        hangs_up.join()


@pytest.mark.parametrize("below", ["", "further/down"])
def test_a_folder_that_cannot_be_made_is_no_missing_file(options: ScpOptions, tmp_path: Path, below: str) -> None:
    (tmp_path / "a file").write_text("in the way")
    trust(options, seen_key(options, location="nas"), location="nas")
    backend = ScpBackend("nas", changed(options, remote_path=str(tmp_path / "a file" / below)), library_id="library-1")

    with (
        pytest.raises(LocationError, match="its folder on the host is not there and cannot be made") as caught,
        backend,
    ):
        backend.put_small("key", b"x", sha256=content_of(b"x").sha256)

    assert not caught.value.retryable
    assert "remote_path" in caught.value.hint


def test_a_key_with_a_passphrase_opens_with_it_alone_and_it_is_never_shown(
    openssh: OpenSsh, sshd: ExitStack, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = tmp_path / "locked"
    make_key(key, passphrase=CANARY)
    keys = openssh.folder / "authorized_keys"
    keys.write_text(keys.read_text() + key.with_suffix(".pub").read_text())
    options = openssh.options(tmp_path / "nas", identity_file=key)
    shown = []

    with caplog.at_level(logging.DEBUG):
        open_once(changed(options, passphrase=SecretStr(CANARY)))
        for passphrase in (None, SecretStr(f"{CANARY}-wrong")):
            with pytest.raises(AccessDenied, match="passphrase") as caught:
                open_once(changed(options, passphrase=passphrase))
            shown += [str(caught.value), repr(caught.value.__cause__), repr(options)]

    assert CANARY not in "\n".join([*shown, caplog.text])


@pytest.mark.parametrize(
    ("problem", "way_out"),
    [
        ("missing", "Correct identity_file."),
        ("readable", "chmod 600"),
        ("no key", "Correct identity_file"),
        ("folder", "a file inside it"),
        ("public half", "private one"),
    ],
)
def test_a_key_that_cannot_be_used_is_told(
    options: ScpOptions, openssh: OpenSsh, tmp_path: Path, problem: str, way_out: str
) -> None:
    key = tmp_path / "key"
    if problem == "readable":
        make_key(key)
        key.chmod(0o644)
    elif problem == "no key":
        key.touch(mode=0o600)
    elif problem == "folder":
        key.mkdir()
    elif problem == "public half":
        make_key(key)
        key = key.with_suffix(".pub")
    trusted = changed(options, known_hosts=openssh.known_hosts, identity_file=key)

    with pytest.raises(AccessDenied) as caught:
        open_once(trusted)

    assert str(key) in caught.value.message
    assert way_out in caught.value.hint


def test_a_key_that_others_can_read_is_told_by_the_ssh_program_too(
    options: ScpOptions, known: Path, openssh: OpenSsh, tmp_path: Path
) -> None:
    known.parent.mkdir()
    known.write_text(host_line(openssh))
    key = tmp_path / "key"
    key.write_bytes(openssh.identity.read_bytes())
    key.chmod(0o644)

    with pytest.raises(AccessDenied, match=f"does not let us in: Permissions 0644 for '{key}' are too open"):
        open_once(changed(options, identity_file=key, transport=OPENSSH))


def test_a_folder_that_has_lost_its_mark_is_unreachable(openssh: OpenSsh, sshd: ExitStack, tmp_path: Path) -> None:
    backend = ScpBackend("nas", openssh.options(tmp_path), library_id="library-1", used_before=True)

    with pytest.raises(Unreachable, match="lost the mark") as caught:
        backend.open()

    assert "echo library-1 >>" in caught.value.hint
    backend.close()


@contextmanager
def listening_host(
    openssh: OpenSsh, *, ciphers: tuple[str, ...] = (), macs: tuple[str, ...] = ()
) -> Iterator[tuple[int, list[str]]]:
    """A host of our own with another key, that notes every attempt to log in; its port and the attempts."""
    seen: list[str] = []
    ended = threading.Event()

    class Listener(paramiko.ServerInterface):
        def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
            seen.append(f"{username} {base64.b64encode(key.asbytes()).decode()}")
            return paramiko.common.AUTH_FAILED

        def check_auth_none(self, username: str) -> int:
            seen.append(username)
            return paramiko.common.AUTH_FAILED

    def serve(listener: socket.socket) -> None:
        while not ended.is_set():
            try:
                end, _ = listener.accept()
            except OSError:
                return
            with paramiko.Transport(end) as transport:
                options = transport.get_security_options()
                options.ciphers = ciphers or options.ciphers
                options.digests = macs or options.digests
                transport.add_server_key(paramiko.Ed25519Key.from_private_key_file(str(openssh.folder / "stranger")))
                try:
                    transport.start_server(server=Listener())
                except (paramiko.SSHException, EOFError, OSError):
                    continue
                transport.join(10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], seen
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)
