package tasks

func init() {
	registerBenchmark(&benchmarkSet{
		name: "amc", summary: "AMC problems from your JSONL files: problem (or question), and answer, text or a number",
		prompt: "qwen_math", read: readMATH,
	})
}
