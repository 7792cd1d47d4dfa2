package tasks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("graph_path", "a way through a graph, any shortest one: \"AB BC AD DC,AC>\" is \"A B C\" or \"A D C\"", newGraphPath)
}

// graphPath draws undirected graphs and two of their nodes.
type graphPath struct {
	nodes, edges, maxSteps int
	shortest, chat         bool
}

// newGraphPath has the options
//
//	nodes      nodes of the graph, A B C and so on, 3 to 26, default 6
//	edges      edges between them, default 7
//	max_steps  the most edges on a shortest path, default 4; the fewest are 2
//	shortest   only shortest paths are right; false: any path without a node twice.
//	           Default true.
//	chat       asked in words, for a chat model, default false
//
// and train_size 2000, validation_size 200, test_size 300. Graphs with more than 32
// right paths are left out.
func newGraphPath(options map[string]any) (Task, error) {
	t := &graphPath{nodes: 6, edges: 7, maxSteps: 4, shortest: true}
	s := sizes{2000, 200, 300}
	if err := decode(options, append([]option{
		{"nodes", &t.nodes}, {"edges", &t.edges}, {"max_steps", &t.maxSteps}, {"shortest", &t.shortest}, {"chat", &t.chat},
	}, s.options()...)); err != nil {
		return nil, err
	}
	var l fault.List
	l.Check(t.nodes >= 3 && t.nodes <= 26, "nodes", t.nodes, "3 to 26")
	l.Check(t.edges >= 2 && t.edges < t.nodes*(t.nodes-1)/2, "edges", t.edges, "2 or more, and fewer than all pairs of nodes (%d)", t.nodes*(t.nodes-1)/2)
	l.Check(t.maxSteps >= 2 && t.maxSteps < t.nodes, "max_steps", t.maxSteps, "2 to one less than nodes (%d)", t.nodes)
	s.check(&l)
	if err := l.Err(); err != nil {
		return nil, err
	}
	g := &generated{name: "graph_path", verifier: "sequence", sizes: s, draw: t.draw, chance: t.chance}
	return g.open(), nil
}

// graph is the neighbours of each node, in order.
type graph [][]int

func (t *graphPath) draw(d *dice) (data.Example, bool) {
	g := make(graph, t.nodes)
	var edges []string
	for _, pair := range d.distinct(t.edges, 0, t.nodes*t.nodes-1) {
		a, b := pair/t.nodes, pair%t.nodes
		if a == b || slices.Contains(g[a], b) {
			return data.Example{}, false
		}
		g[a], g[b] = append(g[a], b), append(g[b], a)
		edges = append(edges, string([]byte{node(a), node(b)}))
	}
	from, to := d.below(t.nodes), d.below(t.nodes)
	steps := g.distance(from, to)
	if steps < 2 || steps > t.maxSteps {
		return data.Example{}, false
	}
	longest := t.nodes
	if t.shortest {
		longest = steps
	}
	paths := g.paths(from, to, longest)
	if len(paths) > maxAnswers {
		return data.Example{}, false
	}
	sorted := slices.Clone(edges)
	for i, e := range sorted {
		if e[0] > e[1] {
			sorted[i] = string([]byte{e[1], e[0]})
		}
	}
	slices.Sort(sorted)
	ends := string([]byte{node(from), node(to)})
	kind := "a shortest path"
	if !t.shortest {
		kind = "a path that visits no node twice"
	}
	return ask(data.Example{ID: strings.Join(sorted, ",") + "/" + ends, Answers: paths}, t.chat, strings.Join(edges, " ")+","+ends+">",
		fmt.Sprintf("A graph has these edges, which lead both ways: %s. Write %s from %c to %c: its nodes in order, separated by spaces, alone on the last line.",
			strings.Join(edges, ", "), kind, node(from), node(to))), true
}

func node(i int) byte { return byte('A' + i) }

// distance is the number of edges on a shortest path; -1 where there is none.
func (g graph) distance(from, to int) int {
	steps := make([]int, len(g))
	for i := range steps {
		steps[i] = -1
	}
	steps[from] = 0
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range g[queue[0]] {
			if steps[next] < 0 {
				steps[next] = steps[queue[0]] + 1
				queue = append(queue, next)
			}
		}
	}
	return steps[to]
}

// paths are the paths of at most some edges that visit no node twice, in alphabetical
// order, and no more than one over maxAnswers of them.
func (g graph) paths(from, to, longest int) []string {
	var out []string
	var walk func(path []int)
	walk = func(path []int) {
		at := path[len(path)-1]
		switch {
		case len(out) > maxAnswers:
		case at == to:
			out = append(out, g.write(path))
		case len(path) <= longest:
			for _, next := range g[at] {
				if !slices.Contains(path, next) {
					walk(append(slices.Clone(path), next))
				}
			}
		}
	}
	walk([]int{from})
	slices.Sort(out)
	return out
}

func (graph) write(path []int) string {
	letters := make([]string, len(path))
	for i, n := range path {
		letters[i] = string(rune(node(n)))
	}
	return strings.Join(letters, " ")
}

// chance is that of a walk that begins at the right node, takes any edge to a node where
// it was not yet, and ends at the right node; one that cannot go on is wrong.
func (t *graphPath) chance(ex *data.Example) float64 {
	edges, _, _ := strings.Cut(ex.ID[strings.IndexByte(ex.ID, '/')+1:], "/")
	degree := func(path string, at byte) int {
		n := 0
		for _, e := range strings.Split(edges, ",") {
			if e[0] == at && strings.IndexByte(path, e[1]) < 0 || e[1] == at && strings.IndexByte(path, e[0]) < 0 {
				n++
			}
		}
		return n
	}
	sum := 0.0
	for _, path := range ex.Answers {
		path = strings.ReplaceAll(path, " ", "")
		p := 1.0
		for i := range len(path) - 1 {
			p /= float64(degree(path[:i+1], path[i]))
		}
		sum += p
	}
	return sum
}
