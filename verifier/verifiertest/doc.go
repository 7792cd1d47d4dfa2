// Package verifiertest is the conformance suite of verifiers: what training relies
// on, whatever a verifier accepts. A new verifier's test gives it a constructor and
// cases with known verdicts:
//
//	func TestExact(t *testing.T) {
//		verifiertest.Run(t, verifiertest.Suite{New: newExact, Cases: cases})
//	}
package verifiertest
