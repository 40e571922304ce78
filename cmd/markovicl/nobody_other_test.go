//go:build !unix

package main

import (
	"os/exec"
	"testing"
)

func asNobody(*testing.T, *workplace, *exec.Cmd) {}
