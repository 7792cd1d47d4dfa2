package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/configs"
)

func newConfigCommand() *cobra.Command {
	return newGroupCommand("config", "check a config, or show it with every default", newConfigCheckCommand(), newConfigPrintCommand())
}

func newConfigCheckCommand() *cobra.Command {
	var sets []string
	c := &cobra.Command{
		Use:   "check CONFIG",
		Short: "report every fault of a config at once",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := configs.Load(args[0], sets)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: no faults\n", args[0])
			for i, s := range c.Stages {
				a, err := s.Resolve()
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "  stage %d: %s, algorithm %s, at most %d steps\n", i+1, s.Name, a.Name, s.Steps)
				for _, w := range s.Warnings(a) {
					fmt.Fprintf(cmd.OutOrStdout(), "    warning (%s): %s\n", w.Name, w.Text)
				}
			}
			return nil
		},
	}
	addSetFlag(c, &sets)
	return c
}

func newConfigPrintCommand() *cobra.Command {
	var sets []string
	c := &cobra.Command{
		Use:   "print CONFIG",
		Short: "print the resolved config: every key with its value",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := configs.Load(args[0], sets)
			if err != nil {
				return err
			}
			text, err := c.YAML()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	addSetFlag(c, &sets)
	return c
}

func addSetFlag(c *cobra.Command, sets *[]string) {
	c.Flags().StringArrayVar(sets, "set", nil, "override a key: --set stages.1.optim.learning_rate=1e-4")
}
