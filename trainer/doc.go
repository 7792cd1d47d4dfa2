// Package trainer is the training loop: it samples groups of completions (or reads
// demonstrations), has them judged, estimates advantages, and updates the weights
// with whatever objective the stage names. It is blind to the objective: nothing
// here knows an algorithm by name.
//
// # Terms
//
//   - Step: one round of sampling and judging with its optimizer steps. Steps count
//     on over the stages of a run.
//   - Stage: steps with one objective, optimizer and schedule.
//   - Micro-batch: what one forward and backward pass holds. The losses of a step's
//     micro-batches are divided by counts of the whole optimizer step, so the
//     gradient does not depend on where the batch is cut.
//   - Row, response: rows [R, S] are what the model runs over, packed; responses
//     [N, T] are what the loss sees, one each.
//
// [Trainer.Run] reads as the algorithm; start there.
package trainer
