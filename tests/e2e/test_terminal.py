"""What a person at a terminal sees and leaves behind: a pseudo-terminal plays it."""

import fcntl
import json
import os
import signal
import subprocess
import termios
import time

import pytest

PATIENCE_S = 180


def take_terminal():
    """In the child: it owns the terminal, and hears its keys even under a shell that does not."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)


class Screen:
    """A pseudo-terminal and the program that has it."""

    def __init__(self, env, *argv):
        self.keys, screen = os.openpty()
        self.program = subprocess.Popen(
            argv, stdin=screen, stdout=screen, stderr=screen, env=env, start_new_session=True,
            preexec_fn=take_terminal)
        self.screen = screen
        self.seen = b""

    def echoes(self):
        return bool(termios.tcgetattr(self.screen)[3] & termios.ECHO)

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, f"waited in vain for {what}; seen: {self.seen!r}"
            time.sleep(0.01)

    def read(self):
        os.set_blocking(self.keys, False)
        try:
            self.seen += os.read(self.keys, 65536)
        except BlockingIOError:
            pass
        return self.seen

    def type(self, text):
        os.write(self.keys, text)

    def close(self):
        if self.program.poll() is None:
            self.program.kill()
        self.program.wait(PATIENCE_S)
        os.close(self.keys)
        os.close(self.screen)


@pytest.fixture
def on_screen(home):
    screens = []

    def start(*argv):
        screens.append(Screen(home, *argv))
        return screens[-1]
    yield start
    for screen in screens:
        screen.close()


def names(home):
    answer = subprocess.run(["curbstop", "secret", "ls", "--json"], env=home, text=True,
                            stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return [secret["name"] for secret in json.loads(answer.stdout)["secrets"]]


def test_what_is_typed_is_not_shown(on_screen, home):
    screen = on_screen("curbstop", "secret", "set", "HF_TOKEN")
    screen.until(lambda: not screen.echoes(), "the prompt")
    screen.type(b"hf_very_secret\n")
    assert screen.program.wait(PATIENCE_S) == 0
    assert screen.echoes()
    assert b"hf_very_secret" not in screen.read()
    assert names(home) == ["HF_TOKEN"]


@pytest.mark.parametrize("key, number", [(b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)])
def test_ctrl_c_at_the_prompt_gives_the_echo_back(on_screen, home, key, number):
    screen = on_screen("curbstop", "secret", "set", "HF_TOKEN")
    screen.until(lambda: not screen.echoes(), "the prompt")
    screen.type(b"hf_half" + key)
    assert screen.program.wait(PATIENCE_S) == -number
    assert screen.echoes()
    assert b"hf_half" not in screen.read()
    assert names(home) == []


def test_a_signal_from_outside_gives_the_echo_back(on_screen):
    screen = on_screen("curbstop", "secret", "set", "HF_TOKEN")
    screen.until(lambda: not screen.echoes(), "the prompt")
    screen.program.terminate()
    assert screen.program.wait(PATIENCE_S) == -signal.SIGTERM
    assert screen.echoes()


def test_ctrl_z_gives_the_echo_back_and_fg_asks_again(on_screen, home):
    screen = on_screen("sh", "-c", "set -m; curbstop secret set HF_TOKEN; echo stopped; read go; fg")
    screen.until(lambda: not screen.echoes(), "the prompt")
    screen.type(b"\x1a")
    screen.until(lambda: b"stopped" in screen.read(), "the shell")
    assert screen.echoes()
    screen.type(b"\n")
    screen.until(lambda: not screen.echoes(), "the prompt again")
    screen.type(b"value\n")
    screen.program.wait(PATIENCE_S)
    assert screen.echoes()
    assert names(home) == ["HF_TOKEN"]
