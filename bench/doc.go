// Command bench runs the quickstart in ways that take minutes: beside the same
// thing in other projects' programs (peers), and for many seeds (seeds). See
// README.md.
//
// # Terms
//
//   - Peer: a program of bench/peers that does the quickstart with another stack.
//   - Program: one of our backends, or a peer with a number of threads.
//   - Repetition: one run of every program, one after the other, under one seed.
package main
