package tokenize

import "math"

// mergeTable maps a pair of ids to the rank of its merge and the id that it gives:
// open addressing over one slice, at most half full.
type mergeTable struct {
	shift   uint
	entries []mergeEntry
	n       int
}

type mergeEntry struct {
	// pair is the left id above the right one, and noPair in an empty entry.
	pair uint64
	rank uint32
	id   int32
}

const (
	noPair = math.MaxUint64
	noRank = math.MaxUint32
)

func pairOf(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

// newMergeTable makes room for n merges.
func newMergeTable(n int) *mergeTable {
	bits := uint(4)
	for 1<<bits < 2*n {
		bits++
	}
	t := &mergeTable{shift: 64 - bits, entries: make([]mergeEntry, 1<<bits)}
	for i := range t.entries {
		t.entries[i].pair = noPair
	}
	return t
}

// slot is where pair is, or the empty entry where it belongs.
func (t *mergeTable) slot(pair uint64) *mergeEntry {
	i := pair * 0x9E3779B97F4A7C15 >> t.shift // Fibonacci hashing
	for {
		e := &t.entries[i]
		if e.pair == pair || e.pair == noPair {
			return e
		}
		i = (i + 1) & uint64(len(t.entries)-1)
	}
}

// set adds a merge. Of a pair given twice the last one counts, as in the reference.
func (t *mergeTable) set(left, right int32, rank uint32, id int32) {
	e := t.slot(pairOf(left, right))
	if e.pair == noPair {
		t.n++
	}
	*e = mergeEntry{pair: pairOf(left, right), rank: rank, id: id}
}

// get is the merge of two ids; its rank is noRank if there is none.
func (t *mergeTable) get(left, right int32) (rank uint32, id int32) {
	pair := pairOf(left, right)
	if e := t.slot(pair); e.pair == pair {
		return e.rank, e.id
	}
	return noRank, 0
}

// mergeScan is the length up to which looking through all pairs is faster than a
// heap.
const mergeScan = 48

// merge applies the merges to ids in place and returns what is left: always the
// merge of lowest rank, the leftmost of equals.
func (t *mergeTable) merge(ids []int32) []int32 {
	switch {
	case len(ids) < 2 || t.n == 0:
		return ids
	case len(ids) <= mergeScan:
		return t.mergeShort(ids)
	}
	return t.mergeLong(ids)
}

func (t *mergeTable) mergeShort(ids []int32) []int32 {
	var ranks [mergeScan]uint32 // of each id with its right neighbour
	var made [mergeScan]int32
	for i := range len(ids) - 1 {
		ranks[i], made[i] = t.get(ids[i], ids[i+1])
	}
	for n := len(ids); n > 1; n-- {
		best := 0
		for i := 1; i < n-1; i++ {
			if ranks[i] < ranks[best] {
				best = i
			}
		}
		if ranks[best] == noRank {
			return ids[:n]
		}
		ids[best] = made[best]
		copy(ids[best+1:n-1], ids[best+2:n])
		copy(ranks[best:n-2], ranks[best+1:n-1])
		copy(made[best:n-2], made[best+1:n-1])
		if best < n-2 {
			ranks[best], made[best] = t.get(ids[best], ids[best+1])
		}
		if best > 0 {
			ranks[best-1], made[best-1] = t.get(ids[best-1], ids[best])
		}
	}
	return ids[:1]
}

// mergeLong keeps candidates in a heap and ids in a linked list, so that a piece of
// n bytes takes O(n log n).
func (t *mergeTable) mergeLong(ids []int32) []int32 {
	n := len(ids)
	links := make([]int32, 2*n)
	prev, next := links[:n], links[n:]
	heap := make(rankHeap, 0, n)
	for i := range n {
		prev[i], next[i] = int32(i-1), int32(i+1)
		if i+1 < n {
			if rank, _ := t.get(ids[i], ids[i+1]); rank != noRank {
				heap = append(heap, candidate(rank, int32(i)))
			}
		}
	}
	heap.init()
	const gone = -1 // as an id: merged into its left neighbour
	push := func(i int32) {
		if rank, _ := t.get(ids[i], ids[next[i]]); rank != noRank {
			heap.push(candidate(rank, i))
		}
	}
	for len(heap) > 0 {
		top := heap.pop()
		i := int32(uint32(top))
		if ids[i] == gone || next[i] >= int32(n) {
			continue
		}
		right := next[i]
		rank, id := t.get(ids[i], ids[right])
		if uint64(rank) != top>>32 || rank == noRank {
			continue // the pair has changed since
		}
		ids[i], ids[right] = id, gone
		next[i] = next[right]
		if next[i] < int32(n) {
			prev[next[i]] = i
			push(i)
		}
		if prev[i] >= 0 {
			push(prev[i])
		}
	}
	out := ids[:0]
	for i := int32(0); i < int32(n); i = next[i] {
		out = append(out, ids[i])
	}
	return out
}

// rankHeap is a binary min-heap of candidates.
type rankHeap []uint64

// candidate is ordered by rank, then by position.
func candidate(rank uint32, at int32) uint64 { return uint64(rank)<<32 | uint64(uint32(at)) }

func (h rankHeap) init() {
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
}

func (h rankHeap) down(i int) {
	x := h[i]
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if h[child] >= x {
			break
		}
		h[i], i = h[child], child
	}
	h[i] = x
}

func (h *rankHeap) push(x uint64) {
	*h = append(*h, x)
	s := *h
	i := len(s) - 1
	for i > 0 && s[(i-1)/2] > x {
		s[i] = s[(i-1)/2]
		i = (i - 1) / 2
	}
	s[i] = x
}

func (h *rankHeap) pop() uint64 {
	s := *h
	top, last := s[0], len(s)-1
	s[0] = s[last]
	*h = s[:last]
	if last > 0 {
		h.down(0)
	}
	return top
}
