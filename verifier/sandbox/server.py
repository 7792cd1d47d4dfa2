# The fork server: it runs as process 1 of a sandbox, has the common modules loaded,
# and becomes a new process for each program. It never reads what a program wrote;
# how a program ended it knows from the kernel. Everything below runs at the top of
# the module so that a program has one frame above it.
import sys, os, gc, json, struct, select, ctypes, atexit, builtins, types, resource, _signal, _socket
from importlib.machinery import SourceFileLoader

# Not threading and random: they run code after every fork, which costs more than it
# costs the programs that need them to import them.
for _name in (
    "abc", "array", "bisect", "cmath", "collections", "collections.abc", "contextlib", "copy", "dataclasses",
    "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "inspect", "io", "itertools",
    "math", "numbers", "operator", "re", "string", "typing", "unicodedata",
):
    __import__(_name)

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_RULESET = 62  # rulesetFD


def _compiled(steps):
    """Makes the memory of the steps once, so that a child only has to call."""
    out = []
    for s in steps or ():
        args, patches = [], []
        for a in s["args"] or ():
            if a.get("memory") is None:
                args.append(None if a.get("last") else ctypes.c_ulong(a.get("value", 0)))
                continue
            memory = ctypes.create_string_buffer(_bytes(a["memory"]), len(_bytes(a["memory"])))
            if a.get("inner") is not None:
                inner = ctypes.create_string_buffer(_bytes(a["inner"]), len(_bytes(a["inner"])))
                struct.pack_into("Q", memory, a.get("inner_at", 0), ctypes.addressof(inner))
                patches += [ctypes.c_uint32.from_buffer(inner, at) for at in a.get("pid_at") or ()]
            args.append(memory)
        out.append((s["name"], ctypes.c_long(s["number"]), args, patches))
    return out


def _bytes(text):
    import base64

    return base64.b64decode(text)


def _take(steps):
    last = 0
    for name, number, args, pids in steps:
        for pid in pids:
            pid.value = os.getpid()
        last = _libc.syscall(number, *[ctypes.c_long(last) if a is None else a for a in args])
        if last < 0:
            raise OSError(ctypes.get_errno(), "%s: %s" % (name, os.strerror(ctypes.get_errno())))


def _fresh_files():
    """Gives the next program an empty folder; the filter keeps programs from leaving
    more on the folder itself than its mode and times. A program can make one that
    cannot be emptied: then this sandbox is of no more use."""
    folder = _setup["folder"]
    try:
        os.chmod(folder, 0o700)
        if os.listdir(folder) == [os.path.basename(_setup["path"])] and not os.path.isdir(_setup["path"]):
            os.unlink(_setup["path"])
        else:
            _empty(folder)
        os.utime(folder, (0, 0))
    except OSError:
        return False
    return True


def _empty(folder):
    """Removes what is in a folder, however deep, without recursion."""
    found, folders = [folder], []
    while found:
        here = found.pop()
        folders.append(here)
        os.chmod(here, 0o700)
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    found.append(entry.path)
                else:
                    os.unlink(entry.path)
    for here in reversed(folders[1:]):
        os.rmdir(here)


def _quit():
    """Ends with the pool, and leaves nothing behind."""
    if _setup["on_host"]:
        try:
            _empty(_setup["folder"])
            os.rmdir(_setup["folder"])
        except OSError:
            pass
    os._exit(0)


def _fault(text):
    """Ends because of a fault of the machine, which the pool is told if it is there."""
    try:
        _control.send(b"E" + text.encode()[:4000])
    finally:
        _quit()


def _receive():
    while True:
        message, rights, _, _ = _control.recvmsg(64, _socket.CMSG_SPACE(16))
        if not message:
            _quit()
        if rights:  # else an order that came too late: its program had ended
            return struct.unpack("=qqq", message), list(struct.unpack("4i", rights[0][2]))


