package main

import "testing"

func TestMemory(t *testing.T) {
	const meminfo = `MemTotal:       24123456 kB
MemFree:         1000000 kB
MemAvailable:   20000000 kB
HugePages_Total:       0
odd line
`
	total, free := memory(meminfo)
	if total != 24123456*1024 || free != 20000000*1024 {
		t.Errorf("total %d, free %d", total, free)
	}
	if total, free := memory("nothing of the kind"); total != 0 || free != 0 {
		t.Errorf("of nothing: total %d, free %d", total, free)
	}
}
