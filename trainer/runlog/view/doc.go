// Package view serves a web page that follows run folders while their runs go on.
//
// # Terms
//
//   - Run: a run folder under a name of its own. It is read, never written.
//   - Feed: a JSONL file of a run as it grows. A reader says how far it has come, a
//     [Position], and gets the whole lines behind it.
//   - Page: what the browser loads, embedded from the folder page: plain HTML, CSS and
//     JavaScript modules without a build step.
//
// # Trust
//
// Everything in a run folder may have been written by a model or come from elsewhere, and
// the page shows it as text alone. The server answers only on the loopback interface, to
// requests that name it (no rebinding of DNS), and only with files whose names it has
// itself; the policy it sends with them forbids the browser to load or run anything else.
// Other users of the machine can read what it serves.
package view
