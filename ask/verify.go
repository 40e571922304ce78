package ask

import (
	"context"
	"errors"
	"fmt"

	"markovicl/certificate"
	"markovicl/markov"
	"markovicl/moment"
)

// VerifyAnswer says what a certificate file proves. There is no answer for a file
// that proves nothing, or is about another task: that is an error.
type VerifyAnswer struct {
	Valid       bool         `json:"valid"`
	LowerBound  float64      `json:"lower_bound"`  // as the file claims
	ProvenBound float64      `json:"proven_bound"` // the largest that its W proves about what About says
	Claim       moment.Claim `json:"claim"`
	About       string       `json:"about"`
	Reason      string       `json:"reason,omitempty"` // why nothing is proven about the task that is named
	Charge      float64      `json:"charge"`           // what the task's H, h and c may change, taken off
	Size        int          `json:"size"`
	Level       int          `json:"level"`
	Definite    float64      `json:"definite"`
	Slack       float64      `json:"slack"`
	Task        *markov.Task `json:"task"` // null if neither the question nor the file names one
	// TaskDifference is the largest difference between an entry of the file's H,
	// h, c and that of the task's; null if there is no task.
	TaskDifference *float64 `json:"task_difference"`
}

func (q *Recover) verify(ctx context.Context, env Env) (Answer, error) {
	source, size, err := env.readAt(ctx, "verify", q.Verify)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	file, err := certificate.DecodeCertificate(source, size)
	if err != nil {
		return nil, inputUnlessEnded(ctx, "verify", fmt.Errorf("certificate file %s: %w", q.Verify, err))
	}
	task, err := q.verifiedTask(env, file)
	if err != nil {
		return nil, err
	}
	var check *certificate.Check
	if task == nil {
		check, err = file.Check(ctx)
	} else {
		var moments *moment.Moments
		if moments, err = moment.Of(ctx, *task, moment.Options{}); err != nil {
			return nil, inputUnlessEnded(ctx, "", err)
		}
		check, err = file.CheckTask(ctx, moments.At(task.Context()))
		switch {
		case errors.Is(err, certificate.ErrOtherForm):
			err = fmt.Errorf("it is not about the task %v: %w", task, err)
		case err != nil:
			err = fmt.Errorf("about the task %v: %w", task, err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("certificate file %s is rejected: %w", q.Verify, err)
	}
	answer := VerifyAnswer{
		Valid: true, LowerBound: file.Lower, ProvenBound: check.Bound.Value,
		Claim: check.Bound.Claim, About: check.About, Reason: check.Bound.Reason, Charge: check.Charge,
		Size: check.Size, Level: file.Level(), Definite: check.Definite, Slack: check.Slack, Task: task,
	}
	if task != nil {
		answer.TaskDifference = &check.Difference
	}
	return answer, nil
}

// verifiedTask returns the task that the question names, or else the file; nil if
// neither does.
func (q *Recover) verifiedTask(env Env, file *certificate.Certificate) (*markov.Task, error) {
	if q.Task.given() {
		task, err := q.task(env)
		return &task, err
	}
	if file.Task == "" {
		return nil, nil
	}
	task, err := markov.ParseTask([]byte(file.Task))
	if err != nil {
		return nil, inputf("verify", "certificate file %s: its task: %w", q.Verify, err)
	}
	return &task, nil
}
