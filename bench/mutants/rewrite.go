package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// rewriter makes a file in which each site chooses between its code and that of its
// mutants. Lines stay where they are.
type rewriter struct {
	*goPackage
	file *goFile
	// imports are those that types of closures need beside the file's own.
	imports map[string]string
	names   []string // of imports, in order
}

// rewrite is the text of a file with its sites, which enclose each other or are apart,
// outer ones first.
func (p *goPackage) rewrite(f *goFile, sites []*site) string {
	r := &rewriter{goPackage: p, file: f, imports: map[string]string{}}
	start := p.offset(f.ast.Name.End())
	body := r.render(start, len(f.text), sites)
	var head strings.Builder
	head.Write(f.text[:start])
	for _, path := range r.names {
		fmt.Fprintf(&head, "; import %s %q", r.imports[path], path)
	}
	return head.String() + body
}

// render is the text from one offset to another with the sites in it.
func (r *rewriter) render(from, to int, sites []*site) string {
	var b strings.Builder
	for len(sites) > 0 {
		s := sites[0]
		begin, end := r.offset(s.node.Pos()), r.offset(s.node.End())
		inner := 1
		for inner < len(sites) && r.offset(sites[inner].node.Pos()) < end {
			inner++
		}
		b.Write(r.file.text[from:begin])
		b.WriteString(r.choice(s, r.render(begin, end, sites[1:inner])))
		from, sites = end, sites[inner:]
	}
	b.Write(r.file.text[from:to])
	return b.String()
}

// choice is the code of a site.
func (r *rewriter) choice(s *site, written string) string {
	var b strings.Builder
	for _, m := range s.mutants {
		code := strings.Join(strings.Fields(m.code), " ")
		if s.typ == nil {
			fmt.Fprintf(&b, "case %d: %s; ", m.id, code)
			continue
		}
		fmt.Fprintf(&b, "case %d: return %s; ", m.id, code)
	}
	if s.typ == nil {
		return fmt.Sprintf("switch mutantAt(%d) { %sdefault: %s }", s.mutants[0].id, b.String(), written)
	}
	return fmt.Sprintf("(func() %s { switch mutantAt(%d) { %s}; return %s }())", types.TypeString(s.typ, r.qualifier), s.mutants[0].id, b.String(), written)
}

// qualifier is how the file names a package.
func (r *rewriter) qualifier(p *types.Package) string {
	if p == r.types {
		return ""
	}
	for _, i := range r.file.ast.Imports {
		if path, _ := strconv.Unquote(i.Path.Value); path == p.Path() {
			switch {
			case i.Name == nil:
				return p.Name()
			case i.Name.Name == ".":
				return ""
			}
			return i.Name.Name
		}
	}
	if r.imports[p.Path()] == "" {
		r.imports[p.Path()] = "mutant" + strconv.Itoa(len(r.names))
		r.names = append(r.names, p.Path())
	}
	return r.imports[p.Path()]
}

// The variables of the environment that a test binary with mutants reads.
const (
	mutantVariable = "RLVR_MUTANT"
	seenVariable   = "RLVR_MUTANT_SEEN"
)

// chooser is the file that is added to the package: the number of the mutant, and a
// file of the sites that were executed. Sites are told by their first mutant.
const chooser = `package %s

import (
	"os"
	"strconv"
	"sync"
)

var (
	mutantNumber  = func() int { n, _ := strconv.Atoi(os.Getenv("` + mutantVariable + `")); return n }()
	mutantSites   = func() *os.File {
		path := os.Getenv("` + seenVariable + `")
		if path == "" {
			return nil
		}
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		return f
	}()
	mutantSeen sync.Map
)

func mutantAt(site int) int {
	if mutantSites != nil {
		if _, old := mutantSeen.LoadOrStore(site, true); !old {
			if _, err := mutantSites.WriteString(strconv.Itoa(site) + "\n"); err != nil {
				panic(err)
			}
		}
	}
	return mutantNumber
}
`

// build compiles the tests of the package with the sites of its files into
// dir/package.test.
func (p *goPackage) build(dir string, sites map[*goFile][]*site) (string, error) {
	replace := map[string]string{}
	put := func(name, text string) error {
		path := filepath.Join(dir, name)
		replace[filepath.Join(p.dir, name)] = path
		return os.WriteFile(path, []byte(text), 0o600)
	}
	if err := put("mutants_chooser.go", fmt.Sprintf(chooser, p.types.Name())); err != nil {
		return "", err
	}
	for _, f := range p.files {
		if len(sites[f]) == 0 {
			continue
		}
		if err := put(f.name, p.rewrite(f, sites[f])); err != nil {
			return "", err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	table, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "package.test")
	if err := os.WriteFile(table, overlay, 0o600); err != nil {
		return "", err
	}
	// No vet: it would read the written code with all that was put into it.
	compile := exec.Command("go", "test", "-c", "-vet=off", "-overlay", table, "-o", binary, ".")
	compile.Dir = p.dir
	if out, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("mutants: the package with mutants does not compile: %w\n%s", err, bytes.TrimSpace(out))
	}
	return binary, nil
}
