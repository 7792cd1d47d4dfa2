// Package verifier judges completions: it says whether one is right, and when it
// cannot say, whose fault that is.
//
// # Terms
//
//   - Verifier: judges one completion of one example, text against text.
//   - Verdict: correct, incorrect, undecided or error, with a score, a short reason
//     code and the blame ([data.Verdict]).
//   - Fault: a verdict that says nothing about the completion because the reference
//     answer or the infrastructure is to blame. Such rows are masked out of
//     training, counted ([Count]) and stop the run above a threshold.
//   - Reward: a verifier with a name and a weight; a run has one or several
//     ([Rewards]), of which one says what is right.
//   - Outside: a verifier that asks a program or a service ([Outside]).
//
// What the completion itself causes (an answer that makes the verifier run out of
// time) is never a fault: it scores as wrong, or an optimiser would learn to hide
// there.
//
// A verifier registers a constructor under its name ([Register]); a new one is one
// file and a test that runs package verifiertest.
package verifier
