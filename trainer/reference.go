package trainer

import (
	"fmt"

	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// cloneWeights copies the weights of a policy, for a reference.
func cloneWeights(d *device.Device, p *model.Policy) ([]*device.Tensor, error) {
	out := make([]*device.Tensor, len(p.Weights))
	for i, w := range p.Weights {
		values, err := device.Values[float32](d, w)
		if err != nil {
			return nil, fmt.Errorf("trainer: weight %s: %w", p.Specs[i].Name, err)
		}
		out[i] = device.Array(values, p.Specs[i].Shape...)
	}
	return out, nil
}

// syncReference moves the reference towards the policy where the step that has just been
// counted is due for it.
func (t *Trainer) syncReference(st *stage) error {
	u := &st.opts.Update
	if st.reference == nil || u.RefModelSyncSteps == 0 || t.state.StageStep%u.RefModelSyncSteps != 0 {
		return nil
	}
	mix := t.setup.Device.SharedExec("mix reference", u.RefModelMixupAlpha, mixGraph(u.RefModelMixupAlpha))
	mixed, err := mix.Call(device.Args(t.policy.Weights, device.Donate(st.reference))...)
	if err != nil {
		return fmt.Errorf("trainer: reference: %w", err)
	}
	st.reference = mixed
	return nil
}
