package algos_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/algos"
)

var update = flag.Bool("update", false, "rewrite docs/algorithms.md from the doc comments")

// TestReference keeps docs/algorithms.md what presets and doc comments say.
func TestReference(t *testing.T) {
	const path = "../docs/algorithms.md"
	got := reference(t)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s is not what the code says; run go test ./algos -run Reference -update (-file +code):\n%s", path, d)
	}
}

// reference is the document.
func reference(t *testing.T) []byte {
	t.Helper()
	docs := registeredDocs(t)
	var out bytes.Buffer
	out.WriteString("# Algorithms\n\nWhat `algorithm: {name: ...}` may say, from the doc comments in `algos/` (`go test ./algos -run Reference -update` writes this file).\n" +
		"Every policy-gradient objective also has the terms `kl` and `entropy`, the weights `rollout_correction`, `off_policy_mask` and `top_entropy`, the shapers `overlong`, `length_penalty`, `kl_reward`, `mask_truncated` and `rejection` and the selector `filter_groups` (dynamic sampling), all off by default; their options are at the end.\n\n")
	presets := slices.DeleteFunc(algos.Presets(), func(p algos.Preset) bool {
		_, ok := docs["preset "+p.Name]
		return !ok // registered by a test
	})
	for _, p := range presets {
		fmt.Fprintf(&out, "- [%s](#%s): %s\n", p.Name, p.Name, p.Summary)
	}
	for _, p := range presets {
		fmt.Fprintf(&out, "\n## %s\n\n%s. %s%s.\n", p.Name, p.Paper, strings.ToUpper(p.Summary[:1]), p.Summary[1:])
		a, err := algos.Resolve(algos.Options{Name: p.Name})
		if err != nil {
			t.Fatal(err)
		}
		described := docs["preset "+p.Name]
		if loss := docs["loss "+p.Loss]; loss != described && described != "" {
			described += "\n" + loss
		} else if described == "" {
			described = loss
		}
		if described == "" {
			t.Errorf("%s: neither preset nor loss %s has a doc comment", p.Name, p.Loss)
		}
		fmt.Fprintf(&out, "\n```text\n%s```\n", described)
		writeOptions(&out, a, func(of string) bool { return !shared(of) })
	}
	out.WriteString("\n## Options beside any policy loss\n")
	a, err := algos.Resolve(algos.Options{Name: "grpo"})
	if err != nil {
		t.Fatal(err)
	}
	writeOptions(&out, a, shared)
	return out.Bytes()
}

// shared reports that a part is beside every policy loss.
func shared(of string) bool {
	return slices.Contains([]string{"term kl", "term entropy", "shaper overlong", "shaper length_penalty", "shaper kl_reward", "shaper mask_truncated", "shaper rejection", "selector filter_groups", "weight rollout_correction", "weight off_policy_mask", "weight top_entropy"}, of)
}

func writeOptions(out *bytes.Buffer, a *algos.Algorithm, want func(of string) bool) {
	header := "\n| option | default | of | |\n|---|---|---|---|\n"
	for _, s := range a.Describe() {
		if !want(s.Of) {
			continue
		}
		fmt.Fprintf(out, "%s| `%s` | `%v` | %s | %s |\n", header, s.Name, s.Value, s.Of, strings.ReplaceAll(s.Help, "|", "\\|"))
		header = ""
	}
}

// registeredDocs are the doc comments of what files register, by "preset NAME" and
// "loss NAME": that of the file's init function, or of its first type that has one.
func registeredDocs(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		doc := fileDoc(file)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.Ident); ok && (f.Name == "RegisterLoss" || f.Name == "RegisterPreset") {
				kind := strings.ToLower(strings.TrimPrefix(f.Name, "Register"))
				for _, name := range namesIn(call.Args[0]) {
					out[kind+" "+name] = doc
				}
			}
			return true
		})
	}
	return out
}

func fileDoc(file *ast.File) string {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == "init" && d.Doc != nil {
				return d.Doc.Text()
			}
		case *ast.GenDecl:
			if d.Tok == token.TYPE && d.Doc != nil {
				return d.Doc.Text()
			}
		}
	}
	return ""
}

// namesIn is the Name field of a literal.
func namesIn(n ast.Expr) []string {
	literal, ok := n.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	for _, e := range literal.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := kv.Key.(*ast.Ident); !ok || key.Name != "Name" {
			continue
		}
		if value, ok := kv.Value.(*ast.BasicLit); ok {
			if name, err := strconv.Unquote(value.Value); err == nil {
				return []string{name}
			}
		}
	}
	return nil
}
