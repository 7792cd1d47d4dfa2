// Command mutants shows that the tests of package algos can fail: it changes one
// sign, bound, comparison, constant, mask or denominator at a time and runs them.
//
// # Terms
//
//   - Site: an expression or a statement that is changed.
//   - Mutant: the package with one change. All are compiled into one test binary: each
//     site looks at a number from the environment, and at its place in the list has the
//     changed code beside the written one.
//   - Killed: a test fails, panics or does not end. A survivor is a mutant that all tests
//     pass; one whose code no test executes survives at once.
//   - Explained: a survivor that explained.txt says why no test can kill. An explanation of
//     what is killed, or of nothing, is an error.
package main
