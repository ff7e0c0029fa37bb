"""The SSH client inside this program: connecting, judging the host's key, logging in, streams over channels.

Only paramiko's transport is used. Its ready-made file calls accept damage (a failed write in the middle, a file that
ends early, a close that failed), so none of them is ever called.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from audiotui.backends.hostkeys import HostKey, KeyState, judge, known_keys, refuse
from audiotui.backends.sftp.failures import ConnectionLost
from audiotui.backends.ssh.buffers import EagerSocket, PacketBuffer
from audiotui.backends.ssh.failures import CannotConnect, NoMoreSessions, Refused, TooOld
from audiotui.backends.ssh.identity import MOST_KEYS, keys_for
from audiotui.backends.ssh.target import Target, find_target
from audiotui.cleanup import on_failure
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audiotui.backends.options import ScpOptions

WINDOW_BYTES = 8 * 1024 * 1024
PACKET_BYTES = 256 * 1024
"""Measured: eight times what paramiko asks for by default; each packet costs the same time, however big it is."""

REKEY_BYTES = 2 * 1024 * 1024 * 1024
"""New keys after so many bytes; the algorithms bear far more (RFC 5647), and paramiko's half GiB costs a pause each."""

KEEPALIVE_S = 15

_LOG_CHANNEL = "audiotui.paramiko"
logging.getLogger(_LOG_CHANNEL).setLevel(logging.CRITICAL)  # its errors are raised here, in our words

_WEAK = {
    "ciphers": ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"),
    "macs": ("hmac-sha1", "hmac-md5", "hmac-sha1-96", "hmac-md5-96"),
    "kex": ("diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1", "diffie-hellman-group-exchange-sha1"),
}
_FIRST_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""They encrypt and prove in one pass; paramiko itself would take them last."""

_RSA = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
"""A key of this kind is used with these signatures; the old one is broken."""


_NO_GREETING = "Error reading SSH protocol banner"
"""What paramiko says where a server says nothing, hangs up, or speaks another protocol."""

_ENDINGS = (OSError, EOFError, paramiko.SSHException)
"""What paramiko raises of a connection that has ended."""


class InsideConnection:
    """A logged-in connection; close it. Several threads may open streams, each stream is for one thread."""

    def __init__(self, target: Target, *, location: str) -> None:
        self._opened: list[Any] = []
        self._opening = threading.Lock()
        self._target = target
        with on_failure(self.close), _translated(target):
            self._transport = _log_in(target, location, self._opened)

    @property
    def is_alive(self) -> bool:
        """False once the connection has ended."""
        return self._transport.is_active()

    def open_files(self) -> ChannelStream:
        """A stream to a file server of the host."""
        with _translated(self._target):
            channel = self._new_channel()
            channel.invoke_subsystem("sftp")
        return ChannelStream(channel)

    def run(self, command: str) -> ChannelStream:
        """A stream to a program of the host; ``command`` is a constant of ours, never anything from outside."""
        with _translated(self._target):
            channel = self._new_channel()
            channel.exec_command(command)
        return ChannelStream(channel)

    def _new_channel(self) -> paramiko.Channel:
        """One at a time: paramiko hands the refusal of one thread's channel to another's."""
        with self._opening:
            try:
                channel = self._transport.open_session(timeout=self._target.connect_timeout_s)
            except paramiko.SSHException as error:
                if self._transport.is_active():
                    raise NoMoreSessions(f"it opens no further session: {_words(error)}") from error
                raise
        channel.in_buffer = cast("Any", PacketBuffer())  # nothing comes before a program was asked for
        return channel

    def close(self) -> None:
        """End the connection, and those that it was reached through."""
        _close_all(self._opened)


class ChannelStream:
    """A channel of a connection as a stream of bytes."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel
        self._descriptor = channel.fileno()

    @property
    def is_alive(self) -> bool:
        """False once the channel or its connection has ended."""
        return not (self._channel.closed or self._channel.eof_received)

    def fileno(self) -> int:
        """Readable when something can be received."""
        return self._descriptor

    def receive(self) -> bytes:
        """All that has arrived."""
        channel = self._channel
        try:
            if channel.recv_ready():
                # All at once: what is left in the channel's buffer would be copied for each piece that is taken.
                return channel.recv(WINDOW_BYTES)
            if channel.recv_stderr_ready():
                channel.recv_stderr(WINDOW_BYTES)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise ConnectionLost(self._why()) from error
        if channel.closed or channel.eof_received:
            raise ConnectionLost(self._why())
        return b""

    def send(self, pieces: Sequence[bytes | memoryview], wait_s: float) -> int:
        """Send full packets, as many as the window has room for."""
        channel = self._channel
        channel.settimeout(wait_s)
        sent = 0
        try:
            for packet in _packets(pieces, channel.out_max_packet_size - 64):
                taken = channel.send(packet)
                sent += taken
                if taken < len(packet):
                    break
        except TimeoutError:
            return sent
        except _ENDINGS as error:
            raise ConnectionLost(self._why()) from error
        if not sent and channel.closed:
            raise ConnectionLost(self._why())
        return sent

    def close(self) -> None:
        """Close the channel."""
        with suppress(*_ENDINGS):
            self._channel.close()

    def _why(self) -> str:
        error = self._channel.get_transport().get_exception()
        return _words(error) if error is not None else "the host ended the connection"


