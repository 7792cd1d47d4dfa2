//go:build linux

package sandbox

import (
	"context"
	"fmt"
	"os/exec"
	"testing"
)

// perl is a language of the table without a fork server: what another file would
// register.
func perl(*Options) (*interpreter, error) {
	path, err := exec.LookPath("perl")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoInterpreter, err)
	}
	files := existing([]string{path, "/usr/share/perl5", "/usr/share/perl", "/usr/lib/x86_64-linux-gnu/perl-base", "/usr/lib/x86_64-linux-gnu/perl"})
	libraries, _ := sharedLibraries(files)
	return &interpreter{command: []string{path}, environment: []string{"HOME=/tmp"}, files: append(files, libraries...), version: "Perl"}, nil
}

// TestAnotherLanguage runs a language that only has an entry in the table.
func TestAnotherLanguage(t *testing.T) {
	register(&language{name: "perl", file: "main.pl", find: perl, memory: []string{"Out of memory"}, compile: []string{"Execution of"}})
	t.Cleanup(func() { delete(languages, "perl") })
	for _, v := range []variant{{}, {noNamespaces: true}} {
		o := oneWorker()
		o.Python = systemPython
		p := pool(t, o, v)
		for _, c := range []struct {
			source string
			status Status
			stdout string
		}{
			{`print scalar(<STDIN>) + 1, "\n"`, StatusOK, "42\n"},
			{`die "no"`, StatusExit, ""},
			{`print defined(fork) ? "ESCAPED" : "contained"`, StatusOK, "contained"},
			{`print((open(F, "/etc/passwd")) ? "ESCAPED" : "contained")`, StatusOK, "contained"},
			{`use Socket; print(socket(S, PF_INET, SOCK_STREAM, 6) ? "ESCAPED" : "contained")`, StatusOK, "contained"},
			{`while (1) {}`, StatusTimeout, ""},
			{`kill 9, $$`, StatusKilled, ""},
		} {
			pr := Program{Language: "perl", Source: c.source, Stdin: []byte("41\n"), Limits: Limits{CPUSeconds: 1, WallSeconds: 1}}
			r, err := p.Run(context.Background(), pr)
			if err != nil {
				t.Skip(err)
			}
			if r.Status != c.status || string(r.Stdout) != c.stdout {
				t.Errorf("%+v: %s: %s (%d) %q %s, want %s %q", v, c.source, r.Status, r.ExitCode, r.Stdout, r.Stderr, c.status, c.stdout)
			}
		}
	}
}
