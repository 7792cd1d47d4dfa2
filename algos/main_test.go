package algos_test

import (
	"os"
	"testing"

	"github.com/rlvr-go/rlvr/algos/algotest"
)

func TestMain(m *testing.M) { os.Exit(algotest.Main(m)) }
