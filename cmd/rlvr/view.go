package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/trainer/runlog/view"
)

func newViewCommand() *cobra.Command {
	var port int
	c := &cobra.Command{
		Use:   "view RUN [RUN ...]",
		Short: "a web page on localhost that follows runs",
		Long: `View serves a page on 127.0.0.1 that follows the run folders while their runs go on:
curves of every metric, several runs over each other; completions with verdicts, and
their tokens coloured by log-probability, entropy, advantage or ratio; where the time
goes; how the configs differ; the report. Nothing leaves the machine.`,
		Example: `  rlvr view runs/quickstart
  rlvr view runs/a runs/b --port 8080`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			const ports = 1 << 16
			if port < 0 || port >= ports {
				return userError(fmt.Errorf("--port: found %d, allowed: 0 (any) to %d", port, ports-1))
			}
			runs, err := view.Open(args)
			if err != nil {
				return userError(err)
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			err = view.Serve(ctx, runs, port, func(url string) {
				fmt.Fprintf(cmd.OutOrStdout(), "%s (Ctrl-C ends)\n", url)
			})
			if errors.Is(err, syscall.EADDRINUSE) {
				return userError(fmt.Errorf("--port: found %d, which another program uses; 0 takes a free one", port))
			}
			return err
		},
	}
	c.Flags().IntVar(&port, "port", 0, "port of the page; 0: any free one")
	return c
}
