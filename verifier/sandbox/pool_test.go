package sandbox

import (
	"context"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	p, err := Open(DefaultOptions())
	if err != nil {
		t.Skip(err)
	}
	defer p.Close()
	for _, c := range []struct {
		source, stdout string
		status         Status
	}{
		{"print(int(input())+1)", "42\n", StatusOK},
		{"raise ValueError(1)", "", StatusExit},
		{"def", "", StatusCompile},
		{"[0]*10**12", "", StatusMemory},
	} {
		r, err := p.Run(context.Background(), Program{Language: "python", Source: c.source, Stdin: []byte("41\n")})
		if err != nil || r.Status != c.status || string(r.Stdout) != c.stdout {
			t.Errorf("%s: %+v, %v", c.source, r, err)
		}
	}
}
