package markov

// FieldError is an error in one field of a Spec.
type FieldError struct {
	Field string // by its name as a flag, such as "prior"
	Err   error
}

func (e *FieldError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong with the field.
func (e *FieldError) Unwrap() error { return e.Err }
