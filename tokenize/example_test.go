package tokenize_test

import (
	"fmt"

	"github.com/rlvr-go/rlvr/tokenize"
)

func ExampleNew() {
	tok, err := tokenize.New(tokenize.Options{Chars: "0123456789+="})
	if err != nil {
		fmt.Println(err)
		return
	}
	ids, err := tok.Encode("12+07=")
	fmt.Println(ids, err)
	fmt.Println(tok.Decode(append(ids, tok.EOS()...), true))
	_, err = tok.Encode("12 + 7")
	fmt.Println(err)
	// Output:
	// [3 4 12 2 9 13] <nil>
	// 12+07=
	// tokenize: character ' ' (U+0020) at byte 2 is not in the vocabulary
}
