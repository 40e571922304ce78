package ask

import "slices"

// idle refuses the first of these fields that is given, although it has no effect on what
// is asked.
func idle(q Question, what string, fields ...string) error {
	for _, f := range given(q) {
		if slices.Contains(fields, f.name) {
			return inputf(f.name, "`%s` has no effect on %s; leave it out", f.name, what)
		}
	}
	return nil
}

// idleGroup is idle for the fields of a group of flags, such as "Chain file".
func idleGroup(q Question, what, group string) error {
	for _, f := range given(q) {
		if f.tag.Get("group") == group {
			return inputf(f.name, "`%s` has no effect on %s; leave it out", f.name, what)
		}
	}
	return nil
}
