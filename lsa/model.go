package lsa

import (
	"fmt"
	"math"
)

// Model is an LSA of either kind.
type Model interface {
	// Size returns the numbers of layers and heads and D, the number of rows of
	// the prompt matrix; q = D-1.
	Size() (layers, heads, dim int)

	// Parts returns the parameters: b and A, or P and Q.
	Parts() []Part

	// NewForward returns a forward pass of the model with memory of its own. It
	// sees later changes of the parameters; it is for one goroutine at a time.
	NewForward() Forward

	// What the two kinds differ in, for the functions below, the files and the
	// gradient: their tensors, the empty model of a size, the pass of a batch.
	fields() []field
	sized(layers, heads, dim int) Model
	newPass() pass
}

// kinds has one model of each kind, without parameters.
var kinds = []Model{&Structured{}, &Dense{}}

// Part is one tensor of a model's parameters. Whoever stores, optimises or draws
// parameters goes through the parts and need not know the kind of model.
type Part struct {
	Name  string    // in files
	Shape []int     // begins with layers, heads
	Data  []float64 // row-major, a view of the model
}

// field is where a model keeps a part.
type field struct {
	name string
	tail []int // shape after layers and heads
	data *[]float64
}

func partsOf(m Model) []Part {
	layers, heads, _ := m.Size()
	var parts []Part
	for _, f := range m.fields() {
		parts = append(parts, Part{f.name, append([]int{layers, heads}, f.tail...), *f.data})
	}
	return parts
}

// elements returns the number of elements of a shape.
func elements(shape []int) int {
	n := 1
	for _, size := range shape {
		n *= size
	}
	return n
}

// ParameterCount returns the number of parameters of a model.
func ParameterCount(m Model) int {
	n := 0
	for _, part := range partsOf(m) {
		n += elements(part.Shape)
	}
	return n
}

// Bind makes the parts of a model views of params, one part after the other, of
// which there must be ParameterCount(m) numbers. The values that the model had
// are left behind.
func Bind(m Model, params []float64) {
	parts := partsOf(m)
	for k, f := range m.fields() {
		n := elements(parts[k].Shape)
		*f.data, params = params[:n:n], params[n:]
	}
	if len(params) != 0 {
		panic(fmt.Sprintf("lsa: %d numbers more than the model has parameters", len(params)))
	}
}

// allocate gives a model without parameters its own, all zero.
func allocate[M Model](m M) M {
	for k, part := range partsOf(m) {
		*m.fields()[k].data = make([]float64, elements(part.Shape))
	}
	return m
}

// Like returns a model of the same kind and size as m, all zero.
func Like(m Model) Model { return allocate(m.sized(m.Size())) }

// FirstLayers returns the model that stops after the first layers of m, as views.
func FirstLayers(m Model, layers int) Model {
	_, heads, dim := m.Size()
	out := m.sized(layers, heads, dim)
	from := m.fields()
	for k, part := range partsOf(out) {
		*out.fields()[k].data = (*from[k].data)[:elements(part.Shape)]
	}
	return out
}

// Forward is a forward pass through the Gram matrix of a prompt. Its methods
// allocate nothing unless they fail; they fail with a *DivergenceError if a
// number is no longer finite.
type Forward interface {
	// Theta returns the vector theta, length q, with which the model predicts
	// theta'u after a context with Gram matrix G, flat [D*D]. The slice is valid
	// until the next call.
	Theta(G []float64) ([]float64, error)

	// Predict returns the prediction for a query with features u, length q,
	// after a context with Gram matrix G, flat [D*D].
	Predict(G, u []float64) (float64, error)
}

// DivergenceError says that a forward pass has left the floating-point numbers.
type DivergenceError struct {
	Layer int // the first layer, from 0, whose output is not finite
}

func (e *DivergenceError) Error() string {
	return fmt.Sprintf("layer %d: the output is not a finite number; the parameters are too large for this depth", e.Layer)
}

// predict returns theta'u.
func predict(f Forward, G, u []float64) (float64, error) {
	theta, err := f.Theta(G)
	if err != nil {
		return 0, err
	}
	if len(u) != len(theta) {
		panic(fmt.Sprintf("lsa: query of %d features for a model with q = %d", len(u), len(theta)))
	}
	return dot(theta, u), nil
}

func finite(xs []float64) bool {
	for _, x := range xs {
		if math.IsNaN(x - x) {
			return false
		}
	}
	return true
}

func dot(x, y []float64) float64 {
	y = y[:len(x)]
	var sum float64
	for i, xi := range x {
		sum += xi * y[i]
	}
	return sum
}

// axpy adds a x to y.
func axpy(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += a * x[i]
	}
}
