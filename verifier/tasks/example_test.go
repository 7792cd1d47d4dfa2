package tasks_test

import (
	"fmt"

	"github.com/rlvr-go/rlvr/verifier/tasks"
)

func ExampleNew() {
	task, err := tasks.New("addition", map[string]any{"max_operand": 9, "validation_size": 10, "test_size": 20})
	if err != nil {
		panic(err)
	}
	for _, split := range tasks.Splits {
		examples, err := task.Split(split)
		if err != nil {
			panic(err)
		}
		fmt.Println(split, len(examples), examples[0].Prompt, examples[0].Answers)
	}
	// Output:
	// train 70 0+0= [00]
	// validation 10 0+5= [50]
	// test 20 0+9= [90]
}
