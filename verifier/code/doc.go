// Package code judges programs: does the code in a completion pass the tests of its
// problem?
//
// # Terms
//
//   - Tests: what a solution must do, in one of three styles ([Tests]): what it prints
//     for an input, what its functions return, or a text of Python asserts.
//   - Solution: the code of a completion ([Extract]). It runs in a sandbox and is
//     hostile: an optimiser is paid to pass without solving.
//   - Driver: the host's program that calls the solution's functions, in the same process.
//   - Oracle: the host's program that runs asserts, in another process, with recorded
//     answers in place of the solution.
//   - Value: a plain Python value as JSON, between the processes and the host.
//   - Call: a function's name with its arguments; its answer is a value, or what it raised.
//
// # What a solution can reach
//
// The process that runs a solution is given its input or the arguments of its calls, and
// nothing else: no expected result, no test, no sign of success that it could give. All
// that it can change is its own answers, and these are compared on the host or handed to
// the oracle as plain data. So exit(0), an __eq__ that is always true, printing "passed",
// walking frames, reading its own standard input or replacing builtins gain nothing; two
// answers to one call are none.
//
// Asserts are split by the oracle: run without answers it finds the calls. Where every
// assert compares one call with a value, the value is computed there, once for a problem,
// and the host compares. Other asserts run in the oracle for each solution, on its
// answers; the oracle's word counts only with a random text that it alone is given, after
// the last test.
package code
