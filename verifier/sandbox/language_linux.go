//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// language is an entry of the table of languages. One that is only an interpreter
// needs name, file, find and the words of its errors.
type language struct {
	// name is what a [Program] calls it.
	name string
	// file is the name that a program's source has.
	file string
	// find locates the interpreter on this machine.
	find func(o *Options) (*interpreter, error)
	// server is the source of a fork server in the language, "" where each program
	// starts an interpreter of its own. It speaks the protocol of server.py.
	server string
	// compile and memory are how the last line of stderr starts after an error of
	// syntax, and where there was not enough memory.
	compile, memory []string
	// probe is a program that prints "contained" where it is.
	probe string
}

// interpreter is what a language needs of this machine.
type interpreter struct {
	// command starts it; the path of the program follows.
	command []string
	// environment are its variables.
	environment []string
	// files are the paths that it reads, folders with all that is in them.
	files []string
	// masks are files among them that are shown empty, where that is possible.
	masks []string
	// version is for people.
	version string
}

// languages are those that programs can be written in, by name.
var languages = map[string]*language{}

// register adds a language to the table.
func register(l *language) { languages[l.name] = l }

// languageOf finds an entry.
func languageOf(name string) (*language, error) {
	if l := languages[name]; l != nil {
		return l, nil
	}
	return nil, fmt.Errorf("sandbox: language %q is not known: %s", name, strings.Join(slices.Sorted(maps.Keys(languages)), ", "))
}

// status tells how a program ended that failed with an exit status, from its last
// words. They are the program's: it can only make one failure look like another.
func (l *language) status(stderr []byte) Status {
	last := lastLine(stderr)
	starts := func(prefixes []string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return bytes.HasPrefix(last, []byte(p)) })
	}
	switch {
	case starts(l.memory):
		return StatusMemory
	case starts(l.compile):
		return StatusCompile
	}
	return StatusExit
}
