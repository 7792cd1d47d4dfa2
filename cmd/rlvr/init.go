package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/configs"
)

// defaultRecipe is the one that needs nothing installed.
const defaultRecipe = "quickstart"

func newInitCommand() *cobra.Command {
	var recipe, out string
	c := &cobra.Command{
		Use:   "init",
		Short: "write a commented config to start from",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runInit(recipe, out, cmd.OutOrStdout())
		},
	}
	c.Flags().StringVar(&recipe, "recipe", defaultRecipe, "one of `rlvr list configs`")
	c.Flags().StringVar(&out, "out", "", "the file to write; it must not exist (default: the recipe's name and .yaml)")
	return c
}

func runInit(name, path string, out io.Writer) error {
	r, err := findRecipe(name)
	if err != nil {
		return userError(err)
	}
	if path == "" {
		path = r.Name + ".yaml"
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return userError(fmt.Errorf("init: %s is already there and stays as it is; --out names another file", path))
	}
	if err != nil {
		return userError(fmt.Errorf("init: %w", err))
	}
	if _, err := io.WriteString(f, r.Text); err != nil {
		return errors.Join(fmt.Errorf("init: %w", err), f.Close(), os.Remove(path))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	fmt.Fprintf(out, "%s: %s\nnext: rlvr train %s\n", path, r.Summary, path)
	return nil
}

func findRecipe(name string) (configs.Recipe, error) {
	recipes := configs.Shipped()
	names := make([]string, len(recipes))
	for i, r := range recipes {
		if r.Name == name {
			return r, nil
		}
		names[i] = r.Name
	}
	return configs.Recipe{}, fmt.Errorf("init: --recipe: found %q, allowed: %s", name, strings.Join(names, ", "))
}
