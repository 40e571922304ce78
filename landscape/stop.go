package landscape

import (
	"context"
	"errors"
)

// Stop says what ended Recover, beyond its Status: the limit that was met last.
type Stop string

// The reasons.
const (
	StopCertified   Stop = "certified"   // the proven bounds meet
	StopTime        Stop = "time"        // the deadline of the context has passed
	StopInterrupted Stop = "interrupted" // the context was cancelled
	StopBoxes       Stop = "boxes"       // branch and bound has used its boxes, and a gap is left
	StopStarts      Stop = "starts"      // every start was taken, and there is no further way to a bound
	StopNoProgress  Stop = "no progress" // the search for a certificate came to an end below the loss
	// The bounds meet, but something in them is only estimated, or charged with more
	// than lies between them: sampled moments, the rounding of branch and bound.
	StopUnproven Stop = "unproven"
)

// Stops lists the reasons.
func Stops() []Stop {
	return []Stop{StopCertified, StopTime, StopInterrupted, StopBoxes, StopStarts, StopNoProgress, StopUnproven}
}

// reason returns why the work has ended, once the bounds are settled.
func (r *recovery) reason(ctx context.Context) Stop {
	switch {
	case r.out.Certified():
		return StopCertified
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return StopTime
	case ctx.Err() != nil:
		return StopInterrupted
	case r.met():
		return StopUnproven
	}
	return r.last
}
