// Package sandbox runs programs that nobody trusts.
//
// # Terms
//
//   - Program: source text in some language, with what it reads on stdin.
//   - Pool: workers that run programs, one each at a time.
//   - Tier: how strongly programs are isolated on this machine.
//   - Result: how a program ended, and what it wrote. A program that kills, fills or
//     stops its sandbox is a result; an error is a fault of the machine.
package sandbox
