package tasks

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// holdOut orders the problems of a generated task by a hash of their keys and cuts:
// first the test problems, then validation, then train. So the splits are disjoint,
// of exactly the sizes asked for, and the same whatever the seed and the way of
// writing; and a smaller test set is the beginning of a larger one.
func holdOut(keys []string, example func(i int) data.Example, validation, test int) map[string][]data.Example {
	hashes, order := make([]uint64, len(keys)), make([]int, len(keys))
	for i, key := range keys {
		sum := sha256.Sum256([]byte(key))
		hashes[i], order[i] = binary.BigEndian.Uint64(sum[:8]), i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(hashes[i], hashes[j]), cmp.Compare(i, j)) })
	all := make([]data.Example, len(keys))
	for i, k := range order {
		all[i] = example(k)
	}
	held := test + validation
	return map[string][]data.Example{Test: all[:test], Validation: all[test:held], Train: all[held:]}
}

// checkHoldOut demands that a task of n problems has one left to train on.
func checkHoldOut(n, validation, test int) error {
	var l fault.List
	l.Check(validation >= 0, "validation_size", validation, "0 (none) or more")
	l.Check(test >= 0, "test_size", test, "0 (none) or more")
	if err := l.Err(); err != nil {
		return err
	}
	// One at a time, so that the sum of two huge sizes cannot wrap around.
	room := n - 1
	l.Check(validation <= room, "validation_size", validation, "at most %d, so that a problem is left to train on", room)
	left := max(room-validation, 0)
	l.Check(test <= left, "test_size", test, "at most %d, so that a problem is left to train on", left)
	return l.Err()
}
