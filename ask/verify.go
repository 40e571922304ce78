package ask

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// VerifyAnswer says what a certificate file proves. There is no answer for a file
// that proves nothing, or is about another task: that is an error.
type VerifyAnswer struct {
	Valid       bool         `json:"valid"`
	LowerBound  float64      `json:"lower_bound"`  // as the file claims
	ProvenBound float64      `json:"proven_bound"` // the largest that its W proves
	Size        int          `json:"size"`
	Level       int          `json:"level"`
	Definite    float64      `json:"definite"`
	Slack       float64      `json:"slack"`
	Task        *markov.Task `json:"task"` // null if neither the question nor the file names one
	// TaskDifference is the largest difference between an entry of the file's H,
	// h, c and that of the task's; null if there is no task.
	TaskDifference *float64 `json:"task_difference"`
}

// taskTolerance is how far the file's H, h and c may be from the task's,
// relative to the largest entry of each: rounding, no more.
const taskTolerance = 1e-14

func (q *Recover) verify(ctx context.Context, env Env) (Answer, error) {
	data, err := env.read("verify", q.Verify)
	if err != nil {
		return nil, err
	}
	certificate, err := landscape.DecodeCertificate(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, input("verify", fmt.Errorf("certificate file %s: %w", q.Verify, err))
	}
	v, err := certificate.Verify()
	if err != nil {
		return nil, fmt.Errorf("certificate file %s is rejected: %w", q.Verify, err)
	}
	answer := VerifyAnswer{
		Valid: true, LowerBound: certificate.Lower, ProvenBound: v.Bound,
		Size: v.Size, Level: certificate.Level(), Definite: v.Definite, Slack: v.Slack,
	}
	task, err := q.verifiedTask(env, certificate)
	if err != nil {
		return nil, err
	}
	if task == nil {
		return answer, nil
	}
	moments, err := moment.Of(ctx, *task, moment.Options{})
	if err != nil {
		return nil, err
	}
	difference, err := formDifference(certificate.Form, moments.At(task.Context()))
	if err != nil {
		return nil, fmt.Errorf("certificate file %s is rejected: it is not about the task %v: %w", q.Verify, task, err)
	}
	answer.Task, answer.TaskDifference = task, &difference
	return answer, nil
}

// verifiedTask returns the task that the question names, or else the file; nil if
// neither does.
func (q *Recover) verifiedTask(env Env, certificate *landscape.Certificate) (*markov.Task, error) {
	if q.Task.given() {
		task, err := q.task(env, "the check of a certificate")
		return &task, err
	}
	if certificate.Task == "" {
		return nil, nil
	}
	task, err := markov.ParseTask([]byte(certificate.Task))
	if err != nil {
		return nil, inputf("verify", "certificate file %s: its task: %w", q.Verify, err)
	}
	return &task, nil
}

// formDifference returns the largest difference between entries of two forms,
// and an error if it is more than rounding explains.
func formDifference(file, task *moment.Form) (float64, error) {
	if file.Q != task.Q {
		return 0, fmt.Errorf("the file has q = %d, the task %d", file.Q, task.Q)
	}
	n := file.Dim()
	largest := 0.0
	compare := func(name string, size float64, x, y float64) error {
		d := math.Abs(x - y)
		largest = math.Max(largest, d)
		if !(d <= taskTolerance*size) {
			return fmt.Errorf("%s is %.17g in the file and %.17g for the task", name, x, y)
		}
		return nil
	}
	sizeH, sizeL := mat.Max(task.H), 0.0
	for _, x := range task.L {
		sizeL = math.Max(sizeL, math.Abs(x))
	}
	if err := compare("c", task.C, file.C, task.C); err != nil {
		return 0, err
	}
	for i := range n {
		if err := compare(fmt.Sprintf("h[%d]", i), sizeL, file.L[i], task.L[i]); err != nil {
			return 0, err
		}
		for j := i; j < n; j++ {
			if err := compare(fmt.Sprintf("H[%d,%d]", i, j), sizeH, file.H.At(i, j), task.H.At(i, j)); err != nil {
				return 0, err
			}
		}
	}
	return largest, nil
}
