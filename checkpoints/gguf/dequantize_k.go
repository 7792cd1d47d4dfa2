package gguf

// The types of this file pack 256 elements, in groups of 16 or 32 that have scales
// of their own.

// expandQ2K: 16 bytes of scales (low nibble) and minima (high nibble), 64 bytes of
// two bits, d, dmin.
func expandQ2K(dst []float32, src []byte) {
	for ; len(dst) >= 256; dst, src = dst[256:], src[84:] {
		scales, q := (*[16]byte)(src), (*[64]byte)(src[16:])
		d, dmin := half(src[80:]), half(src[82:])
		for g := range 16 {
			scale, least := d*float32(scales[g]&15), dmin*float32(scales[g]>>4)
			// Two groups share 32 bytes at a shift, four shifts share a half.
			from, shift := g/8*32+g%2*16, g/2%4*2
			out := (*[16]float32)(dst[16*g:])
			for i := range out {
				out[i] = float32(scale*float32(q[from+i]>>shift&3)) - least
			}
		}
	}
}

// expandQ3K: 32 bytes of third bits, 64 bytes of two bits, 16 scales of six bits
// in 12 bytes, d. A third bit that is not set takes 4 away.
func expandQ3K(dst []float32, src []byte) {
	for ; len(dst) >= 256; dst, src = dst[256:], src[110:] {
		mask, q, packed := (*[32]byte)(src), (*[64]byte)(src[32:]), (*[12]byte)(src[96:])
		d := half(src[108:])
		for g := range 16 {
			low, high := packed[g%8]>>(g/8*4)&15, packed[8+g%4]>>(g/4*2)&3
			scale := d * float32(int(low|high<<4)-32)
			from, shift, bit, third := g/8*32+g%2*16, g/2%4*2, g/2, g%2*16
			out := (*[16]float32)(dst[16*g:])
			for i := range out {
				v := int(q[from+i]>>shift&3) - int(4-mask[third+i]>>bit&1<<2)
				out[i] = scale * float32(v)
			}
		}
	}
}

// scalesAndMinima unpacks eight scales and eight minima of six bits from 12 bytes.
func scalesAndMinima(p *[12]byte) (scales, minima [8]byte) {
	for i := range 4 {
		scales[i] = p[i] & 63
		minima[i] = p[i+4] & 63
		scales[i+4] = p[i+8]&15 | p[i]>>2&48
		minima[i+4] = p[i+8]>>4 | p[i+4]>>2&48
	}
	return scales, minima
}

// expandQ4K: d, dmin, scales and minima, 128 bytes of nibbles: of each 32 bytes
// the low ones are a group, then the high ones.
func expandQ4K(dst []float32, src []byte) {
	for ; len(dst) >= 256; dst, src = dst[256:], src[144:] {
		d, dmin := half(src), half(src[2:])
		scales, minima := scalesAndMinima((*[12]byte)(src[4:]))
		for g := range 8 {
			scale, least := d*float32(scales[g]), dmin*float32(minima[g])
			q, shift, out := (*[32]byte)(src[16+g/2*32:]), g%2*4, (*[32]float32)(dst[32*g:])
			for i := range out {
				out[i] = float32(scale*float32(q[i]>>shift&15)) - least
			}
		}
	}
}

// expandQ5K: as Q4_K, with 32 bytes of fifth bits before the nibbles.
func expandQ5K(dst []float32, src []byte) {
	for ; len(dst) >= 256; dst, src = dst[256:], src[176:] {
		d, dmin := half(src), half(src[2:])
		scales, minima := scalesAndMinima((*[12]byte)(src[4:]))
		high := (*[32]byte)(src[16:])
		for g := range 8 {
			scale, least := d*float32(scales[g]), dmin*float32(minima[g])
			q, shift, out := (*[32]byte)(src[48+g/2*32:]), g%2*4, (*[32]float32)(dst[32*g:])
			for i := range out {
				out[i] = float32(scale*float32(q[i]>>shift&15|high[i]>>g&1<<4)) - least
			}
		}
	}
}

// expandQ6K: 128 bytes of nibbles, 64 bytes of two upper bits, 16 signed scales, d.
func expandQ6K(dst []float32, src []byte) {
	for ; len(dst) >= 256; dst, src = dst[256:], src[210:] {
		low, high, scales := (*[128]byte)(src), (*[64]byte)(src[128:]), (*[16]byte)(src[192:])
		d := half(src[208:])
		for g := range 16 {
			scale := d * float32(int8(scales[g]))
			// Of each half: 64 bytes at two shifts, and 32 bytes at four.
			l, lshift := g/8*64+g%4*16, g/4%2*4
			h, hshift := g/8*32+g%2*16, g/2%4*2
			out := (*[16]float32)(dst[16*g:])
			for i := range out {
				out[i] = scale * float32(int(low[l+i]>>lshift&15|high[h+i]>>hshift&3<<4)-32)
			}
		}
	}
}
