// Package tokenize turns text and chats into token ids and back, exactly as Hugging
// Face's tokenizers library does.
//
// # Terms
//
//   - tokenizer.json: how that library stores a tokenizer. A text passes through its
//     parts in turn: added tokens, normalizer, pre-tokenizer, model, post-processor;
//     ids come back through its decoder.
//   - Added token: a text that is found before anything else and has an id of its
//     own, such as <|im_end|>. A special one is left out of decoded text where asked.
//   - Piece: what the pre-tokenizer cuts a text into. Merges never reach over its ends.
//   - Byte-level alphabet: how tokenizer.json spells bytes as printable characters; a
//     space is written U+0120.
//   - Merge: two neighbouring tokens become one. The merge of lowest rank goes first,
//     of equals the leftmost (byte-pair encoding).
//   - Byte fallback: tokens <0x00> to <0xFF> for characters that the vocabulary lacks.
//   - Guard: a character put into content that spells a control token, so that it
//     stays text while those of a chat template become ids.
//
// [Load] reads the files of a model, [New] makes a vocabulary of single characters.
// What is implemented:
//
//   - models: BPE, of bytes or of characters, with unknown tokens, byte fallback and
//     ignore_merges;
//   - normalizers: NFC, Prepend, Replace of a text, Sequence;
//   - pre-tokenizers: ByteLevel, Digits, Metaspace, Sequence, and Split by the
//     expressions of GPT-2, Qwen2, Qwen3.5, Llama-3 and DeepSeek-V3, for which there
//     are scanners written by hand;
//   - post-processors: TemplateProcessing, ByteLevel, Sequence;
//   - decoders: ByteLevel, Metaspace, or Replace, ByteFallback, Fuse, Strip.
//
// Whatever else a file holds is refused by [Load], which names the field and its
// value. Unicode is what the reference (0.23) takes it to be, in tables that were
// asked of it (testdata/make_unicode.py): its regular expressions know Unicode 16, its
// normalization about 9.
//
// Where there is a difference it is deliberate: [Tokenizer.Encode] takes special
// tokens for text, so that untrusted text cannot end a completion; text that the
// vocabulary cannot express is an error (there it vanishes); and a file whose added
// tokens would get other ids than it says is refused (there it is a warning).
package tokenize
