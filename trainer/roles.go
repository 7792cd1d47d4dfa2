package trainer

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// RoleOptions say where a further model comes from that an objective reads.
type RoleOptions struct {
	// Name is that of a role of the objective, such as pos.
	Name string `yaml:"name"`
	// From is a checkpoint folder of the policy's architecture, or stage:NAME for what an
	// earlier stage of the run left.
	From string `yaml:"from"`
}

// stagePrefix begins a reference to an earlier stage of the run.
const stagePrefix = "stage:"

// folderName is what a stage must be called to have a folder of the run.
var folderName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// checkRoles demands a model for each role of the objective and no other.
func (o *StageOptions) checkRoles(needs algos.Needs, l *fault.List) {
	wanted := needs.Models()
	var given []string
	for i, r := range o.Roles {
		at := "roles." + strconv.Itoa(i)
		switch {
		case len(wanted) == 0:
			l.Add(at+".name", r.Name, "nothing: %s reads no further models", o.Algorithm.Name)
		case !slices.Contains(wanted, r.Name):
			l.Add(at+".name", r.Name, "%s", fault.OneOf(r.Name, wanted))
		case slices.Contains(given, r.Name):
			l.Add(at+".name", r.Name, "a role that is named once")
		}
		l.Check(r.From != "", at+".from", nil, "required: a checkpoint folder, or stage:NAME")
		given = append(given, r.Name)
	}
	for _, name := range wanted {
		l.Check(slices.Contains(given, name), "roles", nil, "required: {name: %s, from: FOLDER or stage:NAME}, a model that %s reads", name, o.Algorithm.Name)
	}
}

// CheckReferences reports references to stages that do not come earlier, or have not got
// what is asked of them. Paths begin with the number of the stage.
func CheckReferences(stages []StageOptions) error {
	var l fault.List
	for i := range stages {
		s, at := &stages[i], strconv.Itoa(i)
		earlier := func(path, shown, name string, collects bool) {
			k := slices.IndexFunc(stages[:i], func(e StageOptions) bool { return e.Name == name })
			switch {
			case k < 0:
				l.Add(at+path, shown, "an earlier stage: %s", fault.OneOf(name, namesOf(stages[:i])))
			case collects && !stages[k].Collect:
				l.Add(at+path, shown, "a stage with collect: true")
			case !folderName.MatchString(name):
				l.Add(strconv.Itoa(k)+".name", name, "letters, digits, points, dashes and underscores, for a later stage refers to it")
			}
		}
		if name, ok := strings.CutPrefix(s.InitFrom, stagePrefix); ok {
			earlier(".init_from", s.InitFrom, name, false)
		}
		for k, r := range s.Roles {
			if name, ok := strings.CutPrefix(r.From, stagePrefix); ok {
				earlier(fmt.Sprintf(".roles.%d.from", k), r.From, name, false)
			}
		}
		if name := s.Collected.Stage; name != "" {
			earlier(".collected.stage", name, name, true)
		}
		if s.Collect {
			l.Check(folderName.MatchString(s.Name), at+".name", s.Name, "letters, digits, points, dashes and underscores, for it names a folder")
		}
	}
	return l.Err()
}

func namesOf(stages []StageOptions) []string {
	var out []string
	for i := range stages {
		out = append(out, stages[i].Name)
	}
	return out
}

// stageFolder is where a stage leaves what later ones read.
func (t *Trainer) stageFolder(name string) string { return filepath.Join(t.setup.StagesDir, name) }

// isReferred reports that a later stage reads the weights that a stage leaves.
func (t *Trainer) isReferred(name string) bool {
	ref := stagePrefix + name
	return slices.ContainsFunc(t.setup.Stages, func(s StageOptions) bool {
		return s.InitFrom == ref || slices.ContainsFunc(s.Roles, func(r RoleOptions) bool { return r.From == ref })
	})
}

// keepStage writes the weights that a stage leaves to its folder, as a checkpoint in
// float32 that anything that reads models reads.
func (t *Trainer) keepStage(ctx context.Context, name string) error {
	if !t.isReferred(name) {
		return nil
	}
	files, err := t.files()
	if err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	c := &checkpoints.Checkpoint{Step: t.state.Step, Files: files, State: []byte("{}"), Model: t.tensors("", t.policy.Specs, t.policy.Weights, safetensors.F32)}
	if err := checkpoints.Save(ctx, t.stageFolder(name), c, checkpoints.Options{KeepLast: 1}); err != nil {
		return fmt.Errorf("trainer: stage %s: %w", name, err)
	}
	return nil
}

