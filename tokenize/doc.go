// Package tokenize turns text and chats into token ids and back.
//
// # Terms
//
//   - Character vocabulary: one token per character, the only kind so far: a
//     byte-level BPE without merges over a chosen set of ASCII characters.
//   - Special token: an id that no text encodes to, such as the end of a completion.
//   - Byte-level alphabet: how tokenizer.json spells bytes as printable characters;
//     a space is written U+0120.
//
// A tokenizer's [Tokenizer.Files] are what Hugging Face's tokenizers library
// (0.23) loads; for any text that a tokenizer accepts the ids are equal to that
// library's. The differences are deliberate: text outside the vocabulary is an
// error here (there it vanishes), text that spells a special token is plain text
// here (there it becomes the special id, so that untrusted text could end a
// completion), and an id outside the vocabulary decodes to U+FFFD (there to
// nothing). [Load] refuses, and names, whatever it does not implement.
package tokenize
