package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"markovicl/internal/npz"
	"markovicl/lsa"
	"markovicl/transformer"
)

// Initial are the parameters that a run begins with. One of the two is given, as the
// configuration says; structured ones may begin the run of a dense model.
type Initial struct {
	Model       lsa.Model
	Transformer *transformer.Model
}

// linear returns the parameters as the kind of model that the configuration trains.
func (i *Initial) linear(c Config) lsa.Model {
	if structured, ok := i.Model.(*lsa.Structured); ok && c.Dense {
		return structured.Dense()
	}
	return i.Model
}

// checkInitial says whether the model of the problem can begin with the parameters
// that are given.
func (p Problem) checkInitial() error {
	c := p.Config
	switch {
	case p.Initial == nil:
		return nil
	case c.Nonlinear() && p.Initial.Transformer == nil:
		return fmt.Errorf("the model is %s, but the initial parameters are of linear self-attention", c.Model)
	case !c.Nonlinear() && p.Initial.Model == nil:
		return fmt.Errorf("the model is linear self-attention, but the initial parameters are of a transformer; name its model")
	case c.Nonlinear():
		shape, err := c.transformer(p.Task)
		if err != nil {
			return err
		}
		if own := p.Initial.Transformer.Config; own != shape {
			return fmt.Errorf("the initial parameters are of another transformer than the one to train: %+v, and not %+v", own, shape)
		}
		return nil
	}
	model, _ := newModel(c, p.Task.Dim())
	wants, haves := model.Parts(), p.Initial.linear(c).Parts()
	for k, have := range haves {
		if want := wants[k]; have.Name != want.Name || !slices.Equal(have.Shape, want.Shape) {
			return fmt.Errorf("the initial parameters have %q of shape %s where the model to train has %q of shape %s: layers, heads, rows of the prompt matrix", have.Name, npz.Shape(have.Shape), want.Name, npz.Shape(want.Shape))
		}
	}
	return nil
}

// digest returns a hash of the parameters, empty if there are none.
func (i *Initial) digest() string {
	if i == nil {
		return ""
	}
	hash := sha256.New()
	if i.Transformer != nil {
		for _, part := range i.Transformer.Parts() {
			binary.Write(hash, binary.LittleEndian, part.Data)
		}
	} else {
		for _, part := range i.Model.Parts() {
			binary.Write(hash, binary.LittleEndian, part.Data)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}