def look_at_key(options: ScpOptions, *, location: str) -> HostKey:
    """What ``hostkeys.seen_key`` promises."""
    from audiotui.backends.ssh.errors import as_error

    opened: list[Any] = []
    try:
        target = find_target(options)
        with _translated(target):
            return _shown(target, location, opened)
    except (CannotConnect, Refused, TooOld) as error:
        known = as_error(error, location=location, host=options.host, key="")
        raise (known or error) from error
    finally:
        _close_all(opened)


def _shown(target: Target, location: str, opened: list[Any]) -> HostKey:
    """The host's key, or that of the first on the way to it which is not trusted."""
    if target.jump is not None:
        with _on_the_way(target.jump):
            key = _shown(target.jump, location, opened)
        if key.state is not KeyState.TRUSTED:
            return replace(key, leads_to=target.known_as)
    return _judged(_start(target, location, opened), target)


def _close_all(opened: list[Any]) -> None:
    """Close transports and sockets, the last one first; what has ended already says so in vain."""
    for one in reversed(opened):
        with suppress(*_ENDINGS):
            one.close()
    opened.clear()


def _packets(pieces: Sequence[bytes | memoryview], most_bytes: int) -> Iterator[bytes]:
    """The bytes in full packets, and a last one that may be short."""
    packet: list[memoryview] = []
    held_bytes = 0
    for piece in pieces:
        view = memoryview(piece)
        while held_bytes + len(view) >= most_bytes:
            room = most_bytes - held_bytes
            yield b"".join((*packet, view[:room]))
            packet.clear()
            held_bytes = 0
            view = view[room:]
        packet.append(view)
        held_bytes += len(view)
    if held_bytes:
        yield b"".join(packet)


def _log_in(target: Target, location: str, opened: list[Any]) -> paramiko.Transport:
    """A transport that is encrypted, whose host has proven who it is, and that has let us in."""
    transport = _start(target, location, opened)
    refuse(_judged(transport, target), host=target.host, known_hosts=target.known_hosts[0], location=location)
    tried = 0
    for key in keys_for(target):
        tried += 1
        try:
            transport.auth_publickey(target.user, key)
        except paramiko.AuthenticationException:
            if tried >= MOST_KEYS or not transport.is_active():
                break
        else:
            transport.set_keepalive(KEEPALIVE_S)
            return transport
    if not tried:
        raise Refused("there is no key to offer", "Give the location an identity_file, or start an agent with ssh-add.")
    what = "the key" if tried == 1 else f"any of the {tried} keys"
    raise Refused(
        f"it does not accept {what} for the user {target.user}",
        "Check user and identity_file, and that the public key is in the host's authorized_keys.",
    )


