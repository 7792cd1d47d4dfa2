//go:build linux

package sandbox

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// differently are programs of which only stderr differs: errors in the encoding of the
// source, an address, and the one frame of the server in a traceback of a thousand.
var differently = []string{"nonsense", "\xff", "@atexit.register", "def f(): f()"}

// TestSameAsCold: programs end and write the same whether they are forked from the
// server or run by an interpreter of their own.
func TestSameAsCold(t *testing.T) {
	t.Parallel()
	// The wording of messages at the end of the interpreter changes from version to
	// version; the server has that of 3.11.
	warm, cold := pool(t, oneWorker(), variant{}), pool(t, oneWorker(), variant{cold: true})
	tested := strings.HasPrefix(warm.Interpreter(), "Python 3.11.")
	for _, source := range []string{
		benchProgram,
		"print(__name__, __file__, __doc__, __spec__, __package__, __cached__, __annotations__, __loader__.name)",
		"'doc'\nx: int = 1\nprint(__doc__, __annotations__)",
		"import sys; print(sys.argv, sys.flags, sys.executable, sys.version, sys.path)",
		"import sys; print(sys.stdin.encoding, sys.stdin.errors, sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors, sys.stdout.line_buffering, sys.stdin.name)",
		"import sys; print(sys.stdin.seekable(), sys.stdout.seekable(), sys.stdin.isatty(), sys.stdout.isatty(), sys.stdin.readline(), list(sys.stdin))",
		"import os; print(sorted(os.environ.items()), os.getcwd(), os.listdir('.'), os.getuid(), os.umask(0))",
		"import __main__; print(sorted(vars(__main__)), __main__.__dict__ is globals())",
		"print(sorted(vars(__builtins__)))",
		"print({'a','b','c','d'}, hash('a'), hash((1,'x')))",
		"import gc; print(gc.isenabled(), gc.get_threshold())",
		"import signal; print([signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD)])",
		"import sys; print(sys.getrecursionlimit(), sys.gettrace(), sys.getswitchinterval())",
		"import threading; print(threading.active_count(), threading.current_thread().name, threading.main_thread() is threading.current_thread())",
		"def f(x):\n    return g(x)\ndef g(y):\n    return 1/y\nf(0)",
		"try:\n    1/0\nexcept Exception:\n    raise ValueError('a') from None",
		"try:\n    1/0\nexcept Exception as e:\n    raise ValueError('\\u00e9\\ud800') from e",
		"raise ExceptionGroup('g', [ValueError(1)])",
		"class E(Exception):\n    def __str__(self): raise TypeError\nraise E",
		"import sys; sys.exit()", "import sys; sys.exit(0)", "import sys; sys.exit(3)", "import sys; sys.exit(256)", "import sys; sys.exit(-1)",
		"import sys; sys.exit('message')", "import sys; sys.exit(2**70)", "import sys; sys.exit(1.5)", "exit()", "quit(4)", "raise SystemExit(True)",
		"raise KeyboardInterrupt",
		"import os; os._exit(9)", "import os; os.abort()", "import os; os.kill(os.getpid(), 15)", "import signal; signal.raise_signal(2)",
		"import signal; signal.alarm(1); signal.pause()",
		"import ctypes; ctypes.string_at(0)",
		"def", "x = = 1", "def f():\npass", "if 1:\n\tx\n        y", "print('a", "f(\n", "return 1", "# -*- coding: latin-1 -*-\nprint('\xe9')",
		"# coding: nonsense\nprint(1)", "\xef\xbb\xbfprint(1)", "print('\xff')",
		"import warnings; warnings.warn('w')", "'a' is 'b'", "assert (1, 'x')", "x = '\\d'",
		"import atexit; atexit.register(print, 'end'); print('begin')",
		"import atexit\n@atexit.register\ndef f(): 1/0",
		"class A:\n    def __del__(self): print('del')\na = A()",
		"import threading, time\ndef f():\n    time.sleep(0.05); print('late')\nthreading.Thread(target=f).start()\nprint('end')",
		"import threading\ndef f(): 1/0\nt = threading.Thread(target=f); t.start(); t.join()",
		"import sys; sys.excepthook = lambda *a: print('hook', a[0]); 1/0",
		"import sys; sys.excepthook = None; 1/0",
		"import sys; sys.stdout.close(); print(1)", "import os; os.close(1); print(1)",
		"import sys; sys.stdout.write('no newline')", "import sys; sys.stderr.write('x'); sys.stdout.write('y')",
		"def f(): f()\nf()", "[0]*10**10", "x = []\nwhile True: x.append('x'*10**6)",
		"import typing, dataclasses\n@dataclasses.dataclass\nclass A:\n    x: typing.List[int]\nprint(A([1]))",
		"import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))))",
		"import inspect\ndef f():\n    return 1\nprint(inspect.getsource(f))",
		"import numbers, decimal, fractions, unittest, random, hashlib; print(decimal.Decimal(1)/7, fractions.Fraction(1,3)); random.seed(1); print(random.random())",
		"import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(1, 2)\nunittest.main(argv=['x'], exit=True) if False else print('ok')",
		"import asyncio\nasync def m():\n    await asyncio.sleep(0.01)\n    return 5\nprint(asyncio.run(m()))",
		"from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as e: print(list(e.map(lambda x: x*x, range(5))))",
		"import multiprocessing; multiprocessing.Process(target=print).start()",
		"open('module.py','w').write('x = 5')\nimport module; print(module.x, module.__file__)",
		"exec('print(1)'); eval('2'); compile('3', 'f', 'eval')",
		"from __future__ import annotations\ndef f(x: y): pass\nprint(f.__annotations__)",
		"def f(x: int): pass\nprint(f.__annotations__, 'division' in globals())",
		"print(input(), input())\ninput()\ninput()",
		"import sys; print(sys.stdin.buffer.read()); print(sys.stdin.read())",
	} {
		a, b := python(t, warm, source, "one\ntwo\nthree\n"), python(t, cold, source, "one\ntwo\nthree\n")
		if a.Status != b.Status || a.ExitCode != b.ExitCode || !bytes.Equal(a.Stdout, b.Stdout) {
			t.Errorf("%q\nwarm %s %d %q %s\ncold %s %d %q %s", source, a.Status, a.ExitCode, a.Stdout, a.Stderr, b.Status, b.ExitCode, b.Stdout, b.Stderr)
		} else if tested && !bytes.Equal(a.Stderr, b.Stderr) && !slices.ContainsFunc(differently, func(d string) bool { return strings.Contains(source, d) }) {
			t.Errorf("%q\nwarm says %s\ncold says %s", source, a.Stderr, b.Stderr)
		}
	}
}