def _watch(pid, job):
    """Waits for the program; an order with its number ends it."""
    handle = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(_control, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == handle:
                os.close(handle)
                return
            order = _control.recv(64)
            if not order or struct.unpack("=q", order)[0] == job:
                os.kill(pid, _signal.SIGKILL)
            if not order:
                os.waitpid(pid, 0)
                _quit()


def _become(size, cpu, fds):
    """Turns this process into one that has nothing but the program's own."""
    for number in range(3):
        os.dup2(fds[number], number)
    source = os.pread(fds[3], size, 0)
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))  # a signal, then the end
    os.chdir(_setup["folder"])
    file = os.open(_setup["path"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    written = 0
    while written < size:
        written += os.write(file, source[written:])
    _take(_program_steps)
    os.closerange(3, 4096)
    _control.detach()
    return source


def _stage():
    """Prepares what each program finds; each gets a copy of it by fork."""
    sys.argv[:] = [_setup["path"]]
    sys.path[0] = _setup["folder"]
    main = types.ModuleType("__main__")
    main.__file__, main.__cached__, main.__builtins__ = _setup["path"], None, builtins
    main.__loader__ = SourceFileLoader("__main__", _setup["path"])
    main.__dict__["__annotations__"] = {}
    server = sys.modules["__main__"]
    sys.modules["__main__"] = main
    return main, server


def _parse(source):
    try:
        return compile(source, _setup["path"], "exec", dont_inherit=True)
    except ValueError as e:  # zero bytes, before Python 3.12
        raise SyntaxError(str(e)) from None


def _exit_status(e):
    if e.code is None:
        return 0
    if isinstance(e.code, int):
        return e.code & 0xFF if -(1 << 63) <= e.code < 1 << 63 else 0xFF
    sys.stdout.flush()
    print(e.code, file=sys.stderr)
    return 1


def _failed(e, parsing):
    """Reports an exception as the interpreter does."""
    if isinstance(e, SystemExit):
        return _exit_status(e)
    tb = None if parsing else e.__traceback__.tb_next
    sys.last_type, sys.last_value, sys.last_traceback = type(e), e.with_traceback(tb), tb
    try:
        sys.excepthook(type(e), e, tb)
    except BaseException as worse:
        print("Error in sys.excepthook:", file=sys.stderr)
        worse.__context__ = None
        sys.__excepthook__(type(worse), worse.with_traceback(worse.__traceback__.tb_next), worse.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(e), e, tb)
    if isinstance(e, KeyboardInterrupt):
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        os.kill(os.getpid(), _signal.SIGINT)
    return 1


def _flushed(status):
    for stream in (sys.stdout, sys.stderr):
        try:
            if not stream.closed:
                stream.flush()
        except BaseException as e:
            if status != 120:
                print("Exception ignored in: %r\n%s: %s" % (stream, type(e).__name__, e), file=sys.stderr)
            status = 120
    return status


def _finish(status, main):
    """Does what the interpreter does at its end, as far as it can be seen."""
    if "threading" in sys.modules:
        try:
            sys.modules["threading"]._shutdown()
        except BaseException as e:
            sys.excepthook(type(e), e, e.__traceback__)
    try:
        atexit._run_exitfuncs()
    except BaseException:  # before Python 3.10; it was reported
        pass
    status = _flushed(status)
    for name in list(main.__dict__):
        if name != "__builtins__":
            main.__dict__[name] = None
    return _flushed(status)


gc.disable()
_control = _socket.socket(fileno=3)
try:
    _setup = json.loads(_control.recv(1 << 20))
    _program_steps = _compiled(_setup["program_steps"])
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # process 1 is immune to signals without handlers
    _take(_compiled(_setup["server_steps"]))
    os.closerange(4, _RULESET)
    os.closerange(_RULESET + 1, 4096)
    _main, _server = _stage()
    gc.collect()
    gc.freeze()
    _control.send(b"ready")
except BaseException as e:
    _fault(str(e))

while True:
    (_job, _size, _cpu), _fds = _receive()
    try:
        _pid = os.fork()
    except OSError as e:
        _fault("fork: %s" % e)
    if not _pid:
        break
    os.closerange(min(_fds), max(_fds) + 1)
    _watch(_pid, _job)
    _, _status, _usage = os.wait4(_pid, 0)
    if _setup["unsafe"]:
        try:
            os.killpg(_pid, _signal.SIGKILL)
        except OSError:
            pass
    _kind = b"R" if _fresh_files() else b"L"
    try:
        _control.send(struct.pack("=cqqq", _kind, _status, int(_usage.ru_utime * 1e6), int(_usage.ru_stime * 1e6)))
    except OSError:
        _quit()

try:
    _source = _become(_size, _cpu, _fds)
except BaseException as e:
    _control.send(b"E" + str(e).encode()[:4000])
    os._exit(1)

_leave, _status, _parsing = os._exit, 0, True
_signal.signal(_signal.SIGINT, _signal.default_int_handler)
gc.enable()
try:
    _code = _parse(_source)
    _parsing = False
    exec(_code, _main.__dict__)
except BaseException as e:
    _status = _failed(e, _parsing)
_leave(_finish(_status, _main))