def _start(target: Target, location: str, opened: list[Any]) -> paramiko.Transport:
    """A transport whose keys are agreed on; what was opened for it is noted for closing."""
    sock = _connect(target, location, opened)
    transport = paramiko.Transport(
        sock, default_window_size=WINDOW_BYTES, default_max_packet_size=PACKET_BYTES, disabled_algorithms=_WEAK
    )
    opened.append(transport)
    transport.set_log_channel(_LOG_CHANNEL)
    transport.banner_timeout = transport.auth_timeout = target.connect_timeout_s
    transport.packetizer.REKEY_BYTES = REKEY_BYTES
    options = transport.get_security_options()
    options.ciphers = [*_FIRST_CIPHERS, *(name for name in options.ciphers if name not in _FIRST_CIPHERS)]
    known = [
        kind for key in known_keys(target.known_as, target.known_hosts) for kind in _RSA.get(key.kind, (key.kind,))
    ]
    # The host is asked for a key of a kind that is known of it, or a sound host might look like a changed one.
    options.key_types = sorted(options.key_types, key=lambda kind: kind not in known)
    transport.start_client(timeout=target.connect_timeout_s)
    return transport


def _connect(target: Target, location: str, opened: list[Any]) -> Any:
    """Something like a socket to the host: a real one, a channel of another host, or a program's pipes."""
    if target.jump is not None:
        with _on_the_way(target.jump):
            through = _log_in(target.jump, location, opened)
        return through.open_channel(
            "direct-tcpip", (target.host, target.port), ("127.0.0.1", 0), timeout=target.connect_timeout_s
        )
    if target.proxy_command:
        proxy = _Proxy(target.proxy_command)
        opened.append(proxy)
        return proxy.sock
    sock = EagerSocket.of(socket.create_connection((target.host, target.port), timeout=target.connect_timeout_s))
    opened.append(sock)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return sock


class _Proxy:
    """The user's own ProxyCommand, whose input and output are one end of a pair of sockets."""

    def __init__(self, command: str) -> None:
        self.sock, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                start_new_session=True,
            )

    def close(self) -> None:
        """End the command."""
        self.sock.close()
        self._process.terminate()
        self._process.wait()


def _judged(transport: paramiko.Transport, target: Target) -> HostKey:
    key = transport.get_remote_server_key()
    return judge(HostKey(target.known_as, key.get_name(), key.asbytes()), target.known_hosts)


@contextmanager
def _translated(target: Target) -> Iterator[None]:
    """Inside it, errors of the network and of paramiko become failures of ours."""
    try:
        yield
    except IncompatiblePeer as error:
        raise TooOld(_words(error)) from error
    except paramiko.AuthenticationException as error:
        raise Refused(_words(error), "Check user and identity_file.") from error
    except TimeoutError as error:
        raise CannotConnect(f"no answer after {target.connect_timeout_s:g} s") from error
    except socket.gaierror as error:
        raise CannotConnect(f"no such host: {error.strerror}") from error
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise CannotConnect(_words(error)) from error


@contextmanager
def _on_the_way(jump: Target) -> Iterator[None]:
    """Inside it, failures of ours say that they are those of a host on the way."""
    try:
        with _translated(jump):
            yield
    except NoMoreSessions:
        raise
    except CannotConnect as error:
        raise CannotConnect(f"its jump host {jump.host} cannot be reached: {error}") from error
    except Refused as error:
        raise Refused(f"at its jump host {jump.host}, {error.why}", error.hint) from error
    except TooOld as error:
        raise TooOld(f"its jump host {jump.host}: {error}") from error


def _words(error: BaseException) -> str:
    """What an error says, without the host's own escape sequences."""
    if _NO_GREETING in str(error):
        return "no SSH server answers there"
    text = getattr(error, "strerror", None) or str(error) or "the connection broke off"
    return safe_text(str(text))[:300].rstrip(".")
