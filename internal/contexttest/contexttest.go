// Package contexttest has a context for tests of what can be interrupted: it ends after it has
// been looked at so many times, wherever that is, and no clock has a part in it. A test takes
// one that lasts, counts the looks, and ends the work at each of them:
//
//	for looks := 0; ; looks++ {
//		ctx := contexttest.EndingAfter(t.Context(), looks)
//		err := work(ctx)
//		if ctx.Left() >= 0 {
//			break // it came to its end
//		}
//		// err says context.Canceled
//	}
package contexttest

import (
	"context"
	"sync/atomic"
)

// Ending is a context whose Err is context.Canceled after a number of calls. Its Done channel
// is that of the context that it is made from.
type Ending struct {
	context.Context
	left atomic.Int64
}

// EndingAfter returns a context that says nothing for so many looks.
func EndingAfter(parent context.Context, looks int) *Ending {
	c := &Ending{Context: parent}
	c.left.Store(int64(looks))
	return c
}

// Err is a look.
func (c *Ending) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// Left returns how many looks are left; it is negative after the context has ended.
func (c *Ending) Left() int { return int(c.left.Load()) }
