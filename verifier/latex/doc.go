// Package latex reads mathematical answers, in LaTeX or in plain text, and decides
// whether two of them mean the same.
//
// # Terms
//
//   - Answer: the part of a completion that is judged; [Extract] finds it (a box, a
//     formula after "answer is", the last number).
//   - Reading: a tree that a text may stand for. Most texts have one; "1,234" is a
//     number and a list of two. Texts are equal when any of their readings are.
//   - Fuel: what a call may spend on parsing and comparing, counted in steps and not in
//     seconds, so that equal arguments give equal verdicts on every machine.
//   - Outcome: equal, different or undecided, with the rule that said so.
//
// # How expressions are compared
//
// Equal spelling and equal normal form (quotients of polynomials over the rational
// numbers, with powers of primes, pi, e, i and opaque functions as atoms) prove
// equality. What has no normal form is evaluated: modulo primes where it is rational,
// else in ball arithmetic, at points that depend on nothing but the expressions. A
// ball that excludes zero proves that two expressions differ; equality needs balls
// around zero at all points, of a radius far below anything that short formulas with
// moderate numbers can differ by. What cannot be proved or evaluated is undecided,
// never equal.
//
// Text is never evaluated as code, no clock is read, and a number is never lifted out
// of a formula that cannot be parsed.
package latex