// weightsFrom reads the weights that from names: a checkpoint folder, or stage:NAME.
func (t *Trainer) weightsFrom(from string) ([]*device.Tensor, error) {
	if name, ok := strings.CutPrefix(from, stagePrefix); ok {
		kept, err := checkpoints.List(t.stageFolder(name))
		if err != nil {
			return nil, err
		}
		if len(kept) == 0 {
			return nil, fmt.Errorf("%s: %s holds no weights", from, t.stageFolder(name))
		}
		from = kept[0].Folder
	}
	m, err := checkpoints.OpenModel(from)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	p, err := model.PolicyFromTensors(t.policy.Arch, m.Float32, t.setup.Device.Keep)
	if err != nil {
		return nil, err
	}
	return p.Weights, nil
}

// checkFolders opens the models that a stage reads from folders, before anything is
// computed.
func checkFolders(o *StageOptions) error {
	for _, from := range append([]string{o.InitFrom}, fromsOf(o.Roles)...) {
		if from == "" || strings.HasPrefix(from, stagePrefix) {
			continue
		}
		m, err := checkpoints.OpenModel(from)
		if err != nil {
			return fmt.Errorf("trainer: stage %s: %w", o.Name, err)
		}
		if err := m.Close(); err != nil {
			return fmt.Errorf("trainer: stage %s: %w", o.Name, err)
		}
	}
	return nil
}

func fromsOf(roles []RoleOptions) []string {
	var out []string
	for _, r := range roles {
		out = append(out, r.From)
	}
	return out
}

// anew reports that a stage begins from weights of its own.
func (t *Trainer) anew(o *StageOptions) bool { return o.InitFrom != "" && t.state.StageStep == 0 }

// start gives the policy the weights that a stage begins from; a value head of others
// goes with them.
func (t *Trainer) start(o *StageOptions) error {
	if !t.anew(o) {
		return nil
	}
	w, err := t.weightsFrom(o.InitFrom)
	if err != nil {
		return fmt.Errorf("trainer: stage %s: init_from: %w", o.Name, err)
	}
	t.policy.Weights, t.head = w, nil
	return nil
}

// openSources reads what a stage takes from earlier ones or from folders: models and
// completions.
func (t *Trainer) openSources(st *stage) error {
	if st.opts.Collected.Stage != "" {
		var err error
		if st.pool, err = t.pool(&st.opts.Collected); err != nil {
			return fmt.Errorf("trainer: stage %s: collected: %w", st.opts.Name, err)
		}
		st.cursor.n = len(st.pool)
	}
	st.roles = make(map[string][]*device.Tensor, len(st.opts.Roles))
	for _, r := range st.opts.Roles {
		w, err := t.weightsFrom(r.From)
		if err != nil {
			return fmt.Errorf("trainer: stage %s: role %s: %w", st.opts.Name, r.Name, err)
		}
		st.roles[r.Name] = w
	}
	return nil
}

// scoreRoles computes what further models say of the rows.
func (st *stage) scoreRoles(s *data.Scored) error {
	needs := st.objective.needs
	for _, role := range needs.Roles {
		name := "log_probs/" + role
		if err := st.forward(st.roles[role], s, func(r *data.Row, logProbs, _ []float32) { r.SetFeature(name, logProbs) }); err != nil {
			return err
		}
	}
	for _, c := range needs.Contrasts {
		exec := st.objective.contrastExec(c.Weight)
		both := slices.Concat(st.roles[c.Positive], st.roles[c.Negative])
		if err := st.scan(exec, both, s, false, func(r *data.Row, x [][]float32) { r.SetFeature(c.Feature, x[0]) }); err != nil {
			return err
		}
	}
	return nil
}

// contrastExec is the forward pass of two models whose logits are combined.
func (o *objective) contrastExec(weight float64) *device.Exec {
	key := struct {
		arch   model.Arch
		weight float64
	}{*o.arch, weight}
	return o.dev.SharedExec("contrast", key, contrastGraph(o.arch, weight))
}
