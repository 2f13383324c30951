"""Runs a command on a pseudo-terminal and types into it.

usage: terminal.py COMMAND...      with [[keys, pattern], ...] as JSON on standard input: after each keys the terminal must
                                   show the regular expression (colours removed) within ten seconds
Prints all that the terminal showed and exits with the command's code; 99 when a pattern did not appear.
"""
import fcntl, json, os, pty, re, select, struct, sys, termios, time

STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
steps = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))


def read(seconds):
    """What the terminal shows within this time; None at its end."""
    if not select.select([terminal], [], [], seconds)[0]:
        return ""
    try:
        return os.read(terminal, 65536).decode("utf-8", "replace") or None
    except OSError:
        return None


def code():
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


for keys, pattern in steps:
    os.write(terminal, keys.encode())
    shown, end = "", time.time() + 10
    while not re.search(pattern, STYLE.sub("", shown)):
        more = read(0.1)
        shown += more or ""
        if more is None or time.time() > end:
            sys.stdout.write(shown + f"\n[{pattern!r} did not appear after {keys!r}]\n")
            os.kill(child, 9)
            code()
            sys.exit(99)
    sys.stdout.write(shown)
end = time.time() + 10
while (more := read(0.1)) is not None and time.time() < end:
    sys.stdout.write(more)
if time.time() > end:
    os.kill(child, 9)
sys.stdout.flush()
sys.exit(code() % 256)
