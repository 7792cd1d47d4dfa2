package tokenize

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
)

const (
	// cacheSlots bounds a tokenizer's cache; longer pieces than cachePiece bytes are
	// rare and seldom come again.
	cacheSlots = 1 << 15
	cachePiece = 64
)

// pieceCache remembers the ids of pieces: natural text consists of a few thousand
// words. It has one place for each hash and the newest piece takes it, so it needs
// no lock and no more memory than its places hold.
type pieceCache struct {
	seed  maphash.Seed
	slots [cacheSlots]cacheSlot
}

type cacheSlot struct{ atomic.Pointer[cachedPiece] }

// cachedPiece never changes once it is in a slot.
type cachedPiece struct {
	piece string
	ids   []int32
}

func newPieceCache() *pieceCache { return &pieceCache{seed: maphash.MakeSeed()} }

func (c *pieceCache) slot(piece string) *cacheSlot {
	if len(piece) > cachePiece {
		return nil
	}
	return &c.slots[maphash.String(c.seed, piece)%cacheSlots]
}

func (s *cacheSlot) get(piece string) ([]int32, bool) {
	if s == nil {
		return nil, false
	}
	if p := s.Load(); p != nil && p.piece == piece {
		return p.ids, true
	}
	return nil, false
}

func (s *cacheSlot) put(piece string, ids []int32) {
	if s != nil {
		s.Store(&cachedPiece{strings.Clone(piece), slices.Clone(ids)})
	}
}
