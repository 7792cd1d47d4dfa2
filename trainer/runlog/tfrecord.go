package runlog

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// TensorBoard's files are TFRecords: each payload is framed by its length and
// checksums,
//
//	length  uint64, little endian
//	        masked CRC-32C of the 8 bytes of length
//	payload length bytes
//	        masked CRC-32C of payload
const (
	recordHead = 8 + 4
	recordTail = 4
	// maxRecord bounds what a damaged length can make us read; ours are a few KiB.
	maxRecord = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedCRC is TensorFlow's checksum: rotated and shifted, so that the checksum of
// data that holds checksums is no special case.
func maskedCRC(data []byte) uint32 {
	crc := crc32.Checksum(data, castagnoli)
	return (crc>>15 | crc<<17) + 0xa282ead8
}

// appendRecord frames a payload.
func appendRecord(dst, payload []byte) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(payload)))
	dst = binary.LittleEndian.AppendUint32(dst, maskedCRC(dst[start:]))
	dst = append(dst, payload...)
	return binary.LittleEndian.AppendUint32(dst, maskedCRC(payload))
}

// errDamaged says that the rest of a file is not whole records.
var errDamaged = errors.New("damaged record")

// readRecord reads the next payload: io.EOF at the end, errDamaged where the file is
// cut off or a checksum is wrong.
func readRecord(r io.Reader) ([]byte, error) {
	var head [recordHead]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		return nil, short(err, n)
	}
	length := binary.LittleEndian.Uint64(head[:8])
	if binary.LittleEndian.Uint32(head[8:]) != maskedCRC(head[:8]) || length > maxRecord {
		return nil, errDamaged
	}
	body := make([]byte, length+recordTail)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, short(err, 1)
	}
	payload := body[:length]
	if binary.LittleEndian.Uint32(body[length:]) != maskedCRC(payload) {
		return nil, errDamaged
	}
	return payload, nil
}

// short is the error of a read of which n bytes, or 1 for some, were there.
func short(err error, n int) error {
	switch {
	case errors.Is(err, io.EOF) && n == 0:
		return io.EOF
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errDamaged
	default:
		return err
	}
}
