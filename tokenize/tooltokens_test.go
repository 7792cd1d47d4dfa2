package tokenize_test

import (
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/tokenize"
)

// TestToolTokens: names and ends of arguments are found in each way to write a call.
// Below a text stand the classes of its characters, which are tokens here.
func TestToolTokens(t *testing.T) {
	tok, err := tokenize.New(tokenize.Options{Chars: "abcdefghijklmnopqrstuvwxyz_0123456789{}[]()<>/\"'=:,\\ A"})
	if err != nil {
		t.Fatal(err)
	}
	tools := []string{"get_time", "get_temp", "get", "buy"}
	for _, c := range []struct{ text, classes string }{
		{`get_time(zone='utc',n=3)`,
			`1  1 1            2    2`},
		{`get_temp(a="x,)")`,
			`1  1 1         2`},
		{`get(x='1')`,
			`1  1    2 `},
		{`buy()`,
			`1`},
		{`a forget(x=1) buyer(x=1)`, ``},
		{`so buy (a=[1,2], b={'c':'d'})`,
			`   1          2            2`},
		{`buy(a='x\'y')`,
			`1          2`},
		{`{"name": "get_time", "arguments": {"zone": "utc", "n": {"a": 1}}}`,
			`          1  1 1                               2              2`},
		{`{"name":"buy"}`,
			`         1`},
		{`<function=buy><parameter=a>x</parameter><parameter=b>y</parameter></function></parameter>`,
			`          1                 2                         2`},
		{`nothing to call`, ``},
	} {
		ids, err := tok.Encode(c.text)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, class := range tokenize.ToolTokens(tok, ids, tools) {
			got.WriteByte(" 123"[int(class)])
		}
		if want := strings.TrimRight(c.classes, " "); strings.TrimRight(got.String(), " ") != want {
			t.Errorf("%s\n%s is what it must be\n%s is what it is", c.text, want, got.String())
		}
	}
	ids, _ := tok.Encode("buy()")
	for _, class := range tokenize.ToolTokens(tok, ids, nil) {
		if class != 0 {
			t.Error("without tools a token has a class")
		}
	}
}

// FuzzToolTokens: whatever a policy writes gives a class to each token.
func FuzzToolTokens(f *testing.F) {
	f.Add(`get(x='1')`, "get")
	f.Add(`{"name": "get_time", "arguments": {"zone": "u`, "get_time get_")
	f.Add("a(b=1)", "\xe1 a")
	f.Add("<function=a><parameter=b>", "a")
	tok, err := tokenize.New(tokenize.Options{Chars: "abcdefghijklmnopqrstuvwxyz_{}[]()<>/\"'=:,\\ "})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, tools string) {
		ids, err := tok.Encode(text)
		if err != nil {
			return
		}
		got := tokenize.ToolTokens(tok, ids, strings.Fields(tools))
		if len(got) != len(ids) {
			t.Fatalf("%d classes of %d tokens", len(got), len(ids))
		}
		for _, class := range got {
			if class < 0 || class > 3 {
				t.Fatalf("class %v", class)
			}
		}
	})
}
