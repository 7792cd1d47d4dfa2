package tasks

import (
	"maps"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

// benchmarkPrompt is a way of putting a problem and of ending an answer to it.
type benchmarkPrompt struct {
	// system and user are the messages of a chat, {question} standing for the problem;
	// text is what a model without a chat template goes on with, in their place.
	system, user, text string
	// fill changes the user's message to suit the row; nil: as it is.
	fill func(user string, r *mathRow) string
	// answer is the end of a demonstration, {answer} standing for the answer.
	answer string
}

const (
	// question and answer are the places in a prompt.
	questionPlace, answerPlace = "{question}", "{answer}"

	boxedAnswer  = `The final answer is $\boxed{` + answerPlace + `}$.`
	hashAnswer   = "#### " + answerPlace
	lineAnswer   = "Answer: " + answerPlace
	boxInWords   = `Please reason step by step, and put your final answer within \boxed{}.`
	promptLMEval = "lm_eval"
)

// benchmarkPrompts are the prompts that every set has, by the harness that uses them:
//
//	qwen_math  Qwen2.5-Math's qwen25-math-cot: a chat whose system message asks for steps
//	           and a box
//	verl       verl's data preprocessing for MATH: the problem and a sentence that asks
//	           for steps and a box (gsm8k: for ####), as a user's message
//	dapo       DAPO's: the last line is to be "Answer: ..."
//	plain      the problem alone, as a user's message
//
// and lm_eval, EleutherAI's lm-evaluation-harness without examples: text to go on with.
var benchmarkPrompts = map[string]benchmarkPrompt{
	"qwen_math": {system: boxInWords, user: questionPlace, answer: boxedAnswer},
	"verl":      {user: questionPlace + ` Let's think step by step and output the final answer within \boxed{}.`, answer: boxedAnswer},
	"dapo": {user: "Solve the following math problem step by step. The last line of your response should be of the form Answer: $Answer (without quotes) where $Answer is the answer to the problem.\n\n" +
		questionPlace + "\n\nRemember to put your answer on its own line after \"Answer:\".", answer: lineAnswer},
	"plain": {user: questionPlace, answer: boxedAnswer},
}

// prompts are all prompts of a set.
func (s *benchmarkSet) prompts() map[string]benchmarkPrompt {
	all := maps.Clone(benchmarkPrompts)
	if s.text != "" {
		all[promptLMEval] = benchmarkPrompt{text: s.text, answer: boxedAnswer}
	}
	maps.Copy(all, s.own)
	return all
}

func (s *benchmarkSet) promptNames() []string { return slices.Sorted(maps.Keys(s.prompts())) }

// promptNamed is a prompt by its name, or one of the user's own.
func (s *benchmarkSet) promptNamed(name string) (benchmarkPrompt, bool) {
	if strings.Contains(name, questionPlace) {
		return benchmarkPrompt{user: name, answer: boxedAnswer}, true
	}
	p, ok := s.prompts()[name]
	return p, ok
}

// put is a problem without answer.
func (p *benchmarkPrompt) put(question string, r *mathRow) data.Example {
	if p.text != "" {
		return data.Example{Prompt: strings.ReplaceAll(p.text, questionPlace, question)}
	}
	user := p.user
	if p.fill != nil {
		user = p.fill(user, r)
	}
	var ex data.Example
	if p.system != "" {
		ex.Messages = append(ex.Messages, data.Message{Role: data.RoleSystem, Content: p.system})
	}
	ex.Messages = append(ex.Messages, data.Message{Role: data.RoleUser, Content: strings.ReplaceAll(user, questionPlace, question)})
	return ex
}

// demonstrate is an answer as the prompt asks for it: the solution, if there is one, and
// the answer in its form, unless the solution has it in that form.
func (p *benchmarkPrompt) demonstrate(answer, solution string) string {
	bare := strings.Trim(answer, "$")
	if p.answer == boxedAnswer && strings.Contains(solution, boxCommand) {
		return solution
	}
	end := strings.ReplaceAll(p.answer, answerPlace, bare)
	if solution == "" {
		return end
	}
	return solution + "\n" + end
}
