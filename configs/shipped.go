package configs

import (
	"embed"
	"path"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Recipe is a config that comes with the program.
type Recipe struct {
	// Name is the file's without its extension.
	Name string
	// Summary is its first line, which is a comment.
	Summary string
	// Text is the file.
	Text string
}

// Shipped are the recipes by name.
func Shipped() []Recipe {
	entries, _ := files.ReadDir(".") // sorted; embedded, so it cannot fail
	recipes := make([]Recipe, 0, len(entries))
	for _, e := range entries {
		text, _ := files.ReadFile(e.Name())
		first, _, _ := strings.Cut(string(text), "\n")
		recipes = append(recipes, Recipe{
			Name:    strings.TrimSuffix(e.Name(), path.Ext(e.Name())),
			Summary: strings.TrimSpace(strings.TrimPrefix(first, "#")),
			Text:    string(text),
		})
	}
	return recipes
}
