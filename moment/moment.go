// Package moment computes the moments of a task that the loss of a one-layer
// linear self-attention model depends on.
//
// In the enlarged parameter space of the paper's Section 3 that loss is a
// quadratic form, [Form].
//
// Where to read what:
//
//   - form.go: Form, the loss as a quadratic form
package moment
