package ask

import "slices"

// Notes returns what an answer says beside its numbers, about its file first: what was
// skipped, guessed or left out.
func Notes(answer Answer) []string {
	var notes []string
	file := &FileReport{}
	switch answer := answer.(type) {
	case EvaluationAnswer:
		notes, file = answer.Notes, answer.File
	case PredictionAnswer:
		notes, file = answer.Notes, answer.File
	case EachAnswer:
		notes, file = answer.Notes, answer.File
	case TransitionsAnswer:
		file = &answer.File
	case ScoreAnswer:
		notes = answer.Notes
	case TraceAnswer:
		notes = answer.Notes
	}
	if file == nil {
		return notes
	}
	return append(slices.Clone(file.Notes), notes...)
}
